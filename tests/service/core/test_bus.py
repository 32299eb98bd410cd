"""From the journal to those who must learn of it: in order, at least once, and one failing harms no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from callcenter.bus import LOOK, BatchSubscriber, Bus, JournalCursor, Subscriber
from callcenter.carried import pack
from callcenter.db import Database, JournalRow
from callcenter.events import Event
from callcenter.events.complaints import TicketOpened
from callcenter.events.customers import CustomerChanged
from callcenter.link import LocalLink, RedisLink
from callcenter.servers import PrivateRedis
from callcenter.tasks import Tasks

from ..polling import until

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def opened(number: str) -> TicketOpened:
    return TicketOpened(at=AT, ticket_id=number, number=number, kind="complaint")


async def emit(db: Database, *events: Event) -> None:
    async with db.transaction() as work:
        for event in events:
            work.emit(event)


async def take(heard: asyncio.Queue[str], count: int) -> list[str]:
    async with asyncio.timeout(10):
        return [await heard.get() for _ in range(count)]


def durable(handler: Callable[[Event], Awaitable[None]]) -> Subscriber:
    return Subscriber(handler, (TicketOpened,), durable="test")


async def test_live_subscribers_hear_in_order_and_only_what_they_want(db: Database) -> None:
    bus, heard = Bus(db), asyncio.Queue[str]()

    async def fail(_event: Event) -> None:
        raise RuntimeError("this one is broken")

    async def hear(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        heard.put_nowait(event.number)

    bus.add_live(Subscriber(fail, (Event,)))
    bus.add_live(Subscriber(hear, (TicketOpened,)))
    tasks = Tasks()
    tasks.start("live", bus.run_live())
    await emit(db, opened("1"), CustomerChanged(at=AT, customer_id="c", change="created"), opened("2"))
    await emit(db, opened("3"))
    assert await take(heard, 3) == ["1", "2", "3"]
    await tasks.stop()


async def test_what_is_rolled_back_is_told_to_nobody(db: Database) -> None:
    told = list[Event]()
    db.after_commit(lambda journalled: told.extend(event for _seq, event in journalled))
    with pytest.raises(RuntimeError):
        async with db.transaction() as work:
            work.emit(opened("1"))
            raise RuntimeError
    await emit(db, opened("2"))
    assert [event.number for event in told if isinstance(event, TicketOpened)] == ["2"]


async def test_a_durable_subscriber_goes_on_where_it_stopped(db: Database) -> None:
    heard = asyncio.Queue[str]()

    async def hear(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        heard.put_nowait(event.number)

    await emit(db, opened("1"), opened("2"))
    for expected in (["1", "2"], ["3"]):
        bus, tasks = Bus(db), Tasks()
        tasks.start("durable", bus.run_durable(durable(hear)))
        assert await take(heard, len(expected)) == expected
        # The place is kept after the handling: stopped in between, an event would be seen again.
        await until_kept(db, int(expected[-1]))
        await tasks.stop()
        await emit(db, opened("3"))


async def until_kept(db: Database, seq: int) -> None:
    async with asyncio.timeout(10):
        while True:
            async with db.read() as session:
                row = await session.get(JournalCursor, "test")
            if row is not None and row.seq >= seq:
                return


async def test_a_failing_event_is_tried_again_and_holds_its_place(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("callcenter.bus._RETRY_S", 0.0)
    heard, failures = asyncio.Queue[str](), [RuntimeError(), RuntimeError()]

    async def hear(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        if event.number == "2" and failures:
            raise failures.pop()
        heard.put_nowait(event.number)

    bus, tasks = Bus(db), Tasks()
    await emit(db, opened("1"), opened("2"), opened("3"))
    tasks.start("durable", bus.run_durable(durable(hear)))
    assert await take(heard, 3) == ["1", "2", "3"]
    await tasks.stop()


async def write_unreadable(db: Database) -> None:
    """What a newer version may write."""
    await emit(db, opened("strange"))
    async with db.transaction() as work:
        row = (await work.session.scalars(select(JournalRow).order_by(JournalRow.seq.desc()).limit(1))).one()
        row.payload = {**row.payload, "kind": None}


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_an_event_that_this_version_cannot_read_ends_nothing(db: Database, url: str) -> None:
    """Screens go on without it; what must be done waits for a version that can read it."""
    other = Database(url)
    bus, heard, done = Bus(other), asyncio.Queue[str](), asyncio.Queue[str]()
    await bus.start()

    async def hear(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        heard.put_nowait(event.number)

    async def do(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        done.put_nowait(event.number)

    bus.add_live(Subscriber(hear, (TicketOpened,)))
    await emit(db, opened("1"))
    await write_unreadable(db)
    await emit(db, opened("3"))
    tasks = Tasks()
    tasks.start("live", bus.run_live())
    tasks.start("durable", bus.run_durable(durable(do)))
    assert await take(heard, 2) == ["1", "3"]
    assert await take(done, 1) == ["1"]
    await until_kept(db, 1)
    await tasks.stop()
    assert done.empty()
    await other.close()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_another_process_hears_of_it(db: Database, url: str, redis: PrivateRedis) -> None:
    """By Redis at once; without Redis by looking again; and nothing twice."""
    other = Database(url)
    link = RedisLink(redis.url)
    bus, heard = Bus(other, link), asyncio.Queue[str]()
    writer = RedisLink(redis.url)
    Bus(db, writer)

    async def hear(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        heard.put_nowait(event.number)

    await emit(db, opened("before"))
    await bus.start()
    bus.add_live(Subscriber(hear, (TicketOpened,)))
    tasks = Tasks()
    for name, work in (("link", link.run()), ("writer", writer.run()), ("live", bus.run_live())):
        tasks.start(name, work)
    await emit(db, opened("1"))
    assert await take(heard, 1) == ["1"]
    await asyncio.to_thread(redis.kill)
    await emit(db, opened("2"), opened("3"))
    assert await take(heard, 2) == ["2", "3"]
    await asyncio.to_thread(redis.start)
    await emit(db, opened("4"))
    assert await take(heard, 1) == ["4"]
    assert heard.empty()
    await tasks.stop()
    for each in (link, writer):
        await each.close()
    await other.close()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_a_durable_subscriber_runs_in_one_process_at_a_time(db: Database, url: str) -> None:
    """The second takes over where the first stopped, as soon as that has ended."""
    other, link = Database(url), LocalLink()
    first, second = Bus(db, link), Bus(other, link)
    heard = asyncio.Queue[str]()
    entered, gate = asyncio.Event(), asyncio.Event()

    async def slow(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        entered.set()
        await gate.wait()
        heard.put_nowait(f"first {event.number}")

    async def quick(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        heard.put_nowait(f"second {event.number}")

    one, two = Tasks(), Tasks()
    one.start("one", first.run_durable(durable(slow)))
    await emit(db, opened("1"))
    await asyncio.wait_for(entered.wait(), 10)
    two.start("two", second.run_durable(durable(quick)))
    await emit(db, opened("2"))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(heard.get(), 1.0)
    gate.set()
    assert await take(heard, 2) == ["first 1", "first 2"]
    await until_kept(db, 2)
    await one.stop()
    await emit(db, opened("3"))
    assert await take(heard, 1) == ["second 3"]
    await two.stop()
    await other.close()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_who_joins_late_misses_nothing_and_hears_nothing_twice(db: Database) -> None:
    bus, heard = Bus(db), list[str]()

    async def hear(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        heard.append(event.number)

    await bus.start()
    tasks = Tasks()
    tasks.start("live", bus.run_live())
    joining = list[asyncio.Task[None]]()
    for place in range(30):
        await emit(db, opened(str(place)))
        if place == 10:
            after = bus.position
            told = [str(number) for number in range(after, 30)]
            joining.append(asyncio.create_task(bus.join([Subscriber(hear, (TicketOpened,))], after)))
    await asyncio.gather(*joining)

    async def all_heard() -> bool:
        return len(heard) >= len(told)

    await until(all_heard)
    assert heard == told
    await tasks.stop()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_events_that_ride_on_the_word_are_told_in_turn_and_the_journal_fills_what_is_missing(
    db: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Words are lost, come twice and in the wrong order; what is told is the journal."""
    monkeypatch.setattr("callcenter.bus._LOOK_AGAIN_S", 60.0)
    other, words, link, reads = Database(url), list[str](), LocalLink(), list[int]()
    db.after_commit(lambda journalled: words.append(pack(journalled)))
    bus, heard = Bus(other, link), asyncio.Queue[str]()

    async def hear(event: Event) -> None:
        assert isinstance(event, TicketOpened)
        heard.put_nowait(event.number)

    rows = bus._rows

    async def read(after: int, until: int | None = None) -> Sequence[JournalRow]:
        found = await rows(after, until)
        reads.append(after)
        return found

    async def read_once() -> bool:
        return len(reads) == 1

    monkeypatch.setattr(bus, "_rows", read)
    bus.add_live(Subscriber(hear, (TicketOpened,)))
    tasks = Tasks()
    tasks.start("live", bus.run_live())
    await until(read_once)
    for number in "123456":
        await emit(db, opened(number))
    for place in (0, 0, 1, 0, 1):
        link.publish(LOOK, words[place])
    assert await take(heard, 2) == ["1", "2"]
    assert reads == [0]
    for place in (3, 2):
        link.publish(LOOK, words[place])
    assert await take(heard, 2) == ["3", "4"]
    link.publish(LOOK, words[5])
    assert await take(heard, 2) == ["5", "6"]
    assert reads == [0, 4]
    await emit(db, opened("7"))
    link.publish(LOOK)
    assert await take(heard, 1) == ["7"]
    await emit(db, opened("8"))
    link.publish(LOOK, words[7].replace("TicketOpened", "OfAnotherVersion"))
    assert await take(heard, 1) == ["8"]
    assert reads == [0, 4, 6, 7]
    assert heard.empty()
    await tasks.stop()
    await other.close()


async def test_a_batch_is_taken_as_far_as_it_can_be(db: Database) -> None:
    """What was left over comes again at once; one that takes nothing, or fails, holds its place."""
    bus, given, tasks = Bus(db), list[list[str]](), Tasks()
    takes: list[int | Exception] = [2, 0, RuntimeError("this time it fails"), 1]
    done = asyncio.Event()

    async def take(events: Sequence[tuple[int, Event]]) -> int:
        given.append([event.number for _seq, event in events if isinstance(event, TicketOpened)])
        result = takes.pop(0)
        if isinstance(result, Exception):
            raise result
        if not takes:
            done.set()
        return result

    await emit(db, opened("past"))
    await bus.begin("test")
    await bus.begin("test", 0)  # it has begun already
    await emit(db, opened("1"), opened("2"), opened("3"))
    tasks.start("durable", bus.run_durable(BatchSubscriber(take, (TicketOpened,), "test")))
    async with asyncio.timeout(20):
        await done.wait()
    await tasks.stop()
    assert given == [["1", "2", "3"], ["3"], ["3"], ["3"]]
