"""Times in which Asterisk was not heard: what its files say goes into the ledger, the rest is marked."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.asterisk.files import cel, queue_log
from callcenter.calls.gaps import calls_of
from callcenter.calls.model import CallTalkRow
from callcenter.calls.pbx import FakePbxState
from callcenter.calls.ports import ChannelSeen
from callcenter.db import Database

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


async def test_a_call_that_nobody_heard_is_in_the_ledger(db: Database, stretch: Stretch) -> None:
    await begin(db, stretch)
    stretch.write_files()
    await again(db, stretch, 60)
    [call] = await calls(db)
    assert outcome(call) == ("answered", "normal", "complaint", "1001", False)
    assert call.recording_uniqueid == call.linked_id
    assert [event for event in await events(db) if event in WHOLE] == WHOLE
    [gap] = await gaps(db)
    assert (gap.why, gap.closed_by, gap.found, gap.ended, gap.marked) == ("process", "files", 1, 0, 0)
    assert (gap.began_at, gap.ended_at) == (stretch.at(-1), stretch.at(60))
    assert await differences(db) == []
    assert await disagreements(db, stretch) == []


@pytest.mark.parametrize("name", ["answered", "attended", "second_line_to_agent", "ring_all", "overflow"])
@pytest.mark.parametrize("part", [0.2, 0.5, 0.8])
async def test_a_call_whose_middle_nobody_heard_is_whole(db: Database, tmp_path: Path, name: str, part: float) -> None:
    """Killed in the middle, back after the end: the record is that of somebody who heard all."""
    stretch = Stretch(tmp_path / "log", name)
    length = float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started
    await hear(await begin(db, stretch), stretch.between(0, part * length))
    stretch.write_files()
    await again(db, stretch, 60)
    assert [call.outcome for call in await calls(db) if call.outcome not in ("answered", "merged")] == []
    assert not any(call.gap for call in await calls(db))
    assert await differences(db) == []
    assert await disagreements(db, stretch) == []


async def test_a_short_loss_of_the_link_costs_nothing(db: Database, stretch: Stretch) -> None:
    """The link is gone while the phone is picked up; what was heard before login was done waits its turn."""
    listener = await begin(db, stretch)
    length = float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started
    third, two = length / 3, 2 * length / 3
    await hear(listener, stretch.between(0, third))
    listener.lost("link")
    stretch.write_files(two)
    early = stretch.between(two, two + 0.2)
    for message in early:
        listener.feed(message)
    alive = [
        ChannelSeen(channel.name, channel.uniqueid, channel.linkedid, "Up", "1", "s", "")
        for channel in stretch.conversation.channels.values()
    ]
    await listener.resync(FakePbxState("boot-1", alive, stretch.at(two)))
    await hear(listener, stretch.between(two + 0.2, 1e9))
    [call] = await calls(db)
    assert (call.outcome, call.extension) == ("answered", "1001")
    assert [event for event in await events(db) if event in WHOLE] == WHOLE
    assert [(gap.why, gap.closed_by) for gap in await gaps(db)] == [("link", "files")]
    assert await differences(db) == []


async def test_a_call_answered_unheard_that_goes_on_lacks_nothing(db: Database, stretch: Stretch) -> None:
    """The service was dead while the phone was picked up; Asterisk shows both in the bridge that the files tell."""
    joined = next(message for message in stretch.messages if message.name == "QueueCallerJoin")
    talk = [message for message in stretch.messages if message.name == "BridgeEnter"]
    begins = [float(message.get("Timestamp")) - stretch.conversation.started for message in (joined, talk[-1])]
    await hear(await begin(db, stretch), stretch.between(0, begins[0] + 0.0001))
    back = begins[1] + 0.1
    stretch.write_files(back)
    alive = [
        ChannelSeen(each.get("Channel"), each.get("Uniqueid"), each.get("Linkedid"), "Up", "", "s",
                    each.get("BridgeUniqueid"), "complaint")
        for each in talk
    ]  # fmt: skip
    listener = await again(db, stretch, back, *alive)
    [call] = await calls(db)
    assert outcome(call) == ("active", None, "complaint", "1001", False)
    await hear(listener, stretch.between(back, 1e9))
    [call] = await calls(db)
    assert outcome(call) == ("answered", "normal", "complaint", "1001", False)
    assert [event for event in await events(db) if event in WHOLE] == WHOLE
    stretch.write_files()
    assert await disagreements(db, stretch) == []
    assert await differences(db) == []


async def test_what_files_told_once_they_do_not_tell_again(db: Database, tmp_path: Path) -> None:
    """Two gaps within seconds: the talk that began in the first one was over, for a question, before the second one."""
    stretch = Stretch(tmp_path / "log", "attended")
    listener = await begin(db, stretch)
    heard = 0.0
    for lost, back in ((0.6, 0.9), (2.0, 2.2)):
        await hear(listener, stretch.between(heard, lost))
        listener.lost("link")
        stretch.write_files(back)
        await listener.resync(FakePbxState("boot-1", stretch.alive(back), stretch.at(back)))
        await listener.drain()
        heard = back
    await hear(listener, stretch.between(heard, 1e9))
    stretch.write_files()
    [call] = await calls(db)
    async with db.read() as session:
        talks = (await session.scalars(select(CallTalkRow).order_by(CallTalkRow.started_at))).all()
    assert [talk.extension for talk in talks] == ["1001", "1002"]
    assert (call.outcome, call.extension, call.gap) == ("answered", "1002", False)
    assert await disagreements(db, stretch) == []


async def test_a_call_of_the_new_asterisk_outlives_the_crash(db: Database, stretch: Stretch) -> None:
    """It died, was back, and a call began before anybody heard it: that one is not cut."""
    listener = await begin(db, stretch)
    listener.lost("link")
    first = min(row.at for line in stretch.conversation.lines["cel"] if (row := cel.parse(line)))
    stretch.write_files()
    path = stretch.folder / queue_log.FILE
    path.write_text(f"{int(first.timestamp())}|NONE|NONE|NONE|QUEUESTART|\n" + path.read_text())
    await listener.resync(FakePbxState("boot-2", [], stretch.at(60)))
    await listener.drain()
    assert [outcome(call) for call in await calls(db)] == [("answered", "normal", "complaint", "1001", False)]
    assert [gap.why for gap in await gaps(db)] == ["restart"]


async def test_without_files_the_call_is_marked(db: Database, stretch: Stretch) -> None:
    length = float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started
    await hear(await begin(db, stretch), stretch.between(0, length / 2))
    await again(db, stretch, 60, files=False)
    [call] = await calls(db)
    assert outcome(call)[:2] == ("cut", "link_lost")
    assert call.gap
    [gap] = await gaps(db)
    assert (gap.closed_by, gap.ended, gap.marked) == ("snapshot", 1, 1)
    assert await calls_of(db, [gap.id]) == {gap.id: [call.id]}
    assert await differences(db) == []


async def test_a_killed_asterisk_cuts_its_calls_when_it_was_last_heard_of(db: Database, stretch: Stretch) -> None:
    """Its files have no end; a new start stands in queue_log."""
    length = float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started
    listener = await begin(db, stretch)
    await hear(listener, stretch.between(0, length / 2))
    listener.lost("link")
    stretch.write_files(length / 2)
    with (stretch.folder / queue_log.FILE).open("a") as file:
        file.write(f"{int(stretch.at(30).timestamp())}|NONE|NONE|NONE|QUEUESTART|\n")
    await listener.resync(FakePbxState("boot-2", [], stretch.at(40)))
    await listener.drain()
    [call] = await calls(db)
    assert outcome(call)[:2] == ("cut", "asterisk_restarted")
    assert call.ended_at and abs(call.ended_at - stretch.at(length / 2)) < timedelta(seconds=1)
    assert [(gap.why, gap.closed_by) for gap in await gaps(db)] == [("restart", "files")]
    (stretch.folder / "cdr-custom" / "Master.csv").write_text("")
    assert [each.kind for each in await disagreements(db, stretch)] == ["cut_by_crash"]  # type: ignore[attr-defined]
    assert await differences(db) == []


async def test_a_gap_that_a_process_left_open_is_closed_by_the_next(db: Database, stretch: Stretch) -> None:
    listener = await begin(db, stretch)
    listener.lost("link")
    await listener.drain()
    assert [gap.closed_by for gap in await gaps(db)] == [None]
    await again(db, stretch, 60, files=False)
    assert [(gap.why, gap.closed_by) for gap in await gaps(db)] == [("link", "snapshot")]
