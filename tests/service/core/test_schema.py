"""Migrations lead to the models, bring all data along, and never harm a database that they do not know."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE

import pytest
from sqlalchemy import select, text

from callcenter import schema
from callcenter.db import Base, Database, JournalRow
from callcenter.errors import Problem
from recordings.model import Base as RecordingsBase

from . import previous

# A process that migrates when it is told to.
MIGRATE = """
import asyncio, sys
import callcenter.app
from callcenter import schema
from callcenter.db import Database

async def migrate() -> None:
    db = Database(sys.argv[1])
    print("ready", flush=True)
    sys.stdin.readline()
    await schema.upgrade(db)
    await db.close()

asyncio.run(migrate())
"""


@pytest.fixture
def url(empty_url: str) -> str:
    """Here every database begins without tables."""
    return empty_url


async def test_migrations_equal_models(db: Database) -> None:
    await schema.upgrade(db)
    assert await schema.differences(db) == []
    await schema.upgrade(db)  # again: nothing to do


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)  # an SQLite file belongs to one process
async def test_processes_that_migrate_at_once_do_not_harm_each_other(db: Database) -> None:
    words = (sys.executable, "-c", MIGRATE, db.url)
    processes = [await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE) for _ in range(2)]
    for process in processes:
        assert process.stdout and await process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin
        process.stdin.write(b"go\n")
    async with asyncio.timeout(30):
        assert [await process.wait() for process in processes] == [0, 0]
    assert await schema.differences(db) == []


async def test_a_newer_database_is_refused_unharmed(db: Database) -> None:
    await schema.upgrade(db)
    async with db.transaction() as work:
        await work.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Problem) as refusal:
        await schema.upgrade(db)
    assert (refusal.value.code, refusal.value.params["found"]) == ("database_newer", "9999")


async def test_the_data_of_the_release_before_come_along(db: Database) -> None:
    async with db.engine.begin() as connection:
        await connection.run_sync(previous.fill)
    await schema.upgrade(db)
    async with db.engine.connect() as connection:
        found = await connection.run_sync(previous.rows)
    for table, rows in previous.ROWS.items():
        kept = found[table][0].keys()
        wanted = [{name: value for name, value in row.items() if name in kept} for row in rows]
        assert [{name: row[name] for name in wanted[0]} for row in found[table]] == wanted, table


async def test_this_program_reads_the_data_of_the_release_before(db: Database) -> None:
    async with db.engine.begin() as connection:
        await connection.run_sync(previous.fill)
    await schema.upgrade(db)
    async with db.read() as session:
        for mapper in (*Base.registry.mappers, *RecordingsBase.registry.mappers):
            rows = (await session.scalars(select(mapper.class_))).all()
            assert len(rows) == len(previous.ROWS.get(mapper.local_table.name, [])), mapper
        events = [row.event() for row in (await session.scalars(select(JournalRow))).all()]
    assert {event.type for event in events} == {row["type"] for row in previous.ROWS["journal"]}


async def test_a_database_out_of_reach_is_named_without_its_password() -> None:
    db = Database("postgresql+asyncpg://callcenter:secret@127.0.0.1:1/none")
    with pytest.raises(Problem) as refusal:
        await db.ping()
    assert refusal.value.code == "database_unreachable"
    assert "secret" not in str(refusal.value.params["url"])
    await db.close()
