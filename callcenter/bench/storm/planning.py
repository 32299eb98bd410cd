"""Writes the script: the same for the same seed. No phone has two calls at once, as with `ringinuse=no`."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from callcenter.bench.storm.script import KINDS, Call, HandOver, Kind, Phase, Wave, weight
from callcenter.bench.storm.size import CALM_S, Storm

# As on a real Asterisk: it takes that long to make a phone's channel. In a burst all queues do it at once.
_GAP_S = 0.0012
# After a call a phone is left alone for so long: Asterisk's own `wrapuptime`, and a little for the pause to arrive.
_REST_S = 2.5
# A link that is late in coming back holds up to so long before it breaks again.
_HOLDS_S = 0.5
_MOMENT_S = 0.001
# The longest that an agent asks another one.
_ASKS_S = 5.5
# One who picks up and one who does not.
_FEWEST = 2
_BURST: tuple[Kind, ...] = ("answered", "abandoned", "blind", "rung_again")
# Messages until a phone rings, so close that no phone that is busy makes it fewer in a second than wanted.
_PER_PHONE = 8 / 1.25


@dataclass(frozen=True)
class Cut:
    """The link breaks, at the earliest `holds_s` after it was made, and for `refuses_s` Asterisk takes no new one."""

    at: float
    holds_s: float
    refuses_s: float


@dataclass(frozen=True)
class Script:
    """Everything that will happen. `kills`: when the process that hears Asterisk is killed."""

    calls: tuple[Call, ...]
    cuts: tuple[Cut, ...]
    kills: tuple[float, ...]
    ends: float


def queue_name(place: int) -> str:
    """The name of a queue."""
    return f"queue{place}"


def write(storm: Storm, extensions: list[str], callers: Iterator[str]) -> Script:
    """The script for these phones; `callers` are the numbers that call, none twice."""
    writer = _Writer(storm, extensions, callers, random.Random(storm.seed))
    calls = sorted(writer.calls(), key=lambda call: call.begins)
    numbered = tuple(replace(call, number=number) for number, call in enumerate(calls))
    return Script(
        calls=numbered,
        cuts=tuple(_cuts(storm, random.Random(storm.seed + 1))),
        kills=tuple(storm.storm_from + storm.storm_s * (place + 0.5) / storm.kills for place in range(storm.kills)),
        ends=max(call.ends for call in numbered),
    )


def _cuts(storm: Storm, chance: random.Random) -> list[Cut]:
    """Spread over the storm; every fourth is one of a handful that follow each other at once."""
    alone, cuts = storm.cuts - storm.cuts // 4, list[Cut]()
    for place in range(alone):
        at = storm.storm_from + storm.storm_s * (place + chance.random()) / max(1, alone)
        cuts.append(Cut(at, chance.uniform(0.0, _HOLDS_S), chance.choice((0.0, 0.0, 0.0, 0.3, 1.5))))
    for place in range(storm.cuts - alone):
        handful, within = divmod(place, 5)
        at = storm.storm_from + storm.storm_s * (handful + 0.3) / max(1, (storm.cuts - alone + 4) // 5)
        cuts.append(Cut(at + within * 0.4, chance.uniform(0.0, _HOLDS_S), 0.0))
    return sorted(cuts, key=lambda cut: cut.at)


@dataclass
class _Writer:
    storm: Storm
    extensions: list[str]
    callers: Iterator[str]
    chance: random.Random
    _busy: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))
    _rung_until: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def calls(self) -> Iterator[Call]:
        """In the order in which they ring: an even beat, and the bursts in between."""
        storm, at = self.storm, 0.8
        places, kinds, burst_kinds = (
            itertools.cycle(range(storm.queues)),
            itertools.cycle(KINDS),
            itertools.cycle(_BURST),
        )
        bursts = [storm.steady_until + CALM_S * (place + 0.3) for place in range(storm.calm_bursts)]
        bursts += [storm.storm_from + storm.storm_s * (place + 0.5) / storm.bursts for place in range(storm.bursts)]
        while at < storm.calls_until:
            if bursts and bursts[0] <= at:
                yield from self._burst(bursts.pop(0), next(burst_kinds))
            phase: Phase = "warm_up" if at < storm.warm_up_s else "steady" if at < storm.steady_until else "storm"
            call = self._call(next(kinds), phase, next(places), at, _GAP_S)
            yield call
            at += weight(call) / storm.rate

    def _burst(self, at: float, kind: Kind) -> Iterator[Call]:
        gap = _PER_PHONE * self.storm.queues / self.storm.burst_rate
        for place in range(self.storm.queues):
            yield self._call(kind, "burst", place, at, gap)

    def _call(self, kind: Kind, phase: Phase, place: int, at: float, gap: float) -> Call:
        """A call whose caller comes through the menu in time to ring `at`, or as soon as his queue is free."""
        queue, chance = queue_name(place), self.chance
        members = self.extensions[place * self.storm.ring_all : (place + 1) * self.storm.ring_all]
        rings = max(at, self._rung_until[queue] + 0.5)
        call = Call(0, kind, phase, next(self.callers), queue, begins=rings - 0.8, ends=rings)
        if kind == "in_menu":
            return replace(call, ends=call.begins + 0.6)
        call = _ACTED[kind](self, replace(call, joins=rings - 0.01), members, rings, gap, chance)
        for wave in call.waves:
            self._rung_until[queue] = max(self._rung_until[queue], wave.ends)
        return call

    def wave(self, members: list[str], begins: float, lasts: float, gap: float) -> Wave:
        """All members who are free ring, in any order; the caller waits until there are some."""
        while True:
            ends = begins + len(members) * gap + lasts
            free = [phone for phone in members if self.free(phone, begins - _REST_S, ends)]
            if len(free) >= _FEWEST:
                break
            begins += 0.5
        self.chance.shuffle(free)
        for phone in free:
            self._busy[phone].append((begins, ends))
        return Wave(tuple(free), begins, ends, gap)

    def free(self, phone: str, begins: float, ends: float) -> bool:
        """Whether a phone has nothing else meanwhile."""
        return all(ends < since or begins > until for since, until in self._busy[phone])

    def busy(self, phone: str, begins: float, ends: float) -> None:
        """A phone has a call."""
        self._busy[phone].append((begins, ends + _REST_S))

    def anybody(self, begins: float, ends: float) -> str | None:
        """Some phone that is free, now taken."""
        free = [phone for phone in self.extensions if self.free(phone, begins - _REST_S, ends + 2 * _REST_S)]
        if not free:
            return None
        phone = self.chance.choice(free)
        self.busy(phone, begins, ends)
        return phone


_Act = Callable[[_Writer, Call, list[str], float, float, random.Random], Call]


def _won(
    writer: _Writer,
    call: Call,
    members: list[str],
    rings: float,
    gap: float,
    chance: random.Random,
    lasts: float = 0.0,
    longer: float = 0.0,
) -> Call:
    """One of those who ring picks up, and talks for a while; `longer`: he may have to. Where all are wanted elsewhere
    before that, nobody picks up."""
    wave = writer.wave(members, rings, lasts or chance.uniform(0.8, 3.5), gap)
    ends = wave.ends + chance.uniform(1.5, 5.0)
    able = [phone for phone in wave.phones if writer.free(phone, wave.ends + _MOMENT_S, ends + longer + _REST_S)]
    if not able:
        return replace(call, kind="abandoned", waves=(*call.waves, wave), ends=wave.ends)
    winner = chance.choice(able)
    writer.busy(winner, wave.ends, ends)
    return replace(call, waves=(*call.waves, wave), winner=winner, answers=wave.ends, ends=ends)


def _abandoned(
    writer: _Writer, call: Call, members: list[str], rings: float, gap: float, chance: random.Random
) -> Call:
    wave = writer.wave(members, rings, chance.uniform(1.0, 3.0), gap)
    return replace(call, waves=(*call.waves, wave), ends=wave.ends)


def _rung_again(
    writer: _Writer, call: Call, members: list[str], rings: float, gap: float, chance: random.Random
) -> Call:
    """Nobody picks up within the queue's time; a second later it rings again, and somebody does."""
    wave = writer.wave(members, rings, 3.0, gap)
    return _won(writer, replace(call, waves=(wave,)), members, wave.ends + 1.0, gap, chance)


