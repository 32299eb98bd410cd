"""From the journal to those who must learn of it: in order, at least once, and one failing harms no other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from callcenter.bus import Bus, JournalCursor, Subscriber
from callcenter.db import Database
from callcenter.events import Event
from callcenter.events.complaints import TicketOpened
from callcenter.events.customers import CustomerChanged
from callcenter.tasks import Tasks

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
