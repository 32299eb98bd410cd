"""What processes tell each other: the same on Redis and in memory, and what a lost Redis costs."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.errors import Problem
from callcenter.link import Link, LinkDown, LocalLink, RedisLink
from callcenter.servers import PrivateRedis

from ..polling import until
from .conftest import running


async def gone(link: Link, key: str) -> bool:
    return await link.get(key) is None


async def test_texts_are_kept_for_their_time(link: Link) -> None:
    await link.put("a:1", "one", 60)
    await link.put("a:2", "two", 60)
    await link.put("b:1", "other", 60)
    assert await link.get("a:1") == "one"
    assert await link.keys("a:") == {"a:1", "a:2"}
    await link.drop("a:1")
    await link.drop("never")
    assert await link.get("a:1") is None
    await link.put("short", "gone soon", 0.001)
    await until(lambda: gone(link, "short"))


async def test_hits_are_counted_within_a_window(link: Link) -> None:
    assert [await link.hit("tries", 60) for _ in range(3)] == [1, 2, 3]
    await link.drop("tries")
    assert await link.hit("tries", 0.001) == 1
    await until(lambda: gone(link, "tries"))
    assert await link.hit("tries", 60) == 1


async def test_a_window_begins_with_its_first_hit() -> None:
    now = [100.0]
    link = LocalLink(lambda: now[0])
    assert await link.hit("tries", 60) == 1
    now[0] += 40
    assert await link.hit("tries", 60) == 2
    now[0] += 30
    assert await link.hit("tries", 60) == 1


async def test_a_lease_has_one_holder(link: Link) -> None:
    assert await link.claim("lead", "first", 60)
    assert not await link.claim("lead", "second", 60)
    assert await link.claim("lead", "first", 60)
    await link.release("lead", "second")
    assert not await link.claim("lead", "second", 60)
    await link.release("lead", "first")
    assert await link.claim("lead", "second", 60)


async def test_what_is_published_reaches_every_process(redis: PrivateRedis) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    one, two = RedisLink(redis.url), RedisLink(redis.url)
    ready = asyncio.Event()
    two.subscribe("news", heard.put_nowait)
    two.on_up(ready.set)
    async with running(one), running(two):
        await asyncio.wait_for(ready.wait(), 10)
        one.publish("other", "not for us")
        one.publish("news", "hello")
        assert await asyncio.wait_for(heard.get(), 10) == "hello"


async def test_a_lost_redis_is_said_and_found_again(redis: PrivateRedis) -> None:
    link, ups = RedisLink(redis.url), asyncio.Queue[None]()
    heard: asyncio.Queue[str] = asyncio.Queue()
    link.subscribe("news", heard.put_nowait)
    link.on_up(lambda: ups.put_nowait(None))
    async with running(link):
        await asyncio.wait_for(ups.get(), 10)
        await link.put("kept", "nowhere else", 60)
        await asyncio.to_thread(redis.kill)
        with pytest.raises(LinkDown):
            await link.get("kept")
        link.publish("news", "lost")

        async def down() -> bool:
            return not link.up

        await until(down)
        await asyncio.to_thread(redis.start)
        await asyncio.wait_for(ups.get(), 10)
        assert link.up
        assert await link.get("kept") is None
        link.publish("news", "again")
        assert await asyncio.wait_for(heard.get(), 10) == "again"


async def test_no_redis_is_a_problem_with_a_remedy(redis: PrivateRedis) -> None:
    url = redis.url
    await asyncio.to_thread(redis.stop)
    link = RedisLink(url)
    with pytest.raises(Problem, match="redis_unreachable"):
        await link.ping()
    await link.close()
