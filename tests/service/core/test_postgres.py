"""What holds on PostgreSQL: ended connections are replaced, reading leaves none in a transaction, events are numbered
in the order in which they are committed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import Database, away
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
        held = [await driver(await stack.enter_async_context(db.read())) for _ in range(3)]
    async with other.read() as session:
        ended = await session.scalar(text(f"SELECT count(pg_terminate_backend(pid)) {_OTHERS}"))

    async def closed() -> bool:
        return all(each.is_closed() for each in held)

    await until(closed)  # the server has none of them any more before their sockets' ends are read here
    async with AsyncExitStack() as stack:
        for _ in range(3):
            work = await stack.enter_async_context(db.transaction())
            assert await work.session.scalar(text("SELECT 1")) == 1
    assert ended == 3


async def test_one_of_whose_end_only_the_word_has_come_fails_as_away_once(db: Database) -> None:
    async with db.transaction() as work:
        held = await driver(work.session)
    told = b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0"
    held._protocol.data_received(b"E" + (len(told) + 4).to_bytes(4, "big") + told)
    assert not held.is_closed()
    with pytest.raises(DBAPIError) as failed:
        async with db.transaction() as work:
            await work.session.execute(text("SELECT 1"))
    assert away(failed.value)
    async with db.transaction() as work:
        assert await work.session.scalar(text("SELECT 1")) == 1


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


async def driver(session: AsyncSession) -> Any:
    """The driver's own connection, once it has been used."""
    await session.execute(text("SELECT 1"))
    return (await (await session.connection()).get_raw_connection()).driver_connection


def opened(ticket: str) -> TicketOpened:
    return TicketOpened(at=datetime(2026, 11, 25, tzinfo=UTC), ticket_id=ticket, number=ticket, kind="complaint")
