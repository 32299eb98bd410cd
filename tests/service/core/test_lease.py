"""One leads, the others wait; whatever becomes of it or of Redis."""

from __future__ import annotations

import asyncio

import pytest

from callcenter import lease as module
from callcenter.lease import Lease
from callcenter.link import Link, RedisLink
from callcenter.servers import PrivateRedis

from ..polling import until
from .conftest import reached, running


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TTL_S", 0.5)
    monkeypatch.setattr(module, "_BEAT_S", 0.02)


async def test_the_second_leads_when_the_first_lets_go(link: Link) -> None:
    first, second = Lease(link, "ami"), Lease(link, "ami")
    await first.acquire()
    waiting = asyncio.create_task(second.acquire())
    keeping = asyncio.create_task(first.keep())
    done, _ = await asyncio.wait({waiting, keeping}, timeout=1.0)  # longer than a lease that nobody renews
    assert not done
    keeping.cancel()
    await first.release()
    await asyncio.wait_for(waiting, 5)


async def test_the_second_leads_when_the_first_is_heard_of_no_more(link: Link) -> None:
    first, second = Lease(link, "ami"), Lease(link, "ami")
    await first.acquire()
    await asyncio.wait_for(second.acquire(), 5)
    await asyncio.wait_for(first.keep(), 5)  # it learns that it leads no more


async def test_without_redis_the_holder_goes_on_and_nobody_takes_its_place(redis: PrivateRedis) -> None:
    one, two = RedisLink(redis.url), RedisLink(redis.url)
    async with running(one), running(two):
        first, second = Lease(one, "ami"), Lease(two, "ami")
        await first.acquire()
        keeping, waiting = asyncio.create_task(first.keep()), asyncio.create_task(second.acquire())
        await asyncio.to_thread(redis.kill)
        done, _ = await asyncio.wait({keeping, waiting}, timeout=1.0)
        assert not done
        await asyncio.to_thread(redis.start)  # empty: whoever asks first leads, the other one does not

        async def somebody_leads() -> bool:
            return bool(await one.get("lease:ami"))

        await until(lambda: reached(somebody_leads))
        holder = await one.get("lease:ami")
        # Whoever it is: the other one does not believe that it leads.
        if holder == second.holder:
            await asyncio.wait_for(keeping, 5)
            await asyncio.wait_for(waiting, 5)
        else:
            assert holder == first.holder
            assert not waiting.done()
        for task in (keeping, waiting):
            task.cancel()
        await asyncio.gather(keeping, waiting, return_exceptions=True)
