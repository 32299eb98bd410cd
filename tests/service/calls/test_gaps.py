"""Times in which Asterisk was not heard: what its files say goes into the ledger, the rest is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.asterisk.files import cel, queue_log
from callcenter.calls import journal_store
from callcenter.calls.audit import Audit
from callcenter.calls.closing import Beat
from callcenter.calls.gaps import calls_of, newest
from callcenter.calls.listener import Listener
from callcenter.calls.model import CallMessageRow, CallRow, CallTalkRow, CallVisitRow, LedgerGapRow
from callcenter.calls.pbx import FakePbxState
from callcenter.calls.ports import ChannelSeen
from callcenter.calls.recompute import Recomputer
from callcenter.calls.term import LedgerTermRow
from callcenter.calls.unheard import CallFiles
from callcenter.db import Database, JournalRow
from tests.wire import conversations, filing
from tests.wire.ledger_lines import AGENTS

NAME = "answered"
ZONE = ZoneInfo("Asia/Shanghai")


class Stretch:
    """A conversation that is heard in parts and written to files as a whole, as the real Asterisk does."""

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self.conversation = conversations.read(name)
        self.messages: list[AmiMessage] = [
            message for raw in self.conversation.raw for message in AmiParser().feed(raw)
        ]
        self.folder = folder
        folder.mkdir()

    def at(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(self.conversation.started + seconds, UTC)

    def between(self, since: float, until: float) -> list[AmiMessage]:
        def seconds(message: AmiMessage) -> float:
            return float(message.get("Timestamp")) - self.conversation.started

        return [message for message in self.messages if since <= seconds(message) < until]

    def alive(self, seconds: float) -> list[ChannelSeen]:
        """What Asterisk would show at a moment."""
        found: dict[str, ChannelSeen] = {}
        for message in self.between(0, seconds):
            uniqueid = message.get("Uniqueid")
            match message.name:
                case "Newchannel":
                    names = (message.get("Channel"), uniqueid, message.get("Linkedid"))
                    found[uniqueid] = ChannelSeen(*names, "Up", message.get("CallerIDNum"), message.get("Exten"), "")
                case "BridgeEnter":
                    found[uniqueid] = replace(found[uniqueid], bridge_id=message.get("BridgeUniqueid"))
                case "BridgeLeave":
                    found[uniqueid] = replace(found[uniqueid], bridge_id="")
                case "Hangup":
                    del found[uniqueid]
        return list(found.values())

    def write_files(self, until: float = 1e9) -> None:
        filing.write(self.conversation, self.folder, self.at(until))


@pytest.fixture
def stretch(tmp_path: Path) -> Stretch:
    return Stretch(tmp_path / "log")


async def ear(db: Database, stretch: Stretch, *, now: float = 3600.0, files: bool = True) -> Listener:
    found = Listener(
        db, "pbx", AGENTS, lambda raw: raw or None, lambda: stretch.at(now),
        files=CallFiles(stretch.folder if files else None), late=timedelta(days=1),
    )  # fmt: skip
    await found.load()
    return found


async def hear(listener: Listener, messages: list[AmiMessage]) -> None:
    for message in messages:
        listener.feed(message)
    await listener.drain()


async def begin(db: Database, stretch: Stretch) -> Listener:
    """A listener that has been connected once, so that it knows until when it heard."""
    first = await ear(db, stretch)
    first.lost("process")
    await first.resync(FakePbxState(at=stretch.at(-1)))
    await first.drain()
    return first


async def again(
    db: Database, stretch: Stretch, seconds: float, *alive: ChannelSeen, boot: str = "boot-1", files: bool = True
) -> Listener:
    """Another process, connected so many seconds after the conversation's start."""
    found = await ear(db, stretch, now=seconds, files=files)
    found.lost("process")
    await found.resync(FakePbxState(boot, list(alive), stretch.at(seconds)))
    await found.drain()
    return found


async def calls(db: Database) -> list[CallRow]:
    async with db.read() as session:
        return list(await session.scalars(select(CallRow).order_by(CallRow.id)))


async def events(db: Database) -> list[str]:
    async with db.read() as session:
        return [row.type for row in await session.scalars(select(JournalRow).order_by(JournalRow.seq))]


async def gaps(db: Database) -> list[LedgerGapRow]:
    return list(reversed(await newest(db, 10)))


