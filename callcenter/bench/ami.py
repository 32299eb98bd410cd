"""How fast manager messages are read: a recorded stream over loopback, through our client and two others in turn.

Sender and client are processes of their own. Each client delivers to a listener that does nothing but count.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
from collections.abc import AsyncIterator
from typing import Any

from callcenter.bench.stream import STREAM, read

# The others are slow, and their speed does not depend on how long they run.
_OTHERS_EVENTS = 400_000
_OTHERS = ("asterisk_ami", "panoramisk")
_OURS = ("lazy", "parse", "tracked")
_ROUNDS = 3


async def measure(events: int, rounds: int = _ROUNDS) -> dict[str, Any]:
    """Events a second by client (the median of some rounds, in which the clients take turns), what was lost, growth.

    `lost` counts our own client's; what the others did not deliver is `<name>_lost`. `tracked` is parsing, the call
    tracker and dispatch of its events.
    """
    read()  # or a Problem
    few = min(events, _OTHERS_EVENTS)
    heard: dict[str, list[dict[str, Any]]] = {}
    async with _sender(events) as port, _sender(few) as slow_port:
        for _ in range(rounds):
            for kind in ("raw", *_OURS, *_OTHERS):
                heard.setdefault(kind, []).append(await _heard(kind, slow_port if kind in _OTHERS else port))
    return _figures(heard, events, few)


def _figures(heard: dict[str, list[dict[str, Any]]], events: int, few: int) -> dict[str, Any]:
    def rate(kind: str, sent: int) -> int:
        return round(statistics.median(sent / float(each["seconds"]) for each in heard[kind]))

    def lost(kind: str, sent: int) -> int:
        return max(sent + 1 - int(each["events"]) for each in heard[kind])  # FullyBooted is one more

    rates = {
        "parse_events_per_s": rate("parse", events),
        "lazy_events_per_s": rate("lazy", events),
        "tracked_events_per_s": rate("tracked", events),
        "asterisk_ami_events_per_s": rate("asterisk_ami", few),
        "panoramisk_events_per_s": rate("panoramisk", few),
        "raw_socket_events_per_s": rate("raw", events),
    }
    return {
        **rates,
        "parse_times_asterisk_ami": _times(rates, "parse", "asterisk_ami"),
        "parse_times_panoramisk": _times(rates, "parse", "panoramisk"),
        "lazy_times_asterisk_ami": _times(rates, "lazy", "asterisk_ami"),
        "tracked_times_asterisk_ami": _times(rates, "tracked", "asterisk_ami"),
        "events": events,
        "calls_tracked": heard["tracked"][0]["calls"],
        "lost": sum(lost(kind, events) for kind in _OURS),
        **{f"{kind}_lost": lost(kind, few) for kind in _OTHERS},
        "rss_growth_mb": round(max(each["grown_mb"] for kind in _OURS for each in heard[kind]), 1),
    }


def _times(rates: dict[str, int], ours: str, other: str) -> float:
    return round(rates[f"{ours}_events_per_s"] / rates[f"{other}_events_per_s"], 2)


@contextlib.asynccontextmanager
async def _sender(events: int) -> AsyncIterator[str]:
    """Its port."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callcenter.bench.sender", str(events), str(STREAM), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def _heard(kind: str, port: str) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callcenter.bench.hearer", kind, port, stdout=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    # What the client logs goes before it.
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result
