from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from callcenter.link import Link, LinkDown, LocalLink, RedisLink
from callcenter.servers import PrivateRedis


@pytest.fixture
def redis() -> Iterator[PrivateRedis]:
    """One that a test may kill."""
    server = PrivateRedis.begin()
    yield server
    server.remove()


@contextlib.asynccontextmanager
async def running(link: Link) -> AsyncIterator[None]:
    """A link at work."""
    task = asyncio.create_task(link.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await link.close()


async def reached(ask: Callable[[], Awaitable[bool]]) -> bool:
    """The answer; False while Redis is away."""
    try:
        return await ask()
    except LinkDown:
        return False


@pytest.fixture(params=["local", "redis"])
async def link(request: pytest.FixtureRequest) -> AsyncIterator[Link]:
    """Each kind, up."""
    found: Link = LocalLink()
    up = asyncio.Event()
    if request.param == "redis":
        found = RedisLink(request.getfixturevalue("redis").url)
        found.on_up(up.set)
    else:
        up.set()
    async with running(found):
        await asyncio.wait_for(up.wait(), 10)
        yield found
