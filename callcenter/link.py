"""What processes tell each other beside the database: Redis, or nothing but memory where there is only one process.

Nothing here is the only copy of anything. A Redis that is lost, or comes back empty, costs a moment: whoever
subscribed is told when the link is up again and looks anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, RedisError, ResponseError

from callcenter import metrics
from callcenter.errors import Problem

log = structlog.get_logger(__name__)
Told = Callable[[str], None]
_ANSWER_S = 2.0
_PING_S = 2.0
_PAUSE_S = 0.5
# Redis runs these as one step: a lease is taken when free or ours, and given back only by its holder.
_CLAIM = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"
_HIT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
"""


class LinkDown(ConnectionError):
    """Nobody can be asked right now. Passing."""


class Link(Protocol):
    """`subscribe` and `on_up` before `run`. What answers raises LinkDown; `publish` never fails."""

    @property
    def up(self) -> bool:
        """Whether others can be reached."""
        ...

    async def run(self) -> None:
        """Keep the link until cancelled."""
        ...

    async def close(self) -> None: ...

    def subscribe(self, channel: str, told: Told) -> None:
        """Have `told` called, on the event loop, with each text published by any process."""
        ...

    def on_up(self, told: Callable[[], None]) -> None:
        """Have `told` called whenever the link has come up: what was published before may have been missed."""
        ...

    def publish(self, channel: str, text: str = "") -> None:
        """Tell every process. Lost while the link is down."""
        ...

    async def put(self, key: str, text: str, ttl_s: float) -> None:
        """Keep a text for so long."""
        ...

    async def get(self, key: str) -> str | None: ...

    async def drop(self, key: str) -> None: ...

    async def keys(self, prefix: str) -> set[str]:
        """The keys that are kept and begin so."""
        ...

    async def hit(self, key: str, window_s: float) -> int:
        """Count an event; how many there were since the first within the window."""
        ...

    async def claim(self, name: str, holder: str, ttl_s: float) -> bool:
        """Take a lease, or renew it; False while somebody else has it."""
        ...

    async def release(self, name: str, holder: str) -> None:
        """Give a lease back, if it is still this holder's."""
        ...


@dataclass
class LocalLink:
    """Within one process: the embedded form, and tests. `clock` in seconds."""

    clock: Callable[[], float] = time.monotonic
    _subscribers: dict[str, list[Told]] = field(default_factory=dict)
    _kept: dict[str, tuple[str, float]] = field(default_factory=dict)
    up: bool = True

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass

    def subscribe(self, channel: str, told: Told) -> None:
        self._subscribers.setdefault(channel, []).append(told)

    def on_up(self, told: Callable[[], None]) -> None:
        """It was never down."""

    def publish(self, channel: str, text: str = "") -> None:
        for told in self._subscribers.get(channel, ()):
            told(text)

    async def put(self, key: str, text: str, ttl_s: float) -> None:
        now = self.clock()
        self._kept = {name: kept for name, kept in self._kept.items() if kept[1] > now}
        self._kept[key] = (text, now + ttl_s)

    async def get(self, key: str) -> str | None:
        text, until = self._kept.get(key, ("", 0.0))
        return text if until > self.clock() else None

    async def drop(self, key: str) -> None:
        self._kept.pop(key, None)

    async def keys(self, prefix: str) -> set[str]:
        return {key for key, (_text, until) in self._kept.items() if key.startswith(prefix) and until > self.clock()}

    async def hit(self, key: str, window_s: float) -> int:
        count = int(await self.get(key) or 0) + 1
        until = self._kept[key][1] if count > 1 else self.clock() + window_s
        await self.put(key, str(count), until - self.clock())
        return count

    async def claim(self, name: str, holder: str, ttl_s: float) -> bool:
        if await self.get(f"lease:{name}") not in (None, holder):
            return False
        await self.put(f"lease:{name}", holder, ttl_s)
        return True

    async def release(self, name: str, holder: str) -> None:
        if await self.get(f"lease:{name}") == holder:
            await self.drop(f"lease:{name}")


