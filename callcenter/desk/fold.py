"""One call as the agents' screens see it: at which phones it rings, talks or has ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from callcenter.desk.protocol import CardTicket, CloseReason, CrmPart, CustomerCard, NewCustomer, PopState, PopWarning
from callcenter.desk.ranking import Asked, rank
from callcenter.events import Event, calls, complaints

_OFF = CrmPart(state="off")


@dataclass(frozen=True)
class Card:
    """What the look-up at `read_at` found about the caller. `chosen`: the customer whom an agent settled on."""

    number: str | None
    withheld: bool
    read_at: datetime
    candidates: tuple[CustomerCard, ...] = ()
    chosen: str | None = None
    new_customer: NewCustomer | None = None
    warnings: tuple[PopWarning, ...] = ()

    def ranked(self, queue: str | None) -> Card:
        """With the candidates in their order for a call that is, or was, in this queue."""
        return replace(self, candidates=rank(self.candidates, Asked(self.read_at, queue, self.chosen)))


@dataclass(frozen=True)
class Handover:
    """What there is from those who have had the call, by extension, and the tickets opened in it. `names` has all who
    were asked for."""

    names: Mapping[str, str | None] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    tickets: tuple[CardTicket, ...] = ()


@dataclass(frozen=True)
class Had:
    """An agent has, or had, the call."""

    answered_at: datetime
    left_at: datetime | None = None


@dataclass(frozen=True)
class Part:
    """A call at one extension. `rings` are the channels that ring there now. `consulted_by`: another agent, who has the
    call, asks about it here (`consultation.py`)."""

    state: PopState
    ringing_at: datetime
    queue: str | None = None
    rings: frozenset[str] = frozenset()
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    consulted_by: str | None = None

    def ended(self, at: datetime) -> Part:
        """The agent's part is over; what he saw stays."""
        return replace(self, state="ended", rings=frozenset(), ended_at=at)


@dataclass(frozen=True)
class Call:
    """An open call, or an ended one that still shows somewhere. `card` is None until the look-up has answered, and
    `handover` until somebody needed to know; `written`: a note or a ticket is there to be read. `had` is by extension,
    in the order of answering."""

    id: str
    raw_number: str
    direction: str = "inbound"
    menu_path: str | None = None
    kind: str | None = None
    language: str | None = None
    queue: str | None = None
    queued_at: datetime | None = None
    over: bool = False
    card: Card | None = None
    crm: CrmPart = _OFF
    handover: Handover | None = None
    written: bool = False
    rung: frozenset[str] = frozenset()
    parts: Mapping[str, Part] = field(default_factory=dict)
    had: Mapping[str, Had] = field(default_factory=dict)

    def put(self, extension: str, part: Part) -> Call:
        """With the part at an extension replaced."""
        return replace(self, parts={**self.parts, extension: part})

    def drop(self, extensions: Iterable[str]) -> Call:
        """Without the parts at some extensions."""
        gone = set(extensions)
        return replace(self, parts={key: part for key, part in self.parts.items() if key not in gone})

    def colleagues(self, extension: str) -> dict[str, Had]:
        """Who else has, or had, the call."""
        return {key: had for key, had in self.had.items() if key != extension}

    @property
    def lacks_handover(self) -> bool:
        """Whether a note or a ticket was not read, or some screen shows a colleague of whom nothing is known."""
        if not self.had or (self.handover is None and self.written):
            return self.handover is None and self.written
        known = self.handover.names if self.handover else {}
        return any(key not in known for extension in self.parts for key in self.colleagues(extension))


def fold(call: Call, event: Event) -> tuple[Call, CloseReason]:
    """The call after an event, and why the pops that it takes away close."""
    match event:
        case calls.CallNumberLearned():
            return replace(call, raw_number=event.number, direction=event.direction), "ended"
        case calls.CallClassified():
            told = replace(call, menu_path=event.menu_path, kind=event.kind, language=event.language)
            return told, "ended"
        case calls.CallQueued():
            card = call.card.ranked(event.queue) if call.card else None
            return replace(call, queue=event.queue, queued_at=event.at, card=card), "ended"
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
        case calls.CallNoted() | complaints.TicketOpened():
            return replace(call, written=True), "ended"
        case _:
            return call, "ended"


def _rings(call: Call, event: calls.CallRinging) -> Call:
    if call.over or event.over or event.ring_id in call.rung:
        return call
    ring = frozenset([event.ring_id])
    part = call.parts.get(event.extension)
    if part is not None and part.consulted_by:
        part = replace(part, consulted_by=None, state="ringing", answered_at=None)
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
    if part.consulted_by:
        part = replace(part, consulted_by=None, state="ringing", answered_at=None)
    if part.state != "talking":
        since = part.answered_at or event.at
        part = replace(part, state="talking", rings=frozenset(), answered_at=since, ended_at=None)
    first = call.had.get(event.extension) or Had(event.at)
    call = replace(call, had={**call.had, event.extension: replace(first, left_at=None)})
    call = call.put(event.extension, part)
    for extension, other in call.parts.items():
        # Only those rung for the same queue have lost; a phone rung by a transfer goes on ringing.
        if other.state == "ringing" and event.queue is not None and other.queue == event.queue:
            call = _quiet(call, extension, replace(other, rings=frozenset()), event.at)
    return call


def _left(call: Call, event: calls.CallAgentLeft) -> Call:
    part, had = call.parts.get(event.extension), call.had.get(event.extension)
    if had is not None and had.left_at is None:
        call = replace(call, had={**call.had, event.extension: replace(had, left_at=event.at)})
    if part is None or part.state != "talking":
        return call
    return call.put(event.extension, part.ended(event.at))


def _over(call: Call, at: datetime) -> Call:
    for extension, part in call.parts.items():
        if part.state == "talking":
            call = _left(call, calls.CallAgentLeft(at=at, call_id=call.id, extension=extension))
        else:
            call = _quiet(call, extension, replace(part, rings=frozenset()), at)
    return replace(call, over=True)
