"""Spreads of times, and the floor under them."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import Sequence

import aiohttp

_FRAME = 1500


def spread(seconds: Sequence[float], prefix: str) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds."""
    if len(seconds) < 2:
        return {f"{prefix}p50_ms": 0.0, f"{prefix}p99_ms": 0.0}
    # Of few samples the default would tell a percentile above the longest of them.
    hundredths = statistics.quantiles(seconds, n=100, method="inclusive")
    return {f"{prefix}p50_ms": round(hundredths[49] * 1000, 2), f"{prefix}p99_ms": round(hundredths[98] * 1000, 2)}


async def floor(calls: int, sockets: int, size: int, every_s: float, warm_up: int) -> list[float]:
    """The same number of messages of the same size, through nothing but TCP and aiohttp; the first `warm_up` are not
    counted."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callcenter.bench.floor", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        tcp, http = map(int, (await process.stdout.readline()).split())
        return (await _through_floor(tcp, http, calls + warm_up, sockets, size, every_s))[warm_up:]
    finally:
        process.terminate()
        await process.wait()


async def _through_floor(tcp: int, http: int, calls: int, sockets: int, size: int, every_s: float) -> list[float]:
    _reader, writer = await asyncio.open_connection("127.0.0.1", tcp)
    took: list[float] = []
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client, contextlib.AsyncExitStack() as open_sockets:
        clients = [
            await open_sockets.enter_async_context(client.ws_connect(f"http://127.0.0.1:{http}/{number}"))
            for number in range(sockets)
        ]
        for place in range(calls):
            line = f"{place % sockets} {_FRAME} ".encode()
            message = line + b"x" * (size - len(line) - 4) + b"\r\n\r\n"
            sent = time.perf_counter()
            writer.write(message)
            await clients[place % sockets].receive()
            took.append(time.perf_counter() - sent)
            await asyncio.sleep(max(0.0, every_s - took[-1]))
        writer.close()
    return took
