"""Faults of the database, of Redis and of the CRM, on real servers."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis
from sqlalchemy import text

import callcenter.app  # noqa: F401  # every room's tables
from callcenter import schema
from callcenter.clock import utc_now
from callcenter.db import Database
from callcenter.doctor.database import ask_database
from callcenter.errors import Problem
from callcenter.servers import PrivatePostgres, PrivateRedis
from tests.service.doctor.patient import Patient, shown

pytestmark = pytest.mark.service
_NAME = "doctor"


@pytest.fixture
async def empty(postgres: PrivatePostgres) -> AsyncIterator[str]:
    """An empty database."""
    yield await postgres.create(_NAME)
    await postgres.drop(_NAME)


async def _execute(postgres: PrivatePostgres, *statements: str, database: str = "postgres") -> None:
    connection = await asyncpg.connect(host="127.0.0.1", port=postgres.port, user="callcenter", database=database)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def test_a_database_without_tables(empty: str, patient: Patient) -> None:
    patient.set(DATABASE__URL=empty)
    assert await patient.examine("database", "migrations") == ["migrations error migrations_none"]
    assert "callcenter migrate" in patient.remedy("migrations_none")
    db = Database(empty)
    await schema.upgrade(db)
    await db.close()
    assert await patient.examine("database", "migrations", "clock") == []


@pytest.mark.parametrize(("revision", "code"), [("0000", "migrations_old"), ("9999", "database_newer")])
async def test_another_version(revision: str, code: str, db: Database, patient: Patient) -> None:
    patient.set(DATABASE__URL=db.url)
    assert await patient.examine("database", "migrations") == []
    async with db.transaction() as work:
        await work.session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": revision})
    assert await patient.examine("database", "migrations") == [f"migrations error {code}"]
    assert patient.remedy(code)


async def test_a_database_file_that_is_still_to_be_made(patient: Patient) -> None:
    found = await patient.examine("database", "migrations", "queues")
    assert found == ["database warning database_absent", "migrations skipped needs", "queues skipped needs"]


async def test_a_folder_with_an_awkward_name(patient: Patient) -> None:
    folder = patient.home / "50% of #1 数据"
    folder.mkdir(mode=0o700)
    patient.set(DATA_DIR=folder)
    connection = sqlite3.connect(folder / "callcenter.db")
    connection.execute("CREATE TABLE alembic_version (version_num TEXT)")
    connection.close()
    assert await patient.examine("database", "migrations") == ["migrations error migrations_none"]


async def test_a_database_file_that_is_none(patient: Patient) -> None:
    (patient.home / "var" / "callcenter.db").write_bytes(b"no database at all" * 1000)
    assert (await patient.examine("database"))[0] == "database error database_damaged"
    assert "backup" in patient.remedy("database_damaged")


async def test_database_refusals(postgres: PrivatePostgres, patient: Patient) -> None:
    patient.set(DATABASE__URL=postgres.url("nowhere"))
    assert await patient.examine("database") == ["database error database_unmade"]
    assert "createdb --encoding=UTF8 --owner=callcenter nowhere" in patient.remedy("database_unmade")
    patient.set(DATABASE__URL=f"postgresql+asyncpg://stranger:sesame@127.0.0.1:{postgres.port}/postgres")
    assert await patient.examine("database") == ["database error database_refused"]
    assert "pg_hba.conf" in patient.remedy("database_refused")
    assert "sesame" not in shown(patient.found)


async def test_a_database_that_is_not_there(patient: Patient) -> None:
    patient.set(DATABASE__URL="postgresql+asyncpg://us:sesame@127.0.0.1:1/x")
    assert await patient.examine("database") == ["database error database_unreachable"]
    assert "CALLCENTER_DATABASE__URL" in patient.remedy("database_unreachable")
    assert "sesame" not in shown(patient.found)


async def test_a_database_that_says_nothing() -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(Problem) as caught:
        await ask_database(f"postgresql+asyncpg://u@127.0.0.1:{port}/x", utc_now, limit_s=0.2)
    assert caught.value.code == "database_unreachable"
    server.close()


async def test_encoding(postgres: PrivatePostgres, patient: Patient) -> None:
    await _execute(postgres, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    patient.set(DATABASE__URL=postgres.url("latin"))
    assert await patient.examine("database") == ["database error database_encoding"]
    assert "--encoding=UTF8" in patient.remedy("database_encoding")
    await postgres.drop("latin")


async def test_a_user_who_may_make_nothing(postgres: PrivatePostgres, empty: str, patient: Patient) -> None:
    await _execute(postgres, "CREATE ROLE guest LOGIN")
    patient.set(DATABASE__URL=empty.replace("callcenter@", "guest@"))
    assert await patient.examine("database") == ["database error database_rights"]
    assert "GRANT CREATE" in patient.remedy("database_rights")
    await _execute(postgres, "DROP ROLE guest")


async def test_clocks_that_differ(empty: str, patient: Patient) -> None:
    patient.set(DATABASE__URL=empty)

    def slow() -> datetime:
        return datetime.now(UTC) - timedelta(seconds=60)

    assert await patient.examine("clock", clock=slow) == ["clock error clock_off"]
    assert "differs from this machine's by 60" in shown(patient.found)
    assert "NTP" in patient.remedy("clock_off")


async def test_redis(redis: PrivateRedis, patient: Patient) -> None:
    assert await patient.examine("redis") == ["redis skipped redis_unset"]
    patient.set(REDIS__URL=redis.url)
    assert await patient.examine("redis") == []
    client = Redis.from_url(redis.url)
    await client.config_set("maxmemory", "100mb")
    await client.config_set("maxmemory-policy", "allkeys-lru")
    assert await patient.examine("redis") == ["redis warning redis_evicts"]
    assert "noeviction" in patient.remedy("redis_evicts")
    await client.config_set("requirepass", "sesame")
    await client.aclose()
    for wrong in (redis.url, redis.url.replace("//", "//:wrong one@")):
        patient.set(REDIS__URL=wrong.replace(" ", "%20"))
        assert await patient.examine("redis") == ["redis error redis_refused"]
    assert "CALLCENTER_REDIS__URL" in patient.remedy("redis_refused")
    redis.kill()
    patient.set(REDIS__URL=redis.url.replace("//", "//:sesame@"))
    assert await patient.examine("redis") == ["redis error redis_unreachable"]
    assert "sesame" not in shown(patient.found)


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(200, []), (405, []), (302, ["crm error crm_redirected"]), (500, ["crm warning crm_fails"])],
)
async def test_crm(status: int, wanted: list[str], patient: Patient) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.method)
        return web.Response(status=status)

    app = web.Application()
    app.router.add_route("*", "/hook", answer)
    async with TestServer(app) as server:
        secret = "whsec_" + "c2VzYW1lc2VzYW1lc2VzYW1lc2VzYW1l"
        patient.set(CRM__KIND="webhook", CRM__URL=server.make_url("/hook"), CRM__SECRET=secret)
        assert await patient.examine("crm") == ["crm skipped crm_untried"]
        assert asked == []
        assert await patient.examine("crm", online=True) == wanted
        assert asked == ["HEAD"]
    assert await patient.examine("crm", online=True) == ["crm error crm_unreachable"]
    assert secret not in shown(patient.found)
