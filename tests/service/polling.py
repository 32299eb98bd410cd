"""Waiting for what comes by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(so: Callable[[], Awaitable[bool]], limit_s: float = 10.0) -> None:
    """Until it is so; TimeoutError when it does not come to be."""
    async with asyncio.timeout(limit_s):
        while True:
            if await so():
                return
            await asyncio.sleep(0.005)
