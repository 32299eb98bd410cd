"""Processes as they are run: told to end with many desks connected or while they start; a database that is away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSCloseCode
from sqlalchemy import select, text

from callcenter import metrics
from callcenter.accounts.model import SessionRow, UserRow
from callcenter.app import of_kind
from callcenter.bench.conversation import read
from callcenter.bench.manager import Manager
from callcenter.config import load
from callcenter.db import Database, JournalRow
from callcenter.jobs.engine import Jobs, Run
from callcenter.link import RedisLink
from callcenter.programs import Program, free_port
from callcenter.servers import PrivatePostgres, PrivateRedis
from callcenter.web.server import COOKIE

from ..polling import until

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
DESKS = 80


@pytest.fixture
def settings(url: str, redis: PrivateRedis, tmp_path: Path) -> dict[str, str]:
    return {
        "CALLCENTER_DATA_DIR": str(tmp_path),
        "CALLCENTER_DATABASE__URL": url,
        "CALLCENTER_REDIS__URL": redis.url,
        "CALLCENTER_WEB__DRAIN_S": "0",
        "CALLCENTER_AMI__PORT": "1",
        "CALLCENTER_AGI__PORT": str(free_port()),
    }


@pytest.fixture
async def agents(db: Database) -> AsyncIterator[list[str]]:
    """Session cookies."""
    now = datetime.now(UTC)
    async with db.transaction() as work:
        for place in range(DESKS):
            user = UserRow(
                id=f"user-{place}", username=f"agent{place}", name="坐席", role="agent", extension=str(1000 + place),
                language="zh-CN", password_hash="", created_at=now,
            )  # fmt: skip
            work.session.add(user)
        await work.session.flush()
        for place in range(DESKS):
            hashed = hashlib.sha256(f"token-{place}".encode()).hexdigest()
            work.session.add(
                SessionRow(
                    token_hash=hashed, user_id=f"user-{place}", csrf="c", created_at=now,
                    expires_at=now + timedelta(hours=1),
                )
            )  # fmt: skip
    yield [f"{COOKIE}=token-{place}" for place in range(DESKS)]


async def test_a_web_process_with_many_desks_ends_and_sends_them_on(
    settings: dict[str, str], agents: list[str], tmp_path: Path
) -> None:
    program = Program("web", "web", tmp_path, settings)
    for _round in range(3):
        await program.start()
        async with AsyncExitStack() as stack:
            client = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
            url = f"{program.url}/api/v1/desk"
            desks = [
                await stack.enter_async_context(client.ws_connect(url, headers={"Cookie": cookie})) for cookie in agents
            ]
            ending = asyncio.create_task(asyncio.to_thread(program.stop, 20.0))
            for desk in desks:
                async for _message in desk:
                    pass
                assert desk.close_code == WSCloseCode.SERVICE_RESTART
            assert await ending == 0


@pytest.mark.parametrize("name", ["web", "ami", "agi", "worker"])
async def test_a_process_that_is_told_to_end_while_it_starts_ends_well(
    name: str, settings: dict[str, str], tmp_path: Path
) -> None:
    program = Program(name, name, tmp_path, settings)
    program.spawn()

    async def begun() -> bool:
        return program.log.exists() and "redis_connected" in program.log.read_text()

    await until(begun, 30)
    assert await asyncio.to_thread(program.stop, 20.0) == 0
    assert "Traceback" not in program.log.read_text()


async def test_a_worker_without_models_leaves_transcripts_to_others(
    settings: dict[str, str], db: Database, tmp_path: Path
) -> None:
    """It says so and does the rest."""
    jobs_url = load(data_dir=tmp_path, database={"url": db.url}).jobs_url
    program = Program(
        "worker", "worker", tmp_path, {**settings, "CALLCENTER_SPEECH__MODELS_DIR": str(tmp_path / "none")}
    )
    await program.start()
    asked = Jobs(jobs_url, "asks")
    for name in ("recording", "transcript"):
        asked.register(name, _leave_it)
    await asked.launch(without=frozenset({"recording", "transcript"}))
    for name in ("transcript", "recording"):
        await asked.start(name, "no such call", "no such call")

    async def states() -> dict[str, str]:
        query = text("SELECT queue_name, status FROM dbos.workflow_status")
        async with db.read() as session:
            return {row.queue_name: row.status for row in await session.execute(query)}

    async def collected() -> bool:
        return (await states())["recording"] == "SUCCESS"

    await until(collected, 30)
    assert (await states())["transcript"] == "ENQUEUED"
    assert "no_speech_models" in program.log.read_text()
    assert await asyncio.to_thread(program.stop, 20.0) == 0
    await asked.close()


async def _leave_it(_run: Run, _argument: str) -> None:
    raise AssertionError("this process does no work")


async def test_what_was_heard_is_written_before_another_leads(
    db: Database, url: str, redis: PrivateRedis, tmp_path: Path
) -> None:
    """A whole call arrives and the process is told to end: all of it is in the journal, and the lead is free."""
    manager = Manager(["1001"])
    settings = load(
        data_dir=tmp_path,
        database={"url": url},
        redis={"url": redis.url},
        ami={"port": await manager.start(), "secret": "x"},
    )
    process = of_kind("ami", settings)
    await process.start()

    async def leads() -> bool:
        found = (await process.base.health.look())["asterisk"]
        return found.ok and found.detail == "leading"

    await until(leads)
    told = read().retold(1, "13800138000", "1001", datetime.now(UTC).timestamp())
    manager.say(told.arriving + told.ringing + told.talking + told.ending)

    async def heard() -> bool:
        return metrics.OPEN_CALLS.collect()[0].samples[0].value > 0 or bool(await journal(db))

    await until(heard)
    await asyncio.wait_for(process.drain(), 10)
    assert (await journal(db))[-1] == "CallEnded"
    link = RedisLink(redis.url)
    await asyncio.wait_for(process.stop(), 10)
    assert await link.get("lease:ami:asterisk") is None
    assert await link.get("line") is None
    await link.close()
    await manager.stop()


async def journal(db: Database) -> list[str]:
    async with db.read() as session:
        return [row.type for row in await session.scalars(select(JournalRow).order_by(JournalRow.seq)) if row.call_id]


@pytest.fixture
def frail() -> Iterator[PrivatePostgres]:
    """One that a test may kill."""
    server = PrivatePostgres.begin()
    yield server
    server.remove()


async def test_a_step_waits_for_a_database_that_is_away(frail: PrivatePostgres, kind: str) -> None:
    """However few tries it has: that is no failure of what it does."""
    url = await frail.create("jobs")
    db, jobs, done = Database(url), Jobs(url.replace("+asyncpg", "+psycopg")), asyncio.Event()
    tried = 0

    async def look() -> str:
        nonlocal tried
        tried += 1
        if tried == 1:
            await asyncio.to_thread(frail.kill)
        async with db.read() as session:
            await session.execute(text("SELECT 1"))
        return "seen"

    async def job(run: Run, argument: str) -> None:
        assert await run.step("look", look) == "seen"
        done.set()

    jobs.register("job", job)
    await jobs.launch()
    await jobs.start("job", "a", "a")

    async def failed_once() -> bool:
        return tried > 1

    await until(failed_once, 30)
    await asyncio.to_thread(frail.start)
    await asyncio.wait_for(done.wait(), 60)
    await jobs.close()
    await db.close()
