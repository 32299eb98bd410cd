"""`callcenter bench pop`: from the manager's bytes on the socket to the pop's frame in the right agent's browser."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from callcenter.bench.conversation import Conversation, read
from callcenter.bench.manager import Manager
from callcenter.bench.stage import Form, Size, service, token
from callcenter.web.server import COOKIE

_ARRIVES_S = 0.1
_TALKS_S = 0.3
_LIMIT_S = 10.0
_WARM_UP = 20
_FRAME = 1500
# The floor needs no time to play a call.
_BEAT_S = 0.05


@dataclass(frozen=True)
class PopFigures:
    """What was measured. Times in milliseconds; `wrong`: pops on another agent's screen; `unclosed`: pops of those who
    did not answer that stayed."""

    p50_ms: float
    p99_ms: float
    max_ms: float
    floor_p50_ms: float
    floor_p99_ms: float
    calls: int
    missing: int
    doubled: int
    wrong: int
    unclosed: int
    customers: int
    sockets: int
    ring_all: int
    calls_per_s: float
    form: Form


@dataclass
class _Screens:
    """The agents' sockets: when which caller's pop came to whom. `all_there`: every one of `wanted` has come, and
    those of the `losers` have gone."""

    wanted: frozenset[tuple[str, str]]
    losers: frozenset[tuple[str, str]]
    all_there: asyncio.Event = field(default_factory=asyncio.Event)
    arrivals: dict[tuple[str, str], float] = field(default_factory=dict)
    pops: Counter[tuple[str, str]] = field(default_factory=Counter)
    closed: set[tuple[str, str]] = field(default_factory=set)
    _callers: dict[str, str] = field(default_factory=dict)

    def saw(self, extension: str, text: str, at: float) -> None:
        """A frame came."""
        if '"type":"pop_opened"' in text:
            caller = self._callers[_value(text, "call_id")] = _value(text, "raw_number")
            self.pops[extension, caller] += 1
            self.arrivals.setdefault((extension, caller), at)
        elif '"type":"pop_closed"' in text:
            self.closed.add((extension, self._callers[_value(text, "call_id")]))
        if len(self.arrivals) >= len(self.wanted) and len(self.closed) >= len(self.losers):
            self.all_there.set()


def _value(text: str, name: str) -> str:
    return text.split(f'"{name}":"', 1)[1].split('"', 1)[0]


async def measure(calls: int, size: Size, calls_per_s: float, form: Form, ring_all: int = 1) -> PopFigures:
    """Play the calls to a real service, then as many bare messages to the floor, on the same machine in one run.

    For each call `ring_all` phones ring at once, and each of their pops is measured.
    """
    plan = _plan(calls + _WARM_UP, size, ring_all)
    screens = _Screens(frozenset(_who(plan)), frozenset(who for call in plan for who in call.rung[1:]))
    manager = Manager(size.extensions)
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        async with service(Path(folder), size, manager, form) as urls, _watching(urls, size, screens):
            sent = await _play(plan, manager, calls_per_s)
            await _settled(screens)
    measured = _who(plan[_WARM_UP:])
    took = [screens.arrivals[who] - sent[who] for who in measured if who in screens.arrivals]
    floor = await _floor(calls, size.agents, len(read().ringing), min(_BEAT_S, 1 / calls_per_s))
    return PopFigures(
        **_spread(took, ""),
        max_ms=round(max(took, default=0.0) * 1000, 2),
        **_spread(floor, "floor_"),
        calls=calls,
        missing=sum(who not in screens.arrivals for who in measured),
        doubled=sum(count - 1 for who, count in screens.pops.items() if who in screens.wanted),
        wrong=sum(who not in screens.wanted for who in screens.pops),
        unclosed=len(screens.losers - screens.closed),
        customers=size.customers,
        sockets=size.agents,
        ring_all=ring_all,
        calls_per_s=calls_per_s,
        form=form,
    )


def figures_as_dict(figures: PopFigures) -> dict[str, Any]:
    """For JSON."""
    return asdict(figures)


@dataclass(frozen=True)
class _Planned:
    """A call to be played."""

    caller: str
    extensions: tuple[str, ...]

    @property
    def rung(self) -> list[tuple[str, str]]:
        """Whose screens it must come to; the first one's agent answers."""
        return [(extension, self.caller) for extension in self.extensions]


