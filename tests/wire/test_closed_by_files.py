"""A window of a conversation that nobody heard, closed by Asterisk's files: the same record, or one that is marked."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.calls.applier import Applier
from callcenter.calls.closing import Beat, Lost, Shown
from callcenter.calls.session import CallSession
from callcenter.calls.store import LedgerWriter
from callcenter.calls.term import LedgerTerm
from callcenter.calls.tracker import wanted
from callcenter.calls.unheard import CallFiles
from callcenter.db import Database
from tests.wire import conversations, filing, oracle
from tests.wire.conversations import Conversation
from tests.wire.ledger_lines import AGENTS, played
from tests.wire.test_files_of_conversations import NAMES, near, outline

_MOMENT = timedelta(seconds=0.001)
_SAID_LATER = timedelta(seconds=0.005)
_LATE = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Window:
    """Places in the messages: the first that was lost, the first heard again, those said before Asterisk told its time,
    those that were heard before it had shown what is alive."""

    lost: int
    back: int
    shown: int
    taken: int


def parsed(conversation: Conversation) -> list[AmiMessage]:
    return [message for piece in conversation.raw for message in AmiParser().feed(piece)]


def closed(conversation: Conversation, window: Window, folder: Path) -> dict[str, CallSession]:
    """The calls by linked id, of a ledger that heard nothing in the window and had the files."""
    messages = parsed(conversation)
    since = _after(messages, window.shown)
    filing.write(conversation, folder, since + _SAID_LATER)
    # What happened when it told its time may be said a moment later, but is shown.
    happened = [message for message in messages if _time(message) <= since + _SAID_LATER]
    snapshot = replace(oracle.snapshot(happened), since=since)
    return asyncio.run(_closed(messages, window, snapshot, folder))


async def _closed(
    messages: Sequence[AmiMessage], window: Window, snapshot: oracle.PbxSnapshot, folder: Path
) -> dict[str, CallSession]:
    assert snapshot.since
    term = LedgerTerm(Database(f"sqlite+aiosqlite:///{folder}/unused.db"), "pbx", heard_at=_after(messages, 0))
    applier = Applier("pbx", term, LedgerWriter(lambda raw: raw or None), CallFiles(folder), lambda: _LATE)
    applier.go_live(AGENTS)
    shown, calls = Shown(snapshot, snapshot.since), dict[str, CallSession]()

    def take(items: Sequence[object]) -> None:
        for item in items:
            if not isinstance(item, AmiMessage) or wanted(item):
                applier.take(item)
        calls.update({call.record.linked_id: call for call in applier.take_batch().calls.values()})

    take([Beat(_after(messages, 0)), *messages[: window.lost], Lost("link")])
    async for _part in applier.hear_again(shown):
        take([])
    take([])
    take([*messages[window.back : window.taken], shown, *messages[window.taken :]])
    assert applier.alive() == 0
    return calls


def _after(messages: Sequence[AmiMessage], place: int) -> datetime:
    """The moment of the last message before a place."""
    if not place:
        return _time(messages[0]) - _MOMENT
    return _time(messages[place - 1])


def _time(message: AmiMessage) -> datetime:
    return datetime.fromtimestamp(float(message.get("Timestamp")), UTC)


def holds(call: CallSession, zero: float) -> list[list[float | None]]:
    return [[at and at.timestamp() - zero for at in (hold.started_at, hold.ended_at)] for hold in call.holds]


def wrong(conversation: Conversation, window: Window, folder: Path) -> list[object]:
    """What calls say otherwise than those of a ledger that heard all, and are not marked for."""
    found, zero = list[object](), conversation.started
    right = {call.record.linked_id: call for call in played(conversation.raw).calls.values()}
    calls = closed(conversation, window, folder)
    for linked_id, call in right.items():
        if linked_id not in calls:
            found.append((linked_id, "missing"))
            continue
        told = calls[linked_id]
        if told.record.gap:
            continue
        one, other = outline(call, zero), outline(told, zero)
        found += [(name, one[name], other[name]) for name in one if not near(one[name], other[name])]
        if not told.record.holds_gap and not near(holds(call, zero), holds(told, zero)):
            found.append(("holds", holds(call, zero), holds(told, zero)))
    return [*found, *(("extra", linked_id) for linked_id in calls.keys() - right.keys())]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_a_window_closed_by_files_is_right_or_marked(name: str, data: st.DataObject) -> None:
    conversation = conversations.read(name)
    last = len(conversation.raw)
    window = Window(*sorted(data.draw(st.integers(0, last)) for _ in range(4)))
    with tempfile.TemporaryDirectory() as folder:
        assert wrong(conversation, window, Path(folder)) == []


@pytest.mark.parametrize("name", [name for name in NAMES if "hold" in name])
def test_a_hold_that_nobody_heard_is_marked(name: str, tmp_path: Path) -> None:
    """Whatever part of it: its beginning, its end, the whole of it."""
    conversation = conversations.read(name)
    last = len(conversation.raw)
    for lost in range(0, last, 4):
        for back in range(lost + 1, last + 1, 4):
            assert wrong(conversation, Window(lost, back, back, back), tmp_path) == [], (lost, back)
