"""One call as a state machine over AMI messages: pure, so that a captured conversation is its test.

Whatever arrives twice changes nothing the second time. Times are Asterisk's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from callcenter.calls import causes, messages
from callcenter.calls.bridges import Bridges
from callcenter.calls.ports import Agents, Message
from callcenter.calls.reading import endpoint
from callcenter.calls.record import CallRecord, Leg, Role, Talk
from callcenter.events import Event
from callcenter.events.calls import (
    CallAgentLeft,
    CallAnswered,
    CallClassified,
    CallEnded,
    CallQueued,
    CallRinging,
    CallRingStopped,
    CallStarted,
    Outcome,
    RingEnd,
)


class CallSession:
    """A call in the making. `record`, `legs` and `talks` hold what is known; `apply` moves them on.

    What `messages` and `resync` need to say happened is public; everybody else calls `start`, `apply`, `give`, `take`.
    """

    def __init__(self, record: CallRecord, agents: Agents) -> None:
        self.record = record
        self.legs: dict[str, Leg] = {}
        self.bridges = Bridges()
        self._agents = agents
        self._classified = (record.menu_path, record.kind, record.language) if record.queued_at else ("", "", "")
        self.left_by_caller = False
        self.last_join = record.queued_at
        self._settled: set[str] = set()  # legs that no longer ring: answered, or stopped
        self._gone: set[str] = set()  # agents' legs that are done with the call

    @classmethod
    def restored(cls, record: CallRecord, legs: Iterable[Leg], talks: Iterable[Talk], agents: Agents) -> CallSession:
        """The session of a call that the ledger left open."""
        session = cls(record, agents)
        session.legs = {leg.uniqueid: leg for leg in legs}
        session.bridges = Bridges(talks)
        for leg in session.legs.values():
            if leg.answered_at or not leg.alive:
                session._settled.add(leg.uniqueid)
            if not leg.alive:
                session._gone.add(leg.uniqueid)
        return session

    @property
    def talks(self) -> tuple[Talk, ...]:
        return self.bridges.talks

    @property
    def ended(self) -> bool:
        return self.record.outcome is not None

    def start(self, at: datetime, extension: str | None = None) -> list[Event]:
        """The call's first event; `extension` of the agent who began it."""
        call = self.record
        return [
            CallStarted(
                at=at,
                call_id=call.id,
                server=call.server,
                linked_id=call.linked_id,
                direction=call.direction,
                number=call.number,
                dialled=call.dialled,
                extension=extension,
            )
        ]

    def apply(self, message: Message, at: datetime) -> list[Event]:
        """What a message means for this call; `at` is when it happened."""
        handle = messages.HANDLERS.get(message.name)
        return handle(self, message, at) if handle and not self.ended else []

    def give(self, uniqueid: str, at: datetime) -> tuple[Leg, list[Event]]:
        """Let a leg go to another call, as an attended transfer does with the party consulted."""
        leg = self.legs[uniqueid]
        events = self.close_leg(uniqueid, causes.TRANSFERRED, at)
        return leg, events if self.alive() else [*events, *self.finish(at)]

    def take(self, leg: Leg, at: datetime) -> None:
        """Take over a leg that another call gave."""
        role: Role = "agent" if leg.extension else "other"
        self.legs[leg.uniqueid] = replace(leg, role=role, started_at=at)

    def alive(self) -> bool:
        """Some leg still is."""
        return any(leg.alive for leg in self.legs.values())

    def far(self) -> Leg | None:
        """The caller's leg."""
        return next((leg for leg in self.legs.values() if leg.role == "caller"), None)

    def far_id(self) -> str | None:
        far = self.far()
        return far.uniqueid if far else None

    def change(self, **values: object) -> None:
        if any(getattr(self.record, key) != value for key, value in values.items()):
            self.record = replace(self.record, **values)  # type: ignore[arg-type]

    def _leg(self, uniqueid: str, **values: object) -> None:
        self.legs[uniqueid] = replace(self.legs[uniqueid], **values)  # type: ignore[arg-type]

    def open_leg(self, uniqueid: str, channel: str, at: datetime) -> None:
        if uniqueid in self.legs:
            return
        extension = endpoint(channel)
        known = extension in self._agents
        role: Role = "agent" if known else "other" if self.far() or self.record.direction != "inbound" else "caller"
        self.legs[uniqueid] = Leg(uniqueid, channel, role, extension if known else None, at)

    def join(self, queue: str, position: int, at: datetime) -> list[Event]:
        """The caller waits in a queue."""
        self.last_join = at
        self.change(queue=queue, queued_at=self.record.queued_at or at)
        return [*self.classify(at), CallQueued(at=at, call_id=self.record.id, queue=queue, position=position)]

    def leave(self, bridge: str, uniqueid: str, at: datetime) -> None:
        """A leg is out of a bridge."""
        self.bridges.leave(bridge, uniqueid, self.far_id(), at)

    def hang_up(self, uniqueid: str, cause: str, at: datetime) -> list[Event]:
        """A leg has ended; with the last one the call."""
        leg = self.legs.get(uniqueid)
        if leg is None or not leg.alive:
            return []
        events = self.close_leg(uniqueid, cause, at)
        return events if self.alive() else [*events, *self.finish(at)]

    def classify(self, at: datetime) -> list[Event]:
        call = self.record
        chosen = (call.menu_path, call.kind, call.language)
        if chosen == self._classified:
            return []
        self._classified = chosen
        return [
            CallClassified(at=at, call_id=call.id, menu_path=call.menu_path, kind=call.kind, language=call.language)
        ]

    def state(self, uniqueid: str, state: str, at: datetime) -> list[Event]:
        leg = self.legs.get(uniqueid)
        if leg is None or not leg.alive:
            return []
        if state == "Ringing":
            return self._ring(leg, at)
        if state == "Up" and leg.answered_at is None:
            events = self._ring(leg, at)
            self._leg(uniqueid, answered_at=at)
            return events
        return []

    def _ring(self, leg: Leg, at: datetime) -> list[Event]:
        """A phone rings, or was picked up before it said so."""
        if leg.extension is None or leg.ringing_at or leg.uniqueid == self._first():
            return []
        self._leg(leg.uniqueid, ringing_at=at)
        return [
            CallRinging(
                at=at,
                call_id=self.record.id,
                ring_id=leg.uniqueid,
                extension=leg.extension,
                queue=self.record.queue,
            )
        ]

    def _first(self) -> str:
        return next(iter(self.legs), "")

    def why_cancelled(self, uniqueid: str) -> RingEnd:
        others = (leg for leg in self.legs.values() if leg.extension and leg.uniqueid != uniqueid)
        if any(leg.alive and leg.answered_at and leg.uniqueid != self._first() for leg in others):
            return "answered_elsewhere"
        return "abandoned" if self.left_by_caller else "no_answer"

    def stop_ring(self, uniqueid: str, reason: RingEnd, at: datetime) -> list[Event]:
        leg = self.legs.get(uniqueid)
        if leg is None or leg.extension is None or leg.ringing_at is None or leg.answered_at:
            return []
        if uniqueid in self._settled:
            return []
        self._settled.add(uniqueid)
        return [
            CallRingStopped(at=at, call_id=self.record.id, ring_id=uniqueid, extension=leg.extension, reason=reason)
        ]

    def answered(self, uniqueid: str, at: datetime) -> list[Event]:
        """An agent has the call."""
        leg = self.legs.get(uniqueid)
        if leg is None or leg.extension is None or uniqueid in self._settled:
            return []
        events = self.state(uniqueid, "Up", at)
        self._settled.add(uniqueid)
        self.change(
            answered_at=self.record.answered_at or at,
            extension=leg.extension,
            agent_id=self._agents.get(leg.extension),
        )
        answered = CallAnswered(at=at, call_id=self.record.id, extension=leg.extension, queue=self.record.queue)
        return [*events, answered, *self._losers(uniqueid, at)]

    def _losers(self, winner: str, at: datetime) -> list[Event]:
        events: list[Event] = []
        for leg in list(self.legs.values()):
            if leg.uniqueid != winner and leg.alive:
                events += self.stop_ring(leg.uniqueid, "answered_elsewhere", at)
        return events

    def agent_left(self, uniqueid: str, at: datetime) -> list[Event]:
        leg = self.legs.get(uniqueid)
        talked = any(talk.uniqueid == uniqueid for talk in self.talks) or uniqueid in self._settled
        if leg is None or leg.extension is None or leg.answered_at is None or uniqueid in self._gone or not talked:
            return []
        self._gone.add(uniqueid)
        self.bridges.end(uniqueid, at)
        return [CallAgentLeft(at=at, call_id=self.record.id, extension=leg.extension)]

    def enter(self, bridge: str, uniqueid: str, at: datetime) -> list[Event]:
        if uniqueid not in self.legs:
            return []
        events: list[Event] = []
        for member in self.bridges.enter(bridge, uniqueid, self.far_id()):
            leg = self.legs[member]
            if leg.extension and self.bridges.begin(member, leg.extension, at):
                events += self.answered(member, at)
        return events

    def close_leg(self, uniqueid: str, cause: str, at: datetime) -> list[Event]:
        """A channel is gone: whatever it was doing ends with it."""
        reason: RingEnd = "rejected" if cause in causes.REFUSED else self.why_cancelled(uniqueid)
        events = self.stop_ring(uniqueid, "answered_elsewhere" if cause == "answered_elsewhere" else reason, at)
        self.bridges.gone(uniqueid, self.far_id(), at)
        events += self.agent_left(uniqueid, at)
        self._leg(uniqueid, ended_at=at, cause=cause)
        return events

    def finish(self, at: datetime) -> list[Event]:
        far = self.far() or self.legs[self._first()]
        outcome = self._outcome(far)
        unserved = outcome == "failed" and self.record.queued_at is not None
        return self.end(outcome, causes.NOT_SERVED if unserved else far.cause or "normal", at)

    def _outcome(self, far: Leg) -> Outcome:
        if self.record.answered_at:
            return "answered"
        if self.record.queued_at:
            return "abandoned" if self.left_by_caller else "failed"
        return "in_menu" if self.record.direction == "inbound" and far.answered_at else "failed"

    def end(self, outcome: Outcome, cause: str, at: datetime) -> list[Event]:
        self.change(outcome=outcome, end_cause=cause, ended_at=at)
        return [CallEnded(at=at, call_id=self.record.id, outcome=outcome, cause=cause)]
