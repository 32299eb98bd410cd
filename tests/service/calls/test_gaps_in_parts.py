"""Gaps that are long, that a killed process leaves half closed, of which files tell not all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.asterisk.ami.buffer import SpillBuffer
from callcenter.asterisk.files import cel
from callcenter.calls.closing import Beat
from callcenter.calls.listener import Listener
from callcenter.calls.pbx import FakePbxState
from callcenter.calls.term import LedgerTermRow
from callcenter.calls.unheard import CallFiles
from callcenter.db import Database
from tests.wire.ledger_lines import AGENTS

from .stretch import (
    WHOLE,
    Stretch,
    again,
    begin,
    calls,
    differences,
    disagreements,
    events,
    gaps,
    hear,
    outcome,
)


def test_an_asterisk_whose_files_are_not_here_has_none(stretch: Stretch) -> None:
    stretch.write_files()
    assert CallFiles(stretch.folder).there()
    assert not CallFiles(stretch.folder / "nowhere").there()
    assert not CallFiles(None).there()


async def test_files_that_cannot_be_read_to_the_end_leave_marks(db: Database, stretch: Stretch) -> None:
    length = float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started
    await hear(await begin(db, stretch), stretch.between(0, length / 2))
    stretch.write_files()
    whole = stretch.folder / cel.FILE
    (stretch.folder / f"{cel.FILE}.1.gz").write_bytes(b"\x1f\x8b\x08\x00 torn " + whole.read_bytes()[:100])
    await again(db, stretch, 60)
    [call] = await calls(db)
    assert call.gap
    assert [gap.closed_by for gap in await gaps(db)] == ["snapshot"]


@pytest.mark.parametrize(("lost", "back"), [(0.6, 2.4), (0.6, 1.5), (1.5, 2.4), (1.2, 1.8)])
async def test_a_hold_that_nobody_heard_is_marked(db: Database, tmp_path: Path, lost: float, back: float) -> None:
    """Of the hold from 1.056 to 2.058: the whole, its beginning, its end, its middle."""
    stretch = Stretch(tmp_path / "log", "hold")
    listener = await begin(db, stretch)
    await hear(listener, stretch.between(0, lost))
    listener.lost("link")
    stretch.write_files(back)
    await listener.resync(FakePbxState("boot-1", stretch.alive(back), stretch.at(back)))
    await hear(listener, stretch.between(back, 1e9))
    [call] = await calls(db)
    assert (call.gap, call.holds_gap) == (False, True)
    assert [(gap.closed_by, gap.marked, gap.holds) for gap in await gaps(db)] == [("files", 0, 1)]
    assert await differences(db) == []


async def test_a_call_that_only_rang_unheard_lacks_no_hold(db: Database, tmp_path: Path) -> None:
    stretch = Stretch(tmp_path / "log", "outbound")
    listener = await begin(db, stretch)
    rings = next(message for message in stretch.messages if message.get("ChannelStateDesc") == "Ringing")
    back = float(rings.get("Timestamp")) - stretch.conversation.started + 0.001
    listener.lost("link")
    stretch.write_files(back)
    alive = [replace(each, state="Ring") for each in stretch.alive(back)]
    await listener.resync(FakePbxState("boot-1", alive, stretch.at(back)))
    await hear(listener, stretch.between(back, 1e9))
    [call] = await calls(db)
    assert (call.outcome, call.gap, call.holds_gap) == ("answered", False, False)
    assert await differences(db) == []


@pytest.mark.parametrize("name", ["answered", "attended", "ring_all", "overflow", "second_line_to_agent"])
@pytest.mark.parametrize("parts", [1, 2, 3, 5, 8, 13])
async def test_who_is_killed_while_he_closes_a_gap_leaves_the_rest_to_the_next(
    db: Database, tmp_path: Path, name: str, parts: int
) -> None:
    stretch = Stretch(tmp_path / "log", name)
    await begin(db, stretch)
    stretch.write_files()
    killed = Listener(
        db, "pbx", AGENTS, lambda raw: raw or None, lambda: stretch.at(60), files=CallFiles(stretch.folder, rows=4)
    )
    await killed.load()
    killed.lost("process")
    await killed.resync(FakePbxState("boot-1", [], stretch.at(60)))
    killed._applier.take(killed._inbox.get_nowait())
    telling = killed._applier.hear_again(killed._shown.popleft())
    for _ in range(parts):
        if await anext(telling, True) is True:
            break
        await killed._write()
    await again(db, stretch, 60)
    assert [gap.closed_by for gap in await gaps(db)] == ["files"]
    assert not any(call.gap for call in await calls(db))
    assert await differences(db) == []
    assert await disagreements(db, stretch) == []


async def test_a_long_gap_is_written_part_by_part(db: Database, stretch: Stretch) -> None:
    await begin(db, stretch)
    stretch.write_files()
    found = Listener(
        db, "pbx", AGENTS, lambda raw: raw or None, lambda: stretch.at(60), files=CallFiles(stretch.folder, rows=4)
    )
    await found.load()
    found.lost("process")
    await found.resync(FakePbxState("boot-1", [], stretch.at(60)))
    await found.drain()
    async with db.read() as session:
        assert await session.scalar(select(LedgerTermRow.writes)) > 3
    [call] = await calls(db)
    assert outcome(call) == ("answered", "normal", "complaint", "1001", False)
    assert [event for event in await events(db) if event in WHOLE] == WHOLE
    assert await differences(db) == []


async def test_a_clock_set_back_after_a_gap_makes_nobody_deaf(db: Database, stretch: Stretch) -> None:
    """What is stamped long before the gap's end was said again only until Asterisk was well past it."""
    await begin(db, stretch)
    stretch.write_files(-3600)
    listener = await again(db, stretch, 3600)
    listener._put(Beat(stretch.at(-10)))
    await hear(listener, stretch.messages)
    assert [call.outcome for call in await calls(db)] == ["answered"]


