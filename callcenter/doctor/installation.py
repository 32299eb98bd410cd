"""What is examined, and what several checks want to know of it, asked only once."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from callcenter.asterisk.settings import PbxSettings
from callcenter.clock import Clock, utc_now
from callcenter.config import Settings
from callcenter.doctor.asterisk import AsteriskFacts, ask_asterisk
from callcenter.doctor.database import DatabaseFacts, ask_database
from callcenter.setting_groups import AmiSettings

T = TypeVar("T")


class Unavailable(Exception):
    """What a check stands on could not be had; the check `name` says why."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Once(Generic[T]):
    """An answer that is asked for when the first check wants it."""

    def __init__(self, name: str, ask: Callable[[], Awaitable[T]]) -> None:
        self.name = name
        self._ask = ask
        self._task: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """The answer, or the error that asking ended with."""
        if self._task is None:
            self._task = asyncio.ensure_future(self._ask())
        # One check that runs out of time must not take the answer from the others.
        return await asyncio.shield(self._task)

    async def needed(self) -> T:
        """The answer, for a check whose business is another; `Unavailable` when there is none."""
        try:
            return await self.get()
        except Exception as reason:
            raise Unavailable(self.name) from reason

    async def close(self) -> None:
        """Stop asking."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._task


@dataclass
class Installation:
    """One installation under examination. `pbx` is the Asterisk that its settings describe, if they can be told."""

    settings: Settings
    pbx: PbxSettings | None
    ami: AmiSettings
    trouble: Exception | None = None
    asterisk_etc: Path | None = None
    online: bool = False
    clock: Clock = utc_now
    database: Once[DatabaseFacts] = field(init=False)
    asterisk: Once[AsteriskFacts] = field(init=False)

    def __post_init__(self) -> None:
        numbers = [number.number for number in self.pbx.numbers] if self.pbx else []
        self.database = Once("database", lambda: ask_database(self.settings.database_url, self.clock))
        self.asterisk = Once("asterisk", lambda: ask_asterisk(self.ami, numbers, self.clock))

    async def close(self) -> None:
        """Leave no question open."""
        await self.database.close()
        await self.asterisk.close()


async def apart(work: Callable[[], T]) -> T:
    """The result of `work`, done in a thread that the program's end does not wait for: a dead disk never answers."""
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as reason:
            done.set_exception(reason)

    threading.Thread(target=run, name="doctor", daemon=True).start()
    return await asyncio.wrap_future(done)
