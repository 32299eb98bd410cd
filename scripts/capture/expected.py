"""Writes what the ledger makes of a conversation into its file, for a person to read and judge."""

from __future__ import annotations

from tests.wire.conversations import FOLDER, read
from tests.wire.ledger_lines import played, summary, teller


def write(name: str) -> list[str]:
    """Which of the calls differ from those that the scenario says there were."""
    conversation = read(name)
    ledger, tell = played(conversation.raw), teller(conversation)
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").partition("\n[record]")[0]
    record, events = tell.record(ledger.calls.values()), tell.events(ledger.events)
    (FOLDER / f"{name}.txt").write_text("\n".join([text, "[record]", *record, "", "[events]", *events, ""]))
    said = [line.removeprefix("call ") for line in conversation.lines["account"] if line.startswith("call ")]
    found = [summary(call) for call in ledger.calls.values() if call.record.outcome != "merged"]
    return [] if said == found else [f"said: {said}", f"found: {found}"]