async def test_messages_that_found_no_room_begin_a_gap_where_they_were(
    db: Database, stretch: Stretch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many signs of life of the line come before it is noticed."""
    listener = await begin(db, stretch)
    monkeypatch.setattr("callcenter.asterisk.ami.buffer._CHUNK_BYTES", 1)
    listener._inbox = SpillBuffer(stretch.folder / "spill", memory_bytes=0, disk_bytes=0, on_lost=listener._overflowed)
    for message in stretch.messages:
        listener.feed(message)
    listener._put(Beat(stretch.at(60)))
    stretch.write_files()
    await listener._beat(FakePbxState("boot-1", at=stretch.at(70)))
    await listener.drain()
    [call] = await calls(db)
    assert outcome(call) == ("answered", "normal", "complaint", "1001", False)
    assert [(gap.why, gap.began_at, gap.closed_by, gap.found) for gap in await gaps(db)] == [
        ("buffer", stretch.at(-1), "files", 1)
    ]
    assert await disagreements(db, stretch) == []


async def test_a_gap_after_a_clock_was_set_back_is_closed_by_files(db: Database, stretch: Stretch) -> None:
    listener = await begin(db, stretch)
    for ahead in (3600, -2):
        listener._put(Beat(stretch.at(ahead)))
    listener.lost("link")
    stretch.write_files()
    await listener.resync(FakePbxState(at=stretch.at(60)))
    await listener.drain()
    assert [call.outcome for call in await calls(db)] == ["answered"]
    assert [(gap.began_at, gap.closed_by) for gap in await gaps(db)] == [(stretch.at(-2), "files")]


async def test_a_gap_in_which_a_clock_was_set_back_is_not_said_to_be_closed_by_files(
    db: Database, stretch: Stretch
) -> None:
    listener = await begin(db, stretch)
    await hear(listener, stretch.between(0, 1))
    listener._put(Beat(stretch.at(3600)))
    listener.lost("link")
    stretch.write_files()
    await listener.resync(FakePbxState(at=stretch.at(60)))
    listener._put(Beat(stretch.at(65)))
    await listener.drain()
    assert [call.gap for call in await calls(db)] == [True]
    [gap] = [gap for gap in await gaps(db) if gap.why == "link"]
    assert (gap.began_at, gap.ended_at, gap.closed_by) == (stretch.at(60), stretch.at(60), "snapshot")
    assert listener.term.heard_at == stretch.at(65)
