"""The agents' browsers: a desk's socket each, at one of the web processes, and what comes on it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Sequence

import aiohttp

from callcenter.bench.stage import token
from callcenter.web.server import COOKIE

# The agent's extension, the frame, when it came by `time.perf_counter`.
Saw = Callable[[str, str, float], None]


@contextlib.asynccontextmanager
async def watching(urls: Sequence[str], extensions: Sequence[str], saw: Saw) -> AsyncIterator[None]:
    """Every agent's browser, connected to one of the web processes."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client, contextlib.AsyncExitStack() as open_sockets:
        tasks = []
        for address, extension in zip(itertools.cycle(urls), extensions, strict=False):
            cookie = {"Cookie": f"{COOKIE}={token(extension)}"}
            socket = await open_sockets.enter_async_context(client.ws_connect(f"{address}/api/v1/desk", headers=cookie))
            tasks.append(asyncio.create_task(_watch(socket, extension, saw)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def value_of(text: str, name: str) -> str:
    """A field of a frame, without reading the rest of it."""
    return text.split(f'"{name}":"', 1)[1].split('"', 1)[0]


async def _watch(socket: aiohttp.ClientWebSocketResponse, extension: str, saw: Saw) -> None:
    async for message in socket:
        saw(extension, message.data, time.perf_counter())
