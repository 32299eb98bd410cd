"""One storm from the beginning to the figures."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.bench.desks import watching
from callcenter.bench.figures import floor, spread
from callcenter.bench.stage import Size, service
from callcenter.bench.storm.channel import SYSTEM
from callcenter.bench.storm.comparing import Comparison, compare, kept, still_open
from callcenter.bench.storm.exchange import Exchange
from callcenter.bench.storm.planning import Script, Storm, queue_name, write
from callcenter.bench.storm.playing import Player
from callcenter.bench.storm.scenes import tell
from callcenter.bench.storm.screens import Judgement, Screens, judge
from callcenter.bench.storm.tape import Happening
from callcenter.db import Database

_WRAPUP_S = 2
_FLOOR_MESSAGES, _MESSAGE, _FLOOR_BEAT_S, _FLOOR_WARM_UP = 500, 600, 0.01, 20
# The quiet after the storm: until the ledger has no open call and is right, but not for ever.
_SETTLES_S = 40.0
# Seconds that it takes to tell a call.
_TELLING_S = 0.03


@dataclass(frozen=True)
class _Ended:
    """What a run left."""

    began: float
    player: Player
    screens: Screens
    comparison: Comparison


async def measure(storm: Storm, customers: int) -> dict[str, Any]:
    """Blow, then compare. Times in milliseconds."""
    size = Size(customers, storm.agents, tuple(queue_name(place) for place in range(storm.queues)), _WRAPUP_S)
    script = write(storm, size.extensions, _callers(size, storm.seed))
    ended = await _blow(script, size)
    hearing = ended.player.exchange.hearing
    judged = judge(script.calls, ended.screens, ended.player.sent, hearing, ended.player.exchange.zero)
    beneath = await floor(_FLOOR_MESSAGES, storm.agents, _MESSAGE, _FLOOR_BEAT_S, _FLOOR_WARM_UP)
    return {
        "calls": len(script.calls),
        **_ledger_figures(ended.comparison),
        **_pop_figures(judged, ended.screens),
        **spread(beneath, "floor_"),
        **_said(storm, ended.player),
        "reconnects": ended.player.cuts,
        "kills": ended.player.kills,
        "agents": storm.agents,
        "ring_all": storm.ring_all,
        "customers": customers,
        "amiss": [*ended.comparison.unequal, *judged.amiss],
    }


async def _blow(script: Script, size: Size) -> _Ended:
    screens = Screens()
    with tempfile.TemporaryDirectory(prefix="callcenter-storm-") as folder:
        logs = Path(folder) / "logs"
        exchange = Exchange(size.extensions)
        player = Player(exchange, logs)
        extra = {"CALLCENTER_AMI__NAME": SYSTEM, "CALLCENTER_AMI__LOGS_DIR": str(logs)}
        async with service(Path(folder), size, exchange, "scaled", more_ami=1, extra=extra) as running:
            db = Database(running.database)
            try:
                async with watching(running.urls, size.extensions, screens.saw):
                    began, zero, told = _told(script)
                    await player.play(script, told, running.of("ami"), zero)
                    comparison = await _settled(db, script, began)
            finally:
                await db.close()
    return _Ended(began, player, screens, comparison)


def _told(script: Script) -> tuple[float, float, list[Happening]]:
    """When the run begins, in seconds since 1970 and by `time.perf_counter`, and all that will happen."""
    ahead = 1.0 + _TELLING_S * len(script.calls)
    began, zero = time.time() + ahead, time.perf_counter() + ahead
    told = [each for call in script.calls for each in tell(call, began)]
    return began, zero, sorted(told, key=lambda each: each.at)


async def _settled(db: Database, script: Script, began: float) -> Comparison:
    end = time.monotonic() + _SETTLES_S
    while True:
        comparison = compare(script.calls, await kept(db, SYSTEM), began)
        if time.monotonic() > end or (comparison.equal and not await still_open(db, SYSTEM)):
            return comparison
        await asyncio.sleep(1.0)


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
    steady = sum(count for tenth, count in player.said.items() if storm.warm_up_s <= tenth / 10 < storm.steady_until)
    return {
        "events": player.said.total(),
        "steady_events_per_s": round(steady / storm.steady_s, 1),
        "peak_events_per_s": max(sum(player.said[tenth + each] for each in range(10)) for tenth in list(player.said)),
    }
