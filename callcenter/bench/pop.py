"""`callcenter bench pop`: from the manager's bytes on the socket to the pop's frame in the right agent's browser."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from callcenter.bench.conversation import Conversation, read
from callcenter.bench.desks import value_of, watching
from callcenter.bench.figures import floor, spread
from callcenter.bench.manager import Manager
from callcenter.bench.stage import Form, Size, service

_ARRIVES_S = 0.1
_RINGS_S = 1.0
_TALKS_S = 0.3
_LIMIT_S = 10.0
_WARM_UP = 20
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
            caller = self._callers[value_of(text, "call_id")] = value_of(text, "raw_number")
            self.pops[extension, caller] += 1
            self.arrivals.setdefault((extension, caller), at)
        elif '"type":"pop_closed"' in text:
            self.closed.add((extension, self._callers[value_of(text, "call_id")]))
        if len(self.arrivals) >= len(self.wanted) and len(self.closed) >= len(self.losers):
            self.all_there.set()


async def measure(calls: int, size: Size, calls_per_s: float, form: Form, ring_all: int = 1) -> PopFigures:
    """Play the calls to a real service, then as many bare messages to the floor, on the same machine in one run.

    For each call `ring_all` phones ring at once, and each of their pops is measured.
    """
    plan = _plan(calls + _WARM_UP, size, ring_all)
    screens = _Screens(frozenset(_who(plan)), frozenset(who for call in plan for who in call.rung[1:]))
    manager = Manager(size.extensions)
    with tempfile.TemporaryDirectory(prefix="callcenter-bench-") as folder:
        async with (
            service(Path(folder), size, manager, form) as running,
            watching(running.urls, size.extensions, screens.saw),
        ):
            sent = await _play(plan, manager, calls_per_s)
            await _settled(screens)
    measured = _who(plan[_WARM_UP:])
    took = [screens.arrivals[who] - sent[who] for who in measured if who in screens.arrivals]
    beneath = await floor(calls, size.agents, len(read().ringing), min(_BEAT_S, 1 / calls_per_s), _WARM_UP)
    return PopFigures(
        **spread(took, ""),
        max_ms=round(max(took, default=0.0) * 1000, 2),
        **spread(beneath, "floor_"),
        calls=calls,
        missing=sum(who not in screens.arrivals for who in measured),
        doubled=sum(count - 1 for who, count in screens.pops.items() if who in screens.wanted),
        wrong=sum(who not in screens.wanted for who in screens.pops),
        unclosed=len((screens.losers & screens.arrivals.keys()) - screens.closed),
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
    await asyncio.sleep(_RINGS_S)
    manager.say(told.talking)
    await asyncio.sleep(_TALKS_S)
    manager.say(told.ending)


async def _settled(screens: _Screens) -> None:
    """Wait for late pops, but not for ever: a missing one is a result."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LIMIT_S):
            await screens.all_there.wait()
