"""What holds on PostgreSQL: ended connections are replaced, reading leaves none in a transaction, events are numbered
in the order in which they are committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from callcenter.db import Database
from callcenter.events import Event
from callcenter.events.complaints import TicketOpened

from ..polling import until

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
_OTHERS = (
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND application_name = 'callcenter'"
)


@pytest.fixture
async def other(url: str) -> AsyncIterator[Database]:
    """Somebody else's connections to the same database."""
    database = Database(url)
    yield database
    await database.close()


async def test_connections_that_the_server_ended_are_replaced(db: Database, other: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            session = await stack.enter_async_context(db.read())
            await session.execute(text("SELECT 1"))
    async with other.read() as session:
        ended = await session.scalar(text(f"SELECT count(pg_terminate_backend(pid)) {_OTHERS}"))

    async def nobody() -> bool:
        async with other.read() as session:
            return bool(await session.scalar(text(f"SELECT count(*) = 0 {_OTHERS}")))

    await until(nobody)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            work = await stack.enter_async_context(db.transaction())
            assert await work.session.scalar(text("SELECT 1")) == 1
    assert ended == 3


async def test_who_reads_holds_no_transaction_open(db: Database, other: Database) -> None:
    async with db.read() as reading, other.read() as session:
        await reading.execute(text("SELECT 1"))
        assert list(await session.scalars(text(f"SELECT state {_OTHERS}"))) == ["idle"]
    async with db.transaction() as work, other.read() as session:
        await work.session.execute(text("SELECT 1"))
        assert list(await session.scalars(text(f"SELECT state {_OTHERS}"))) == ["idle in transaction"]


async def test_an_event_gets_no_number_before_it_has_its_turn(db: Database, other: Database) -> None:
    numbers = dict[str, int]()

    def committed(journalled: list[tuple[int, Event]]) -> None:
        numbers.update({str(event.ticket_id): seq for seq, event in journalled if isinstance(event, TicketOpened)})

    async def write(*tickets: str) -> None:
        async with other.transaction() as work:
            for ticket in tickets:
                work.emit(opened(ticket))

    async def waiting() -> bool:
        async with db.read() as session:
            return bool(await session.scalar(text(f"SELECT count(*) > 0 {_OTHERS} AND wait_event = 'advisory'")))

    other.after_commit(committed)
    async with db.transaction() as work:
        await work.session.execute(text("SELECT pg_advisory_xact_lock(7301)"))
        behind = asyncio.create_task(write("first", "second", "third"))
        await until(waiting)
        mine = await work.session.scalar(text("SELECT nextval('journal_seq_seq')")) or 0
    await behind
    assert numbers == {"first": mine + 1, "second": mine + 2, "third": mine + 3}


def opened(ticket: str) -> TicketOpened:
    return TicketOpened(at=datetime(2026, 11, 25, tzinfo=UTC), ticket_id=ticket, number=ticket, kind="complaint")
