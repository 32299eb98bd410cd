"""The private servers that tests stand on: killed they come back where they were, removed they leave nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisGone

from callcenter.servers import PrivatePostgres, PrivateRedis


@pytest.fixture
def own_postgres() -> Iterator[PrivatePostgres]:
    """One that may be killed."""
    server = PrivatePostgres.begin()
    yield server
    server.remove()


@pytest.fixture
def own_redis() -> Iterator[PrivateRedis]:
    """One that may be killed."""
    server = PrivateRedis.begin()
    yield server
    server.remove()


async def connect(server: PrivatePostgres) -> asyncpg.Connection:
    return await asyncpg.connect(server.url("kept").replace("+asyncpg", ""))


def processes_in(folder: Path) -> list[str]:
    """Those that work in a folder, as every process of these servers does."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_text())
    return found


async def test_postgresql_keeps_its_data_over_a_kill(own_postgres: PrivatePostgres) -> None:
    await own_postgres.create("kept")
    client = await connect(own_postgres)
    await client.execute("CREATE TABLE words AS SELECT '投诉' AS word")
    port = own_postgres.port
    own_postgres.kill()
    with pytest.raises(OSError):
        await connect(own_postgres)
    own_postgres.start()
    again = await connect(own_postgres)
    assert (await again.fetchval("SELECT word FROM words"), own_postgres.port) == ("投诉", port)
    await again.close()
    client.terminate()
    await own_postgres.drop("kept")
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        await connect(own_postgres)


async def test_redis_comes_back_empty_after_a_kill(own_redis: PrivateRedis) -> None:
    async with Redis.from_url(own_redis.url) as client:
        await client.set("presence", "ready")
        own_redis.kill()
        with pytest.raises(RedisGone):
            await client.ping()
        own_redis.start()
        assert await client.get("presence") is None


def test_nothing_is_left_of_what_is_removed(own_postgres: PrivatePostgres, own_redis: PrivateRedis) -> None:
    servers = (own_postgres, own_redis)
    assert all(processes_in(server.folder) for server in servers)
    own_postgres.kill()  # its processes outlive it by a moment
    own_postgres.start()
    for server in servers:
        server.remove()
    assert [processes_in(server.folder) for server in servers] == [[], []]
    assert not any(server.folder.exists() for server in servers)
