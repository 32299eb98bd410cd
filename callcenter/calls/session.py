"""One call as a state machine over AMI messages: pure, so that a captured conversation is its test.

Whatever arrives twice changes nothing the second time. Times are Asterisk's own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from callcenter.calls import causes, messages, talks
from callcenter.calls.known import KnownCall
from callcenter.calls.ports import Message
from callcenter.calls.reading import number
from callcenter.calls.record import Leg, QueueVisit, Role
from callcenter.events import Event
from callcenter.events.calls import (
    CallAgentLeft,
    CallAnswered,
    CallClassified,
    CallEnded,
    CallHeld,
    CallNumberLearned,
    CallQueued,
    CallResumed,
    CallRinging,
    CallRingStopped,
    CallStarted,
    CallTransferred,
    Outcome,
    RingEnd,
    TransferKind,
)


class CallSession(KnownCall):
    """A call in the making. `record`, `legs`, `talks` and `holds` hold what is known; `apply` moves them on.

    What `messages` and `resync` need to say happened is public; everybody else calls `start`, `apply`, `absorb`.
    """

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
        if handle is None or self.ended:
            return []
        told = messages.identity(message)
        if told in self._heard:
            return []
        if told is not None:
            self._heard.add(told)
        return handle(self, message, self.moment(at))

    def absorb(self, other: CallSession, at: datetime) -> tuple[list[Event], list[Event]]:
        """Make another call, whose parties hear ours or are about to, part of this one: a consultation, a pick-up. What
        happened to the other one, which is over with that, and what to this one."""
        taken = [leg for leg in other.legs.values() if leg.alive]
        self.bridges.take(other.bridges)
        self._absorbed, visits = other.record, other.record.visits
        self._heard |= other._heard
        lost = other.merge(self.record.id, at)
        for leg in taken:
            role: Role = "agent" if leg.extension else "other"
            self.legs[leg.uniqueid] = replace(leg, role=role)
        rings = [
            event for leg in taken if not leg.answered_at and leg.ringing_at for event in self._begin_ring(leg, at)
        ]
        return lost, [*self._wait_on(visits, at), *rings, *self.listen(at)]

    def _wait_on(self, visits: tuple[QueueVisit, ...], at: datetime) -> list[Event]:
        """The waits of a call that is part of this one now; the last of them may go on."""
        if not visits:
            return []
        mine = sorted((*self.record.visits, *visits), key=lambda visit: visit.joined_at)
        self.change(visits=tuple(mine), queue=mine[-1].queue, queued_at=mine[0].joined_at)
        if mine[-1].left_at:
            return []
        return [CallQueued(at=at, call_id=self.record.id, queue=mine[-1].queue, position=1)]

    def merge(self, into: str, at: datetime) -> list[Event]:
        """The call becomes part of another."""
        alive = [leg.uniqueid for leg in self.legs.values() if leg.alive]
        events = [event for uniqueid in alive for event in self.close_leg(uniqueid, causes.TRANSFERRED, at)]
        self.change(merged_into=into, visits=())
        return [*events, *self.end("merged", causes.TRANSFERRED, at)]

    def learn(self, dialled: str, at: datetime) -> list[Event]:
        """Whom a call is for that began with the ringing of an agent's phone, or of the far party's."""
        if self.record.number or self.record.direction != "outbound" or not dialled:
            return []
        direction = "internal" if dialled in self._agents else "outbound"
        self.change(number=number(dialled), dialled=dialled, direction=direction)
        call = self.record
        return [
            CallNumberLearned(
                at=at, call_id=call.id, direction=call.direction, number=call.number, dialled=call.dialled
            )
        ]

    def join(self, queue: str, position: int, at: datetime) -> list[Event]:
        """The caller waits in a queue."""
        visits = talks.joined(self.record.visits, queue, at)
        self.change(queue=queue, queued_at=self.record.queued_at or at, visits=visits)
        return [*self.classify(at), CallQueued(at=at, call_id=self.record.id, queue=queue, position=position)]

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
            self.set_leg(uniqueid, answered_at=at)
            return events
        return []

    def stop_ring(self, uniqueid: str, reason: RingEnd, at: datetime) -> list[Event]:
        """A phone rings no more, and nobody has the call there."""
        leg = self.legs.get(uniqueid)
        if leg is None or leg.extension is None or uniqueid in self._has_it:
            return []
        ring = self._rings.stop(leg.extension, uniqueid)
        if ring is None:
            return []
        return [CallRingStopped(at=at, call_id=self.record.id, ring_id=ring, extension=leg.extension, reason=reason)]

    def answered(self, uniqueid: str, at: datetime) -> list[Event]:
        """An agent has the call out of a queue; his phone may stand behind a Local channel."""
        self.decide("answered", at)
        events: list[Event] = []
        for leg in self.agents_legs(self.bridges.heard(uniqueid)):
            events += [*self.state(leg.uniqueid, "Up", at), *self._has(leg, at)]
            self.serves(leg, at)
        return events

    def transferred(self, by: str, to: str, target: str, kind: TransferKind, at: datetime) -> list[Event]:
        """An agent handed the far party on: to what he dialled, or to the channel `target`."""
        giver, asked = self.legs.get(by), self._absorbed if kind == "attended" else None
        to = to or self.reached(target or self.youngest(by), by) or (asked.dialled if asked else "")
        return [
            CallTransferred(
                at=at,
                call_id=self.record.id,
                kind=kind,
                from_extension=giver.extension if giver else None,
                to=to,
                to_extension=to if to in self._agents else None,
                consultation=asked.id if asked else None,
            )
        ]

    def hold(self, uniqueid: str, at: datetime) -> list[Event]:
        leg, before = self.legs.get(uniqueid), self.holds
        if leg is None or not leg.alive:
            return []
        self.holds = talks.held(before, uniqueid, leg.extension, at)
        if self.holds is before or leg.extension is None:
            return []
        return [CallHeld(at=at, call_id=self.record.id, extension=leg.extension)]

    def resume(self, uniqueid: str, at: datetime) -> list[Event]:
        leg, before = self.legs.get(uniqueid), self.holds
        self.holds = talks.resumed(before, uniqueid, at)
        if leg is None or self.holds is before or leg.extension is None:
            return []
        return [CallResumed(at=at, call_id=self.record.id, extension=leg.extension)]

    def enter(self, bridge: str, uniqueid: str, channel: str, at: datetime) -> list[Event]:
        """A channel is in a bridge, where everybody hears everybody."""
        self.bridges.enter(bridge, uniqueid, channel, at)
        return self.listen(at)

    def leave(self, bridge: str, uniqueid: str, at: datetime) -> list[Event]:
        """A channel is out of a bridge."""
        self.bridges.leave(bridge, uniqueid, at)
        return self.listen(at)

    def listen(self, at: datetime) -> list[Event]:
        """Who hears whom now: agents who hear somebody have the call, those who hear the far party serve it."""
        far, events = self.far_id(), list[Event]()
        for leg in self.agents_legs(self.legs):
            others = (self.bridges.heard(leg.uniqueid) & self.legs.keys()) - {leg.uniqueid}
            if others:
                events += self._has(leg, at)
            if far in others or (others and far is None):
                before = self.talks
                self.talks = talks.begun(before, leg.uniqueid, leg.extension or "", at)
                if self.talks is not before:
                    events += self.resume(leg.uniqueid, at)
                    self.serves(leg, at)
            else:
                self.talks = talks.ended(self.talks, leg.uniqueid, at)
        return events

    def hang_up(self, uniqueid: str, cause: str, at: datetime) -> list[Event]:
        """A channel has ended; with the last leg the call."""
        leg = self.legs.get(uniqueid)
        if leg is None or not leg.alive:
            self.bridges.gone(uniqueid)
            return []
        events = self.close_leg(uniqueid, cause, at)
        return events if self.alive() else [*events, *self.finish(at)]

    def close_leg(self, uniqueid: str, cause: str, at: datetime) -> list[Event]:
        """A leg is gone: whatever it was doing ends with it."""
        reason: RingEnd = "rejected" if cause in causes.REFUSED else self.why_cancelled(uniqueid)
        events = self.stop_ring(uniqueid, "answered_elsewhere" if cause == "answered_elsewhere" else reason, at)
        self.bridges.gone(uniqueid)
        self.holds = talks.resumed(self.holds, uniqueid, at)
        self.talks = talks.ended(self.talks, uniqueid, at)
        self.set_leg(uniqueid, ended_at=at, cause=cause)
        return [*events, *self._lost(self.legs[uniqueid], at), *self.listen(at)]

    def finish(self, at: datetime) -> list[Event]:
        far = self.far() or self.legs[self.first()]
        outcome = self.outcome_now(far)
        unserved = outcome == "failed" and self.record.queued_at is not None
        return self.end(outcome, causes.NOT_SERVED if unserved else far.cause or "normal", at)

    def end(self, outcome: Outcome, cause: str, at: datetime) -> list[Event]:
        visits = talks.over(self.record.visits, at, "abandoned" if outcome == "abandoned" else "exit")
        self.change(outcome=outcome, end_cause=cause, ended_at=at, visits=visits)
        self.settle()
        call = self.record
        return [CallEnded(at=at, call_id=call.id, outcome=outcome, cause=cause, merged_into=call.merged_into)]

    def _ring(self, leg: Leg, at: datetime) -> list[Event]:
        """A phone rings, or was picked up before it said so. That of an agent who calls does not."""
        if leg.extension is None or leg.ringing_at or leg.uniqueid == self.first():
            return []
        self.set_leg(leg.uniqueid, ringing_at=at)
        return self._begin_ring(leg, at)

    def _begin_ring(self, leg: Leg, at: datetime) -> list[Event]:
        extension = leg.extension or ""
        if self.holders(extension):  # one more device of an agent who has the call
            return []
        ring, queue = self._rings.begin(extension, leg.uniqueid), self.record.queue
        if ring is None:
            return []
        return [CallRinging(at=at, call_id=self.record.id, ring_id=ring, extension=extension, queue=queue)]

    def _has(self, leg: Leg, at: datetime) -> list[Event]:
        """An agent hears somebody, for the first time by this leg."""
        if leg.uniqueid in self._has_it:
            return []
        extension = leg.extension or ""
        again = bool(self.holders(extension))
        self._has_it.add(leg.uniqueid)
        self._rings.answered(extension)
        return (
            [] if again else [CallAnswered(at=at, call_id=self.record.id, extension=extension, queue=self.record.queue)]
        )

    def _lost(self, leg: Leg, at: datetime) -> list[Event]:
        """An agent's part is over with the last leg by which he had the call."""
        if leg.uniqueid not in self._has_it:
            return []
        self._has_it.discard(leg.uniqueid)
        extension = leg.extension or ""
        return [] if self.holders(extension) else [CallAgentLeft(at=at, call_id=self.record.id, extension=extension)]
