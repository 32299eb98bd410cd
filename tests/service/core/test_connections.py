"""Connections to PostgreSQL: those that have ended are replaced, reading leaves none in a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from sqlalchemy import text

from callcenter.db import Database

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
            return await session.scalar(text(f"SELECT count(*) {_OTHERS}")) == 0

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
