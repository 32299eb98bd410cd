"""The listener on a real database: what is written, what survives a crash, what a reconnect finds."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from callcenter.calls import journal_store
from callcenter.calls.listener import Listener
from callcenter.calls.model import CallHoldRow, CallLegRow, CallRow, CallTalkRow, CallVisitRow
from callcenter.calls.pbx import FakePbxState
from callcenter.calls.ports import ChannelSeen, PbxSnapshot
from callcenter.db import Database, JournalRow
from tests.unit.calls.conversations import (
    AGENTS,
    CALLER_ENDS,
    CHANNELS,
    IN,
    LI_ANSWERS,
    MENU,
    NOON,
    RING_LI,
    conversation,
)

CLOCK = NOON.replace(hour=5)
CALLER_UP = ChannelSeen(*CHANNELS["caller"], state="Up", number="13800138000", exten="s", bridge_id="b1")
LI_UP = ChannelSeen(*CHANNELS["li"], state="Up", number="1001", exten="", bridge_id="b1")


async def listener(db: Database) -> Listener:
    ear = Listener(db, "pbx", AGENTS, lambda raw: f"+86{raw}", lambda: CLOCK)
    await ear.load()
    return ear


async def hear(ear: Listener, table: str) -> None:
    """One message at a time, each written before the next comes."""
    for line in conversation(table):
        ear.feed(line)
        await ear.drain()


async def restarted(db: Database, boot: str, *channels: ChannelSeen) -> Listener:
    """A new process: loads the ledger, connects, asks what is alive."""
    ear = await listener(db)
    await ear.resync(FakePbxState(boot, list(channels)))
    await ear.drain()
    return ear


async def journal(db: Database) -> list[str]:
    async with db.read() as session:
        rows = (await session.scalars(select(JournalRow).order_by(JournalRow.seq))).all()
    return [row.type for row in rows]


async def the_call(db: Database) -> CallRow:
    async with db.read() as session:
        return (await session.scalars(select(CallRow))).one()


@contextlib.asynccontextmanager
async def running(ear: Listener) -> AsyncIterator[None]:
    task = asyncio.create_task(ear.run())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_whole_call_is_in_the_ledger(db: Database) -> None:
    await hear(await listener(db), IN + MENU + RING_LI + LI_ANSWERS + CALLER_ENDS)
    call = await the_call(db)
    assert (call.raw_number, call.number) == ("13800138000", "+8613800138000")
    assert (call.outcome, call.end_cause, call.agent_id) == ("answered", "normal", "user-li")
    async with db.read() as session:
        legs = (await session.scalars(select(CallLegRow).order_by(CallLegRow.uniqueid))).all()
        [talk] = (await session.scalars(select(CallTalkRow))).all()
    assert [(leg.role, leg.cause) for leg in legs] == [("caller", "normal"), ("agent", "normal")]
    assert talk.ended_at is not None
    assert (await journal(db))[-1] == "CallEnded"


async def test_messages_that_change_nothing_write_nothing(db: Database) -> None:
    ear = await listener(db)
    await hear(ear, IN + MENU)
    before = await journal(db)
    async with db.transaction():  # the only writer's turn is taken: a write would wait for ever
        await asyncio.wait_for(hear(ear, IN + MENU), timeout=5)
    assert await journal(db) == before


async def test_the_running_listener_writes_what_is_fed(db: Database) -> None:
    ended = asyncio.Event()
    db.after_commit(lambda events: ended.set() if events[-1][1].type == "CallEnded" else None)
    ear = await listener(db)
    async with running(ear):
        for line in conversation(IN + MENU + RING_LI + LI_ANSWERS + CALLER_ENDS):
            ear.feed(line)
        await asyncio.wait_for(ended.wait(), timeout=10)
    assert (await the_call(db)).outcome == "answered"


async def test_what_is_too_long_or_refused_holds_up_nobody(db: Database) -> None:
    """Texts off the wire have any length; what the database still refuses costs that call alone."""
    ear = await listener(db)
    long = (IN + MENU).replace("Value=zh", "Value=zh-Hans-CN-and-so-on")
    assert long != IN + MENU
    await hear(ear, long + RING_LI + LI_ANSWERS + CALLER_ENDS)
    assert (await the_call(db)).language == "zh-Hans-"


async def test_a_service_killed_in_mid_call_goes_on_with_the_call(db: Database) -> None:
    await restarted(db, "boot-1")
    await hear(await listener(db), IN + MENU + RING_LI + LI_ANSWERS)  # and then kill -9
    before = await journal(db)
    ear = await restarted(db, "boot-1", CALLER_UP, LI_UP)
    assert await journal(db) == before
    await hear(ear, CALLER_ENDS)
    call = await the_call(db)
    assert (call.outcome, call.ended_at) == ("answered", NOON.replace(second=30, microsecond=100000))
    assert await journal(db) == [*before, "CallAgentLeft", "CallEnded"]


async def test_a_call_that_ended_unheard_is_closed_as_cut(db: Database) -> None:
    await restarted(db, "boot-1")
    await hear(await listener(db), IN + MENU + RING_LI + LI_ANSWERS)
    await restarted(db, "boot-1")
    call = await the_call(db)
    assert (call.outcome, call.end_cause, call.ended_at) == ("cut", "link_lost", CLOCK)
    assert (await journal(db))[-2:] == ["CallAgentLeft", "CallEnded"]


async def test_calls_of_a_killed_asterisk_are_closed_with_that_cause(db: Database) -> None:
    ear = await restarted(db, "boot-1")
    await hear(ear, IN + MENU + RING_LI)
    await ear.resync(FakePbxState("boot-2"))
    await ear.drain()
    call = await the_call(db)
    assert (call.outcome, call.end_cause) == ("cut", "asterisk_restarted")
    assert (await journal(db))[-2:] == ["CallRingStopped", "CallEnded"]


async def test_a_call_answered_unheard_is_taken_up(db: Database) -> None:
    await hear(await listener(db), IN + MENU + RING_LI)
    ear = await restarted(db, "boot-1", CALLER_UP, LI_UP)
    assert (await journal(db))[-1] == "CallAnswered"
    await hear(ear, CALLER_ENDS)
    assert (await the_call(db)).outcome == "answered"


async def test_a_call_begun_unheard_is_taken_up(db: Database) -> None:
    ear = await restarted(db, "boot-1", CALLER_UP, LI_UP)
    await hear(ear, CALLER_ENDS)
    assert await journal(db) == [
        "CallStarted", "CallRinging", "CallAnswered", "CallAgentLeft", "CallEnded"
    ]  # fmt: skip


async def test_the_way_of_a_call_is_read_from_its_channel_when_nobody_heard_it(db: Database) -> None:
    told = {"CC_MENU_PATH": "main", "CC_LANG": "en", "CC_KIND": "operator", "CC_RECORDING_BEGAN": "1795255203.250"}
    waiting = replace(CALLER_UP, bridge_id="", queue="operator", age_s=60.0, variables=told)
    await restarted(db, "boot-1", waiting)
    assert await journal(db) == ["CallStarted", "CallClassified", "CallQueued"]
    call = await the_call(db)
    assert (call.menu_path, call.language, call.kind, call.queue) == ("main", "en", "operator", "operator")
    assert (call.queued_at, call.started_at) == (CLOCK, CLOCK - timedelta(seconds=60))
    assert call.recording_uniqueid == waiting.uniqueid
    assert call.recording_started_at == datetime.fromtimestamp(1795255203.25, UTC)
    await restarted(db, "boot-1", waiting)
    assert await journal(db) == ["CallStarted", "CallClassified", "CallQueued"]


async def test_a_hangup_heard_while_asterisk_was_listing_is_not_undone(db: Database) -> None:
    ear = await listener(db)
    await hear(ear, CALLER_ENDS)
    await ear.resync(FakePbxState("boot-1", [CALLER_UP]))
    await ear.drain()
    assert await journal(db) == []


@dataclass
class Slow(FakePbxState):
    """Answers when it is let to."""

    asked: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def snapshot(self) -> PbxSnapshot:
        self.asked.set()
        await self.answers.wait()
        return await super().snapshot()


async def test_two_who_ask_at_once_close_a_gap_each(db: Database) -> None:
    """The answer to the first is of no use for the second gap."""
    ear = await listener(db)
    await hear(ear, IN + MENU)
    slow = Slow("boot-1", [CALLER_UP])
    async with asyncio.TaskGroup() as both:
        both.create_task(ear.resync(slow))
        await slow.asked.wait()
        both.create_task(ear.resync(FakePbxState("boot-1", [CALLER_UP])))
        await asyncio.sleep(0)
        slow.answers.set()
    await ear.drain()
    ear.lost("link")
    await ear.drain()
    assert ear.unwritten() == 0
    await hear(ear, RING_LI)  # not heard: nobody has shown yet what is alive
    assert "CallRinging" not in await journal(db)
    await ear.resync(FakePbxState("boot-1", [CALLER_UP]))
    await ear.drain()
    assert "CallRinging" in await journal(db)


async def test_calls_that_became_one_unheard_are_one_in_their_journals(db: Database) -> None:
    """Asterisk showed it: a colleague who was asked on a second line has the caller now."""
    ear = await restarted(db, "boot-1")
    await hear(ear, IN + MENU + RING_LI + LI_ANSWERS)
    wang = ChannelSeen("PJSIP/1002-00000009", "pbx-200.1", "pbx-200.1", "Up", "1002", "1001", "b9", age_s=5.0)
    await ear.resync(FakePbxState("boot-1", [CALLER_UP, LI_UP, wang]))
    await ear.drain()
    await ear.resync(FakePbxState("boot-1", [CALLER_UP, replace(wang, bridge_id="b1")]))
    await ear.drain()
    async with db.read() as session:
        rows = {row.id: row for row in await session.scalars(select(CallRow))}
        merged = next(row for row in rows.values() if row.merged_into)
        for call_id in rows:
            assert await journal_store.connected(session, [call_id]) == set(rows)
    assert merged.merged_into in rows


async def test_a_caller_who_waits_is_known_to_wait_since_he_joined(db: Database) -> None:
    waiting = replace(CALLER_UP, bridge_id="", queue="operator", age_s=60.0, waits_s=40.0, position=3)
    await restarted(db, "boot-1", waiting)
    call = await the_call(db)
    assert (call.queue, call.queued_at) == ("operator", CLOCK - timedelta(seconds=40))
    async with db.read() as session:
        queued = await session.scalar(select(JournalRow).where(JournalRow.type == "CallQueued"))
    assert queued and queued.payload["position"] == 3


async def test_a_wait_in_the_same_queue_again_is_another_wait(db: Database) -> None:
    """He was answered, and put back into the queue while nobody heard."""
    ear = await restarted(db, "boot-1")
    await hear(ear, IN + MENU + RING_LI + LI_ANSWERS)
    again = replace(CALLER_UP, bridge_id="", queue="complaint", waits_s=2.0)
    await restarted(db, "boot-1", again)
    async with db.read() as session:
        visits = (await session.scalars(select(CallVisitRow).order_by(CallVisitRow.number))).all()
    assert [(visit.queue, visit.outcome) for visit in visits] == [("complaint", "answered"), ("complaint", None)]
    assert visits[1].joined_at == CLOCK - timedelta(seconds=2)


async def test_a_phone_that_holds_when_asterisk_is_heard_again_holds_until_it_says_otherwise(db: Database) -> None:
    ear = await restarted(db, "boot-1")
    await hear(ear, IN + MENU + RING_LI + LI_ANSWERS)
    ear = await restarted(db, "boot-1", CALLER_UP, replace(LI_UP, held=True))
    assert (await journal(db))[-1] == "CallHeld"
    ear = await restarted(db, "boot-1", CALLER_UP, replace(LI_UP, held=True))
    assert (await journal(db)).count("CallHeld") == 1
    await restarted(db, "boot-1", CALLER_UP, replace(LI_UP, held=False))
    assert (await journal(db))[-1] == "CallResumed"
    async with db.read() as session:
        [hold] = await session.scalars(select(CallHoldRow))
    assert hold.extension == "1001" and hold.ended_at
