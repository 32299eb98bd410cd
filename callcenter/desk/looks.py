"""Look-ups under way, each shared by all who wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

Work = Callable[[], Awaitable[None]]


@dataclass
class Looks:
    """One look-up for each name at a time."""

    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[str] = field(default_factory=set)

    def start(self, name: str, work: Work, *, again: bool = False) -> asyncio.Task[None]:
        """Have `work` done, which must not raise, or wait for the one under way. `again`: that one may have read what
        is old by now, and is done once more."""
        if name not in self._running:
            self._running[name] = asyncio.create_task(self._do(name, work), name=name)
        elif again:
            self._again.add(name)
        return self._running[name]

    def running(self, name: str) -> bool:
        """Whether somebody looks."""
        return name in self._running

    async def run(self) -> None:
        """Own the look-ups until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            tasks = list(self._running.values())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, name: str, work: Work) -> None:
        try:
            await work()
            while name in self._again:
                self._again.discard(name)
                await work()
        finally:
            self._running.pop(name, None)
            self._again.discard(name)
