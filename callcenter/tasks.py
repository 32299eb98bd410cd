"""Long tasks: each has a name, an owner and an end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

# Long enough for what a task does at its end.
_HEED_S = 2.0


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks and wait until they are gone; what they raise is let go.

    Cancelled again when they go on: before Python 3.12 `wait_for` may swallow a cancellation.
    """
    left = list(tasks)
    while left:
        for task in left:
            task.cancel()
        await asyncio.wait(left, timeout=_HEED_S)
        left = [task for task in left if not task.done()]
    await asyncio.gather(*tasks, return_exceptions=True)


async def woken(event: asyncio.Event, within_s: float | None) -> None:
    """Until it is set, but no longer than so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()


class Tasks:
    """Tasks that run as long as their owner. One that ends by itself has failed."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._children: list[Tasks] = []

    def child(self) -> Tasks:
        """Tasks that can be stopped by themselves; `wait` watches them as well."""
        child = Tasks()
        self._children.append(child)
        return child

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` until `stop`."""
        self._tasks.append(asyncio.create_task(work, name=name))
        return self._tasks[-1]

    async def wait(self) -> None:
        """Until one of them ends; its error is raised."""
        done, _ = await asyncio.wait(self._all(), return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        raise RuntimeError(f"{min(task.get_name() for task in done)} ended by itself")

    async def stop(self) -> None:
        """Cancel all, the last started first, and wait until they are gone."""
        for child in self._children:
            await child.stop()
        await end(*reversed(self._tasks))
        self._tasks.clear()

    def _all(self) -> list[asyncio.Task[None]]:
        return [*self._tasks, *(task for child in self._children for task in child._all())]