WHOLE = ["CallStarted", "CallClassified", "CallQueued", "CallRinging", "CallAnswered", "CallAgentLeft", "CallEnded"]


def outcome(call: CallRow) -> tuple[object, ...]:
    return call.outcome, call.end_cause, call.queue, call.extension, call.gap


async def differences(db: Database) -> list[object]:
    found = await Recomputer(db, lambda raw: raw or None).run([call.id for call in await calls(db)], write=False)
    assert found.without == []
    return [*found.differences]


async def disagreements(db: Database, stretch: Stretch) -> list[object]:
    audit = Audit(db, AGENTS, {"pbx": stretch.folder}, ZONE, lambda: stretch.at(3600))
    checked = await audit.check("pbx", stretch.at(-600), stretch.at(600))
    return [*checked.disagreements]


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


async def test_late_events_are_told_with_the_greatest_lag(db: Database, stretch: Stretch) -> None:
    listener = Listener(db, "pbx", AGENTS, lambda raw: None, lambda: stretch.at(5), late=timedelta(seconds=2))
    await listener.load()
    await hear(listener, stretch.between(0, 1))
    [gap] = await gaps(db)
    assert gap.why == "late"
    assert gap.lag_s == pytest.approx(5, abs=0.3)


async def test_every_message_of_a_call_is_journalled_in_order(db: Database, stretch: Stretch) -> None:
    await hear(await begin(db, stretch), stretch.messages)
    async with db.read() as session:
        [call_id] = await session.scalars(select(CallRow.id))
        told = await journal_store.entries(session, [call_id])
        [visit] = await session.scalars(select(CallVisitRow))
    assert told[0].name == "Newchannel"
    assert told[-1].name == "Hangup"
    assert [each.at for each in told] == sorted(each.at for each in told)
    assert len(told) > 10
    assert (visit.queue, visit.outcome) == ("complaint", "answered")


async def test_a_record_that_was_spoilt_is_mended_from_its_journal(db: Database, stretch: Stretch) -> None:
    await hear(await begin(db, stretch), stretch.messages)
    [call] = await calls(db)
    before = outcome(call)
    async with db.transaction() as work:
        spoilt = await work.session.get_one(CallRow, call.id)
        spoilt.extension, spoilt.outcome = "9999", "failed"
    recomputer = Recomputer(db, lambda raw: raw or None)
    found = await recomputer.run([call.id], write=True)
    assert sorted(each.what for each in found.differences) == ["extension", "outcome"]
    assert outcome((await calls(db))[0]) == before
    assert (await recomputer.run([call.id], write=False)).differences == []


@pytest.mark.parametrize("name", ["answered", "ring_all", "attended", "second_line_to_agent"])
async def test_a_call_older_than_its_journal_outlives_two_restarts(db: Database, tmp_path: Path, name: str) -> None:
    """It was open when a version came that keeps journals; what that one was told begins in the middle."""
    stretch = Stretch(tmp_path / "log", name)
    length = float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started
    first, second, third = (length * part for part in (0.3, 0.5, 0.7))
    await hear(await begin(db, stretch), stretch.between(0, first))
    old = [call.id for call in await calls(db)]
    async with db.transaction() as work:
        await work.session.execute(delete(CallMessageRow).where(CallMessageRow.call_id.in_(old)))
    for since, until in ((first, second), (second, third), (third, 1e9)):
        stretch.write_files(since)
        listener = await again(db, stretch, since, *stretch.alive(since))
        await hear(listener, stretch.between(since, until))
    [call] = [call for call in await calls(db) if call.id == old[0]]
    assert call.outcome == "answered"
    assert call.extension in AGENTS
    assert (await events(db)).count("CallEnded") == len(await calls(db))


async def test_an_old_journal_is_trimmed(db: Database, stretch: Stretch) -> None:
    await hear(await begin(db, stretch), stretch.messages)
    async with db.transaction() as work:
        assert await journal_store.trim(work.session, "pbx", stretch.at(0)) == 0
        assert await journal_store.trim(work.session, "other", stretch.at(60)) == 0
        assert await journal_store.trim(work.session, "pbx", stretch.at(60)) > 1
    [call] = await calls(db)
    assert (await Recomputer(db, lambda raw: None).run([call.id], write=True)).without == [call.id]
    assert outcome(call)[0] == "answered"


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
