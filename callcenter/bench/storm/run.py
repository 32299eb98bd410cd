"""One storm from the beginning to the figures."""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from callcenter.bench.desks import watching
from callcenter.bench.figures import floor, spread
from callcenter.bench.stage import QUEUE, Service, Size, service
from callcenter.bench.storm import real
from callcenter.bench.storm.channel import SYSTEM
from callcenter.bench.storm.comparing import Comparison, compare, gaps, kept
from callcenter.bench.storm.exchange import Exchange
from callcenter.bench.storm.planning import Script, queue_name, write
from callcenter.bench.storm.playing import Player
from callcenter.bench.storm.real import Beside
from callcenter.bench.storm.scenes import tell
from callcenter.bench.storm.screens import Judgement, Screens, Server, judge
from callcenter.bench.storm.size import Storm
from callcenter.bench.storm.tape import Happening
from callcenter.db import Database

_WRAPUP_S = 2
_FLOOR_MESSAGES, _MESSAGE, _FLOOR_BEAT_S, _FLOOR_WARM_UP = 500, 600, 0.01, 20
# The quiet after the storm: until ledger and screens are right, but not for ever.
_SETTLES_S = 30.0
# Seconds that it takes to tell a call.
_TELLING_S = 0.03


@dataclass
class _Run:
    """What a run is made of, and what it leaves."""

    script: Script
    size: Size
    player: Player
    screens: Screens
    beside: Beside | None
    began: float = 0.0
    gaps: Counter[str] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        """All calls, played and real."""
        return len(self.script.calls) + (len(self.beside.calls) if self.beside else 0)


async def measure(storm: Storm, customers: int, *, with_real: bool = True) -> dict[str, Any]:
    """Blow, then compare. Times in milliseconds. `with_real`: real calls on a real Asterisk as well."""
    with tempfile.TemporaryDirectory(prefix="callcenter-storm-") as folder:
        run = _prepared(storm, customers, Path(folder), with_real=with_real)
        comparison = await _blow(run, Path(folder))
    judged = _judged(run)
    beneath = await floor(_FLOOR_MESSAGES, storm.agents, _MESSAGE, _FLOOR_BEAT_S, _FLOOR_WARM_UP)
    return {
        "calls": run.calls,
        "real_calls": run.calls - len(run.script.calls),
        **_ledger_figures(comparison),
        **_pop_figures(judged, run.screens),
        **spread(beneath, "floor_"),
        **_said(storm, run.player),
        "gaps": run.gaps.total(),
        "gaps_closed_by_files": run.gaps["files"],
        "agents": storm.agents,
        "ring_all": storm.ring_all,
        "customers": customers,
        "amiss": [*comparison.unequal, *judged.amiss],
    }


def _prepared(storm: Storm, customers: int, folder: Path, *, with_real: bool) -> _Run:
    queues = {queue_name(place): storm.ring_all for place in range(storm.queues)}
    real_phones = real.PHONES if with_real else 0
    size = Size(customers, storm.agents + real_phones, {**queues, QUEUE: real_phones}, _WRAPUP_S)
    played, others = size.extensions[: storm.agents], size.extensions[storm.agents :]
    script = write(storm, played, _callers(size, storm.seed))
    player = Player(Exchange(played), folder / "logs")
    beside = Beside(folder / "real", others, list(queues)) if with_real else None
    return _Run(script, size, player, Screens(), beside)


async def _blow(run: _Run, folder: Path) -> Comparison:
    async with _beside(run) as more:
        extra = {"CALLCENTER_AMI__NAME": SYSTEM, "CALLCENTER_AMI__LOGS_DIR": str(run.player.logs), **more}
        exchange = run.player.exchange
        async with (
            service(folder, run.size, exchange, "scaled", more_ami=1, extra=extra) as running,
            watching(running.urls, run.size.extensions, run.screens.saw),
        ):
            await _act(run, running)
            return await _settled(run, running.database)


@contextlib.asynccontextmanager
async def _beside(run: _Run) -> AsyncIterator[Mapping[str, str]]:
    if run.beside is None:
        yield {}
        return
    async with run.beside.open() as settings:
        yield settings


async def _act(run: _Run, running: Service) -> None:
    """The played and the real calls, side by side."""
    if run.beside:
        await run.beside.staffed()
    run.began, zero, told = _told(run.script)
    async with asyncio.TaskGroup() as acting:
        acting.create_task(run.player.play(run.script, told, running.of("ami"), zero))
        if run.beside:
            acting.create_task(run.beside.act(run.player.exchange.clock, run.script.ends))


def _told(script: Script) -> tuple[float, float, list[Happening]]:
    """When the run begins, in seconds since 1970 and by `time.perf_counter`, and all that will happen."""
    ahead = 1.0 + _TELLING_S * len(script.calls)
    began, zero = time.time() + ahead, time.perf_counter() + ahead
    told = [each for call in script.calls for each in tell(call, began)]
    return began, zero, sorted(told, key=lambda each: each.at)


async def _settled(run: _Run, database: str) -> Comparison:
    db, end = Database(database), time.monotonic() + _SETTLES_S
    try:
        while True:
            comparison = await _compared(run, db)
            if (comparison.equal and not run.screens.left()) or time.monotonic() > end:
                return comparison
            await asyncio.sleep(1.0)
    finally:
        run.gaps = await gaps(db)
        await db.close()


async def _compared(run: _Run, db: Database) -> Comparison:
    played = compare(run.script.calls, await kept(db, SYSTEM), run.began)
    if run.beside is None:
        return played
    return played + compare(run.beside.calls, await kept(db, real.NAME), run.began)


def _judged(run: _Run) -> Judgement:
    player, hearing = run.player, run.player.exchange.hearing
    servers = [Server(run.script.calls, player.sent, hearing)]
    if run.beside:
        servers.append(Server(run.beside.calls, run.beside.sent, run.beside.hearing(hearing, player.killed)))
    return judge(servers, run.screens, player.exchange.zero)


def _callers(size: Size, seed: int) -> Iterator[str]:
    chance, seen = random.Random(seed), set[str]()
    while True:
        number = size.caller(chance)
        if number not in seen:
            seen.add(number)
            yield number


def _ledger_figures(comparison: Comparison) -> dict[str, Any]:
    return {
        "ledger_equal": comparison.equal,
        "missing": comparison.missing,
        "doubled": comparison.doubled,
        "wrong": comparison.wrong,
    }


def _pop_figures(judged: Judgement, screens: Screens) -> dict[str, Any]:
    return {
        "pops": judged.pops,
        "pops_missing": judged.missing,
        "pops_doubled": judged.doubled,
        "pops_wrong": judged.wrong,
        "pops_left": screens.left(),
        **spread(judged.took["steady"], "pop_"),
        "pop_measured": len(judged.took["steady"]),
        **spread(judged.took["burst"], "burst_pop_"),
        **spread(judged.took["storm"], "storm_pop_"),
        **spread(judged.found, "after_gap_pop_"),
    }


def _said(storm: Storm, player: Player) -> dict[str, Any]:
    """`peak`: kept up for half a second."""
    said = player.said
    steady = sum(count for tenth, count in said.items() if storm.warm_up_s <= tenth / 10 < storm.steady_until)
    return {
        "events": said.total(),
        "steady_events_per_s": round(steady / storm.steady_s, 1),
        "peak_events_per_s": 2 * max(sum(said[tenth + each] for each in range(5)) for tenth in list(said)),
        "reconnects": player.cuts,
        "kills": len(player.killed),
    }