def _who(plan: Sequence[_Planned]) -> list[tuple[str, str]]:
    return [who for call in plan for who in call.rung]


def _plan(calls: int, size: Size, ring_all: int) -> list[_Planned]:
    """Who is rung, and by whom: agents in turn, callers by chance, none of them twice."""
    chance = random.Random(2026)
    callers: dict[str, None] = {}
    while len(callers) < calls:
        callers[size.caller(chance)] = None
    agents = itertools.cycle(size.extensions)
    return [_Planned(caller, tuple(itertools.islice(agents, ring_all))) for caller in callers]


async def _play(plan: Sequence[_Planned], manager: Manager, calls_per_s: float) -> dict[tuple[str, str], float]:
    """Begin the calls in an even beat, whatever became of those before; when each of them rang."""
    captured, sent = read(), dict[tuple[str, str], float]()
    began = time.monotonic()
    async with asyncio.TaskGroup() as playing:
        for place, call in enumerate(plan):
            await asyncio.sleep(max(0.0, began + place / calls_per_s - time.monotonic()))
            playing.create_task(_call(captured, place, call, manager, sent))
    return sent


async def _call(
    captured: Conversation, place: int, call: _Planned, manager: Manager, sent: dict[tuple[str, str], float]
) -> None:
    told = captured.rung_at(place, call.caller, call.extensions, time.time() + _ARRIVES_S)
    manager.say(told.arriving)
    await asyncio.sleep(_ARRIVES_S)
    sent.update(dict.fromkeys(call.rung, time.perf_counter()))
    manager.say(told.ringing)
    await asyncio.sleep(_TALKS_S)
    manager.say(told.talking)
    await asyncio.sleep(_TALKS_S)
    manager.say(told.ending)


async def _settled(screens: _Screens) -> None:
    """Wait for late pops, but not for ever: a missing one is a result."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LIMIT_S):
            await screens.all_there.wait()


@contextlib.asynccontextmanager
async def _watching(urls: Sequence[str], size: Size, screens: _Screens) -> AsyncIterator[None]:
    """Every agent's browser, connected to one of the web processes."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as client, contextlib.AsyncExitStack() as open_sockets:
        tasks = []
        for address, extension in zip(itertools.cycle(urls), size.extensions, strict=False):
            cookie = {"Cookie": f"{COOKIE}={token(extension)}"}
            socket = await open_sockets.enter_async_context(client.ws_connect(f"{address}/api/v1/desk", headers=cookie))
            tasks.append(asyncio.create_task(_watch(socket, extension, screens.saw)))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _watch(
    socket: aiohttp.ClientWebSocketResponse, extension: str, saw: Callable[[str, str, float], None]
) -> None:
    async for message in socket:
        saw(extension, message.data, time.perf_counter())


async def _floor(calls: int, sockets: int, size: int, every_s: float) -> list[float]:
    """The same number of messages of the same size, through nothing but TCP and aiohttp."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callcenter.bench.floor", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        tcp, http = map(int, (await process.stdout.readline()).split())
        return await _through_floor(tcp, http, calls, sockets, size, every_s)
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
        for place in range(calls + _WARM_UP):
            line = f"{place % sockets} {_FRAME} ".encode()
            message = line + b"x" * (size - len(line) - 4) + b"\r\n\r\n"
            sent = time.perf_counter()
            writer.write(message)
            await clients[place % sockets].receive()
            took.append(time.perf_counter() - sent)
            await asyncio.sleep(max(0.0, every_s - took[-1]))
        writer.close()
    return took[_WARM_UP:]


def _spread(seconds: Sequence[float], prefix: str) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds."""
    if len(seconds) < 2:
        return {f"{prefix}p50_ms": 0.0, f"{prefix}p99_ms": 0.0}
    hundredths = statistics.quantiles(seconds, n=100)
    return {f"{prefix}p50_ms": round(hundredths[49] * 1000, 2), f"{prefix}p99_ms": round(hundredths[98] * 1000, 2)}
