"""What came on the agents' screens, and what should have come: each pop once, at the phone that rings, in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from callcenter.bench.desks import value_of
from callcenter.bench.storm.exchange import Hearing
from callcenter.bench.storm.script import Call, Phase, Ring, rings, truth
from callcenter.bench.storm.tape import RingKey

# A pop may come so long after its phone has stopped to ring: it was under way.
_LATE_S = 0.9
# Who talked to the caller has something to write, and a pop for it, for a while.
_WRITES_S = 15.0
# A real phone says that it rings after Asterisk has said it.
_EARLY_S = 0.5
# Who hears a phone ring for so long, or is told so late that it rings, owes the pop.
_HEARD_S, _FOUND_S = 0.5, 2.5
# The link is quiet when it was not broken so shortly before and after.
_BEFORE_S, _AFTER_S = 4.0, 1.0
_MOST = 20


@dataclass
class Screens:
    """All agents' screens. `opened`: extension and caller → when."""

    opened: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    shown: dict[tuple[str, str], str] = field(default_factory=dict)
    frames: int = 0

    def saw(self, extension: str, text: str, at: float) -> None:
        """A frame came."""
        self.frames += 1
        kind = text[9:19]  # of `{"type":"pop_opened"`
        if kind == "pop_opened":
            self.opened[extension, value_of(text, "raw_number")].append(at)
            self.shown[extension, value_of(text, "call_id")] = value_of(text, "state")
        elif kind == "pop_change":
            self.shown[extension, value_of(text, "call_id")] = value_of(text, "state")
        elif kind == "pop_closed":
            self.shown.pop((extension, value_of(text, "call_id")), None)

    def left(self) -> int:
        """Pops that still say that it rings, or that somebody talks."""
        return sum(state != "ended" for state in self.shown.values())


@dataclass
class Judgement:
    """`took`: seconds from the ringing to the pop, by phase, where the link was quiet; `found`: seconds from the moment
    when the link was there again, for phones that rang already. `amiss`: some of what is wrong, in words."""

    pops: int = 0
    missing: int = 0
    doubled: int = 0
    wrong: int = 0
    took: dict[Phase, list[float]] = field(default_factory=lambda: defaultdict(list))
    found: list[float] = field(default_factory=list)
    amiss: list[str] = field(default_factory=list)

    def note(self, words: str) -> None:
        """Something is not as it should be."""
        if len(self.amiss) < _MOST:
            self.amiss.append(words)


@dataclass(frozen=True)
class Server:
    """The calls of one Asterisk: `sent`, when which phone rang; `hearing`, when somebody heard it; by
    `time.perf_counter`."""

    calls: Sequence[Call]
    sent: Mapping[RingKey, float]
    hearing: Hearing


def judge(servers: Sequence[Server], screens: Screens, zero: float) -> Judgement:
    """Each pop that came held against the script. `zero`: when the run began, by `time.perf_counter`."""
    found = Judgement()
    unexplained = {key: list(times) for key, times in screens.opened.items()}
    for server, call, ring in _rings(servers):
        at = server.sent[ring.number, ring.extension, ring.turn]
        times = unexplained.get((ring.extension, call.caller), [])
        until = at + _shown_until(call, ring) - ring.begins
        here = [time for time in times if at - (_EARLY_S if call.phase == "real" else 0.0) <= time <= until]
        unexplained[ring.extension, call.caller] = [time for time in times if time not in here]
        _judge_ring(found, call, ring, at, here, server.hearing)
    calls = [call for server in servers for call in server.calls]
    for (extension, caller), times in unexplained.items():
        found.wrong += len(times)
        for time in times:
            found.note(f"pop of {caller} at {extension}: {_why(calls, extension, caller, time - zero)}")
    return found


def _shown_until(call: Call, ring: Ring) -> float:
    """Until when a pop may open for a phone that rang."""
    talked = any(talk.extension == ring.extension for talk in truth(call).talks)
    last = ring.turn == max(each.turn for each in rings(call) if each.extension == ring.extension)
    return call.ends + _WRITES_S if talked and last else ring.ends + _LATE_S


def _rings(servers: Sequence[Server]) -> Iterator[tuple[Server, Call, Ring]]:
    for server in servers:
        for call in server.calls:
            for ring in rings(call):
                yield server, call, ring


def _why(calls: Sequence[Call], extension: str, caller: str, at: float) -> str:
    """What the script knows of a pop that nothing explains."""
    rung = (each for call in calls if call.caller == caller for each in rings(call) if each.extension == extension)
    ended = [at - each.ends for each in rung if each.begins < at]
    return f"it rings there no more for {min(ended):.2f} s" if ended else "it does not ring there"


def _judge_ring(found: Judgement, call: Call, ring: Ring, at: float, here: list[float], hearing: Hearing) -> None:
    found.pops += len(here)
    ends = at + ring.ends - ring.begins
    heard = _span(hearing, at)
    owed = _owed(hearing, heard, at, ends)
    if not here:
        if owed is not None:
            found.missing += 1
            found.note(f"no pop: call {call.number} ({call.kind}, {call.phase}) at {ring.extension}")
        return
    if len(here) > 1:
        found.doubled += len(here) - 1
        found.note(f"{len(here)} pops: call {call.number} ({call.kind}, {call.phase}) at {ring.extension}")
    if heard and at - heard[0] >= _BEFORE_S and heard[1] - at >= _AFTER_S:
        found.took[call.phase].append(here[0] - at)
    elif owed is not None and owed > at:
        found.found.append(max(0.0, here[0] - owed))


def _span(hearing: Hearing, at: float) -> tuple[float, float] | None:
    """The time around a moment in which somebody heard without a break."""
    for since, until in hearing.spans:
        if since <= at and (until is None or at < until):
            return since, until if until is not None else float("inf")
    return None


def _owed(hearing: Hearing, heard: tuple[float, float] | None, at: float, ends: float) -> float | None:
    """From when on a pop is due; None when nobody could know in time that it rings."""
    if heard and min(heard[1], ends) - at >= _HEARD_S:
        return at
    return next((one for one, other in hearing.within(at, ends) if other - one >= _FOUND_S), None)
