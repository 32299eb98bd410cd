"""One call as the agents' screens see it: at which phones it rings, talks or has ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from callcenter.desk.protocol import (
    CloseReason,
    CrmPart,
    CustomerCard,
    NewCustomer,
    Pop,
    PopChanged,
    PopClosed,
    PopMessage,
    PopOpened,
    PopState,
    PopWarning,
)
from callcenter.events import Event, calls

Addressed = tuple[str, PopMessage]
_OFF = CrmPart(state="off")


@dataclass(frozen=True)
class Card:
    """What the look-up found about the caller."""

    number: str | None
    withheld: bool
    candidates: tuple[CustomerCard, ...] = ()
    new_customer: NewCustomer | None = None
    warnings: tuple[PopWarning, ...] = ()


@dataclass(frozen=True)
class Part:
    """A call at one extension. `rings` are the channels that ring there now."""

    state: PopState
    ringing_at: datetime
    queue: str | None = None
    rings: frozenset[str] = frozenset()
    answered_at: datetime | None = None
    ended_at: datetime | None = None

    def ended(self, at: datetime) -> Part:
        """The agent's part is over; what he saw stays."""
        return replace(self, state="ended", rings=frozenset(), ended_at=at)


@dataclass(frozen=True)
class Call:
    """An open call, or an ended one that still shows somewhere. `card` is None until the look-up has answered."""

    id: str
    raw_number: str
    menu_path: str | None = None
    kind: str | None = None
    language: str | None = None
    queue: str | None = None
    queued_at: datetime | None = None
    over: bool = False
    card: Card | None = None
    crm: CrmPart = _OFF
    rung: frozenset[str] = frozenset()
    parts: Mapping[str, Part] = field(default_factory=dict)

    def put(self, extension: str, part: Part) -> Call:
        """With the part at an extension replaced."""
        return replace(self, parts={**self.parts, extension: part})

    def drop(self, extensions: Iterable[str]) -> Call:
        """Without the parts at some extensions."""
        gone = set(extensions)
        return replace(self, parts={key: part for key, part in self.parts.items() if key not in gone})

    def pops(self) -> dict[str, Pop]:
        """What is on the screens, by extension."""
        if self.card is None:
            return {}
        return {extension: _pop(self, self.card, part) for extension, part in self.parts.items()}


def fold(call: Call, event: Event) -> tuple[Call, CloseReason]:
    """The call after an event, and why the pops that it takes away close."""
    match event:
        case calls.CallClassified():
            told = replace(call, menu_path=event.menu_path, kind=event.kind, language=event.language)
            return told, "ended"
        case calls.CallQueued():
            return replace(call, queue=event.queue, queued_at=event.at), "ended"
        case calls.CallRinging():
            return _rings(call, event), "ended"
        case calls.CallRingStopped():
            return _stops(call, event)
        case calls.CallAnswered():
            return _answered(call, event), "answered_elsewhere"
        case calls.CallAgentLeft():
            return _left(call, event), "ended"
        case calls.CallEnded():
            caller_left = event.outcome in ("abandoned", "answered")
            return _over(call, event.at), "abandoned" if caller_left else "ended"
        case _:
            return call, "ended"


def difference(before: Mapping[str, Pop], now: Mapping[str, Pop], reason: CloseReason) -> list[Addressed]:
    """The messages that turn one set of screens into the other. Closing goes first."""
    closed = [(key, PopClosed(call_id=pop.call_id, reason=reason)) for key, pop in before.items() if key not in now]
    opened = [(key, PopOpened(pop=pop)) for key, pop in now.items() if key not in before]
    changed = [(key, PopChanged(pop=pop)) for key, pop in now.items() if key in before and before[key] != pop]
    return [*closed, *opened, *changed]


def _rings(call: Call, event: calls.CallRinging) -> Call:
    if call.over or event.ring_id in call.rung:
        return call
    ring = frozenset([event.ring_id])
    part = call.parts.get(event.extension)
    if part is None:
        part = Part("ringing", event.at, event.queue, ring)
    elif part.state == "talking":
        part = replace(part, rings=part.rings | ring)
    else:
        part = replace(part, state="ringing", ended_at=None, rings=part.rings | ring, queue=event.queue)
    return replace(call, rung=call.rung | ring).put(event.extension, part)


def _stops(call: Call, event: calls.CallRingStopped) -> tuple[Call, CloseReason]:
    reason: CloseReason = "missed"
    if event.reason in ("answered_elsewhere", "abandoned"):
        reason = event.reason
    part = call.parts.get(event.extension)
    if part is None:
        return call, reason
    part = replace(part, rings=part.rings - {event.ring_id})
    return _quiet(call, event.extension, part, event.at), reason


def _quiet(call: Call, extension: str, part: Part, at: datetime) -> Call:
    """A phone at which fewer channels ring than before: the pop goes, unless he has talked to the caller."""
    if part.state != "ringing" or part.rings:
        return call.put(extension, part)
    return call.put(extension, part.ended(at)) if part.answered_at else call.drop([extension])


def _answered(call: Call, event: calls.CallAnswered) -> Call:
    if call.over:
        return call
    part = call.parts.get(event.extension) or Part("ringing", event.at, event.queue)
    if part.state != "talking":
        since = part.answered_at or event.at
        part = replace(part, state="talking", rings=frozenset(), answered_at=since, ended_at=None)
    call = call.put(event.extension, part)
    for extension, other in call.parts.items():
        # Only those rung for the same queue have lost; a phone rung by a transfer goes on ringing.
        if other.state == "ringing" and event.queue is not None and other.queue == event.queue:
            call = _quiet(call, extension, replace(other, rings=frozenset()), event.at)
    return call


def _left(call: Call, event: calls.CallAgentLeft) -> Call:
    part = call.parts.get(event.extension)
    if part is None or part.state != "talking":
        return call
    return call.put(event.extension, part.ended(event.at))


def _over(call: Call, at: datetime) -> Call:
    for extension, part in call.parts.items():
        if part.state == "talking":
            call = call.put(extension, part.ended(at))
        else:
            call = _quiet(call, extension, replace(part, rings=frozenset()), at)
    return replace(call, over=True)


def _pop(call: Call, card: Card, part: Part) -> Pop:
    return Pop(
        call_id=call.id,
        state=part.state,
        number=card.number,
        raw_number=call.raw_number,
        withheld=card.withheld,
        language=call.language,
        menu_path=call.menu_path,
        kind=call.kind,
        queue=part.queue or call.queue,
        queued_at=call.queued_at,
        ringing_at=part.ringing_at,
        answered_at=part.answered_at,
        ended_at=part.ended_at,
        candidates=card.candidates,
        new_customer=card.new_customer,
        warnings=card.warnings,
        crm=call.crm,
    )