def _given_up(writer: _Writer, call: Call, members: list[str], rings: float, gap: float, chance: random.Random) -> Call:
    wave = writer.wave(members, rings, 3.0, gap)
    return _abandoned(writer, replace(call, waves=(wave,)), members, wave.ends + 1.0, gap, chance)


def _refused(writer: _Writer, call: Call, members: list[str], rings: float, gap: float, chance: random.Random) -> Call:
    """One agent refuses before another one picks up."""
    call = _won(writer, call, members, rings, gap, chance, lasts=2.5)
    if call.winner is None:
        return call
    wave = call.waves[-1]
    refuser = next(phone for phone in wave.phones if phone != call.winner)
    return replace(call, refuser=(refuser, wave.ends - 1.5))


def _blind(writer: _Writer, call: Call, members: list[str], rings: float, gap: float, chance: random.Random) -> Call:
    call = _won(writer, call, members, rings, gap, chance)
    if call.winner is None:
        return call
    dials = call.ends
    answers, ends = dials + chance.uniform(1.0, 3.0), dials + chance.uniform(4.5, 7.0)
    target = writer.anybody(dials, ends)
    if target is None:
        return replace(call, kind="answered")
    return replace(call, over=HandOver(target, dials, answers, hands=answers), ends=ends)


def _blind_refused(
    writer: _Writer, call: Call, members: list[str], rings: float, gap: float, chance: random.Random
) -> Call:
    call = _won(writer, call, members, rings, gap, chance)
    if call.winner is None:
        return call
    dials, refuses = call.ends, call.ends + chance.uniform(1.0, 2.5)
    target = writer.anybody(dials, refuses)
    if target is None:
        return replace(call, kind="answered")
    return replace(call, over=HandOver(target, dials, None, None, refuses), ends=refuses + 0.005)


def _attended(writer: _Writer, call: Call, members: list[str], rings: float, gap: float, chance: random.Random) -> Call:
    """He asks the other one first, while the caller hears music."""
    call = _won(writer, call, members, rings, gap, chance, longer=_ASKS_S)
    if call.winner is None:
        return call
    dials = call.ends
    answers, hands = dials + chance.uniform(1.0, 2.5), dials + chance.uniform(4.0, _ASKS_S)
    ends = hands + chance.uniform(2.0, 4.0)
    target = writer.anybody(dials, ends)
    if target is None:
        return replace(call, kind="answered")
    writer.busy(call.winner, dials, hands)
    return replace(call, over=HandOver(target, dials, answers, hands), ends=ends)


_ACTED: dict[Kind, _Act] = {
    "answered": _won,
    "agent_ends": _won,
    "abandoned": _abandoned,
    "rung_again": _rung_again,
    "given_up": _given_up,
    "refused": _refused,
    "blind": _blind,
    "blind_refused": _blind_refused,
    "attended": _attended,
}
