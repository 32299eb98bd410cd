"""A long time that nobody heard is read part by part, and told as if it were read at once."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.asterisk.files import cel, queue_log
from callcenter.calls.evidence import Told, messages
from callcenter.calls.unheard import CallFiles
from tests.wire import conversations, filing

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
EVER = datetime(2040, 1, 1, tzinfo=UTC)
CALLS, ROWS_EACH = 10_000, 5
_MEGABYTE = 1_000_000


def row(event: str, second: float, call: int) -> str:
    """One line of CEL."""
    at, link = f"{NOON.timestamp() + second:.6f}", f"pbx-{call}.1"
    cells = (event, at, link, link, f"PJSIP/trunk-{call:08x}", "13800138000", "02088886666", "callcenter-inbound")
    return ",".join(f'"{cell}"' for cell in (*cells, "", "", "", ""))


def long_gap(folder: Path) -> timedelta:
    """Ten calls a second, each a minute long; how long it was."""
    (folder / cel.FILE).parent.mkdir()
    events = ((0.0, "CHAN_START"), (0.1, "ANSWER"), (60.0, "HANGUP"), (60.0, "CHAN_END"), (60.0, "LINKEDID_END"))
    moments = sorted(
        (call / 10 + after, call, place) for call in range(CALLS) for place, (after, _) in enumerate(events)
    )
    with (folder / cel.FILE).open("w") as file:
        file.writelines(f"{row(events[place][1], second, call)}\n" for second, call, place in moments)
    return timedelta(seconds=moments[-1][0] + 1)


async def test_fifty_thousand_rows_are_never_all_in_memory(tmp_path: Path) -> None:
    length, parts, told = long_gap(tmp_path), 0, 0
    tracemalloc.start()
    try:
        async for part in CallFiles(tmp_path).unheard(NOON, NOON + length):
            parts, told = parts + 1, told + len(part.told)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert parts >= CALLS * ROWS_EACH // 2000
    assert told == CALLS * 3  # Newchannel, Newstate, Hangup
    assert peak < 12 * _MEGABYTE  # all of them are some 50


@pytest.mark.parametrize("name", ["attended", "overflow_abandoned", "blind_to_queue", "second_line_to_queue"])
@pytest.mark.parametrize("rows", [1, 7])
async def test_the_parts_tell_what_the_whole_does(name: str, rows: int, tmp_path: Path) -> None:
    conversation = conversations.read(name)
    filing.write(conversation, tmp_path, EVER)
    whole = messages(cel.read(tmp_path, NOON, EVER), queue_log.read(tmp_path, NOON, EVER))
    told = [each async for part in CallFiles(tmp_path, rows).unheard(NOON, EVER) for each in part.told]
    assert [outline(each) for each in told] == [outline(each) for each in whole]


def outline(told: Told) -> tuple[object, ...]:
    return told.name, told.at, told.get("Uniqueid"), told.get("Queue"), told.get("BridgeUniqueid")