class RedisLink:
    """Between processes. Each call is tried for a moment only: nobody's work waits for a Redis that is gone."""

    def __init__(self, url: str, prefix: str = "callcenter") -> None:
        self._prefix = prefix + ":"
        self._redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=_ANSWER_S,
            socket_connect_timeout=_ANSWER_S,
            # A connection kept from before Redis was started again fails once.
            retry=Retry(NoBackoff(), 1),
        )
        self._subscribers: dict[str, list[Told]] = {}
        self._up_told: list[Callable[[], None]] = []
        self._outbox: dict[tuple[str, str], None] = {}
        self._posted = asyncio.Event()
        self.up = False

    async def ping(self) -> None:
        """Raise `Problem` if Redis cannot be reached."""
        try:
            async with asyncio.timeout(_ANSWER_S):
                await self._redis.ping()
        except (AuthenticationError, ResponseError) as error:
            raise Problem("redis_refused", field="redis.url", reason=str(error)) from error
        except (RedisError, OSError) as error:
            raise Problem("redis_unreachable", field="redis.url", reason=str(error)) from error

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._listen(), name="redis listens")
            tasks.create_task(self._post(), name="redis posts")

    async def close(self) -> None:
        await self._redis.aclose()

    def subscribe(self, channel: str, told: Told) -> None:
        self._subscribers.setdefault(self._prefix + channel, []).append(told)

    def on_up(self, told: Callable[[], None]) -> None:
        self._up_told.append(told)

    def publish(self, channel: str, text: str = "") -> None:
        # The same text twice in a row says no more than once.
        self._outbox[self._prefix + channel, text] = None
        self._posted.set()

    async def put(self, key: str, text: str, ttl_s: float) -> None:
        async with _asked():
            await self._redis.set(self._prefix + key, text, px=int(ttl_s * 1000))

    async def get(self, key: str) -> str | None:
        async with _asked():
            found = await self._redis.get(self._prefix + key)
        return None if found is None else str(found)

    async def drop(self, key: str) -> None:
        async with _asked():
            await self._redis.delete(self._prefix + key)

    async def keys(self, prefix: str) -> set[str]:
        async with _asked():
            found = [key async for key in self._redis.scan_iter(match=f"{self._prefix}{prefix}*", count=500)]
        return {key.removeprefix(self._prefix) for key in found}

    async def hit(self, key: str, window_s: float) -> int:
        return int(await self._eval(_HIT, key, int(window_s * 1000)))

    async def claim(self, name: str, holder: str, ttl_s: float) -> bool:
        return bool(await self._eval(_CLAIM, f"lease:{name}", holder, int(ttl_s * 1000)))

    async def release(self, name: str, holder: str) -> None:
        await self._eval(_RELEASE, f"lease:{name}", holder)

    async def _eval(self, script: str, key: str, *arguments: str | int) -> Any:
        async with _asked():
            answering: Any = self._redis.eval(script, 1, self._prefix + key, *arguments)
            return await answering

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(*(self._subscribers or {self._prefix + "nothing": []}))
                    self._came_up()
                    await self._hear(pubsub)
            except (RedisError, OSError) as error:
                if self.up:
                    metrics.REDIS_LOST.inc()
                    log.warning("redis_lost", reason=str(error))
                self.up = False
            await asyncio.sleep(_PAUSE_S)

    async def _hear(self, pubsub: Any) -> None:
        while True:
            message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=_PING_S)
            _heed()
            if message is None:
                async with asyncio.timeout(_ANSWER_S):
                    await self._redis.ping()
                _heed()
                continue
            for told in self._subscribers.get(message["channel"], ()):
                told(message["data"])

    def _came_up(self) -> None:
        self.up = True
        log.info("redis_connected")
        for told in self._up_told:
            told()

    async def _post(self) -> None:
        while True:
            await self._posted.wait()
            self._posted.clear()
            letters, self._outbox = self._outbox, {}
            with contextlib.suppress(RedisError, OSError):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    for channel, text in letters:
                        pipeline.publish(channel, text)
                    await pipeline.execute()
            _heed()


def _heed() -> None:
    """Before Python 3.12 a cancellation that meets redis-py inside `wait_for` may be swallowed there: not by us."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@contextlib.asynccontextmanager
async def _asked() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(_ANSWER_S):
            yield
    except (RedisError, OSError) as error:
        raise LinkDown(str(error)) from error
    finally:
        _heed()


def make(url: str | None, prefix: str) -> Link:
    """The link that the settings ask for."""
    return RedisLink(url, prefix) if url else LocalLink()
