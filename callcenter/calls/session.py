"""One call as a state machine over AMI messages: pure, so that a captured conversation is its test.

Whatever arrives twice changes nothing the second time. Times are Asterisk's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from callcenter.calls import causes
from callcenter.calls.bridges import Bridges
from callcenter.calls.ports import Agents, ChannelSeen, Message
from callcenter.calls.reading import endpoint, text
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

_VARIABLES = {"CC_MENU_PATH": "menu_path", "CC_LANG": "language", "CC_KIND": "kind"}
# What the dialplan leaves on the caller's channel for a ledger that did not hear it begin.
_RECORDING_BEGAN = "CC_RECORDING_BEGAN"
TOLD = frozenset({*_VARIABLES, _RECORDING_BEGAN})
_DIALLED: dict[str, RingEnd] = {
    "NOANSWER": "no_answer",
    "BUSY": "rejected",
    "CHANUNAVAIL": "no_answer",
    "CONGESTION": "rejected",
}


class CallSession:
    """A call in the making. `record`, `legs` and `talks` hold what is known; `apply` moves them on."""

    def __init__(self, record: CallRecord, agents: Agents) -> None:
        self.record = record
        self.legs: dict[str, Leg] = {}
        self._bridges = Bridges()
        self._agents = agents
        self._classified = (record.menu_path, record.kind, record.language) if record.queued_at else ("", "", "")
        self._left_by_caller = False
        self._last_join = record.queued_at
        self._settled: set[str] = set()  # legs that no longer ring: answered, or stopped
        self._gone: set[str] = set()  # agents' legs that are done with the call

    @classmethod
    def restored(cls, record: CallRecord, legs: Iterable[Leg], talks: Iterable[Talk], agents: Agents) -> CallSession:
        """The session of a call that the ledger left open."""
        session = cls(record, agents)
        session.legs = {leg.uniqueid: leg for leg in legs}
        session._bridges = Bridges(talks)
        for leg in session.legs.values():
            if leg.answered_at or not leg.alive:
                session._settled.add(leg.uniqueid)
            if not leg.alive:
                session._gone.add(leg.uniqueid)
        return session

    @property
    def talks(self) -> tuple[Talk, ...]:
        return self._bridges.talks

    @property
    def ended(self) -> bool:
        return self.record.outcome is not None

    def start(self, at: datetime) -> list[Event]:
        """The call's first event."""
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
            )
        ]

    def apply(self, message: Message, at: datetime) -> list[Event]:
        """What a message means for this call; `at` is when it happened."""
        handle = _HANDLERS.get(message.name)
        return handle(self, message, at) if handle and not self.ended else []

    def reconcile(self, seen: Iterable[ChannelSeen], cause: str, at: datetime) -> list[Event]:
        """Make the call agree with what Asterisk says is alive; what ended unheard gets `cause`."""
        seen = list(seen)
        alive = {channel.uniqueid for channel in seen}
        events: list[Event] = []
        for leg in [leg for leg in self.legs.values() if leg.alive and leg.uniqueid not in alive]:
            events += self._close_leg(leg.uniqueid, cause, at)
        self._bridges.forget()
        for channel in seen:
            events += self._see(channel, at)
        self._bridges.end_unheard(self._far_id(), at)
        return events if self._alive() else [*events, *self._end("cut", cause, at)]

    def _see(self, seen: ChannelSeen, at: datetime) -> list[Event]:
        """Take in a channel that is alive: a leg missed, the menu's choice, a queue, a state, a bridge missed."""
        self._open_leg(seen.uniqueid, seen.channel, at)
        events = self._see_way(seen, at) if seen.uniqueid == self._far_id() else []
        events += self._state(seen.uniqueid, seen.state, at)
        return [*events, *self._enter(seen.bridge_id, seen.uniqueid, at)] if seen.bridge_id else events

    def _see_way(self, seen: ChannelSeen, at: datetime) -> list[Event]:
        """How the caller came to where he is. When he joined the queue is not known: at the latest now."""
        told = {name: seen.variables[key] for key, name in _VARIABLES.items() if seen.variables.get(key)}
        self._change(**told)
        began = _moment(seen.variables.get(_RECORDING_BEGAN, ""))
        if began and self.record.recording_uniqueid is None:
            self._change(recording_uniqueid=seen.uniqueid, recording_started_at=began)
        if seen.queue is None or seen.queue == self.record.queue:
            return []
        self._last_join = at
        self._change(queue=seen.queue, queued_at=self.record.queued_at or at)
        return [*self._classify(at), CallQueued(at=at, call_id=self.record.id, queue=seen.queue, position=1)]

    def give(self, uniqueid: str, at: datetime) -> tuple[Leg, list[Event]]:
        """Let a leg go to another call, as an attended transfer does with the party consulted."""
        leg = self.legs[uniqueid]
        events = self._close_leg(uniqueid, causes.TRANSFERRED, at)
        return leg, events if self._alive() else [*events, *self._finish(at)]

    def take(self, leg: Leg, at: datetime) -> None:
        """Take over a leg that another call gave."""
        role: Role = "agent" if leg.extension else "other"
        self.legs[leg.uniqueid] = replace(leg, role=role, started_at=at)

    def _alive(self) -> bool:
        return any(leg.alive for leg in self.legs.values())

    def _far(self) -> Leg | None:
        """The caller's leg."""
        return next((leg for leg in self.legs.values() if leg.role == "caller"), None)

    def _far_id(self) -> str | None:
        far = self._far()
        return far.uniqueid if far else None

    def _change(self, **values: object) -> None:
        if any(getattr(self.record, key) != value for key, value in values.items()):
            self.record = replace(self.record, **values)  # type: ignore[arg-type]

    def _leg(self, uniqueid: str, **values: object) -> None:
        self.legs[uniqueid] = replace(self.legs[uniqueid], **values)  # type: ignore[arg-type]

    def _open_leg(self, uniqueid: str, channel: str, at: datetime) -> None:
        if uniqueid in self.legs:
            return
        extension = endpoint(channel)
        known = extension in self._agents
        role: Role = "agent" if known else "other" if self._far() or self.record.direction != "inbound" else "caller"
        self.legs[uniqueid] = Leg(uniqueid, channel, role, extension if known else None, at)

    def _newchannel(self, message: Message, at: datetime) -> list[Event]:
        self._open_leg(text(message, "Uniqueid"), text(message, "Channel"), at)
        return []

    def _varset(self, message: Message, at: datetime) -> list[Event]:
        name, value = text(message, "Variable"), text(message, "Value")
        if name in _VARIABLES:
            self._change(**{_VARIABLES[name]: value})
        return self._classify(at) if name == "IVR_DONE" and value == "1" else []

    def _classify(self, at: datetime) -> list[Event]:
        call = self.record
        chosen = (call.menu_path, call.kind, call.language)
        if chosen == self._classified:
            return []
        self._classified = chosen
        return [
            CallClassified(at=at, call_id=call.id, menu_path=call.menu_path, kind=call.kind, language=call.language)
        ]

    def _joined(self, message: Message, at: datetime) -> list[Event]:
        queue = text(message, "Queue")
        if self._last_join and at <= self._last_join:
            return []
        self._last_join = at
        self._change(queue=queue, queued_at=self.record.queued_at or at)
        self._left_by_caller = False
        position = text(message, "Position")
        queued = CallQueued(
            at=at, call_id=self.record.id, queue=queue, position=int(position) if position.isdigit() else 1
        )
        return [*self._classify(at), queued]

    def _abandoned(self, message: Message, at: datetime) -> list[Event]:
        self._left_by_caller = True
        return []

    def _hangup_requested(self, message: Message, at: datetime) -> list[Event]:
        """Somebody hangs up by himself: the caller, or a phone that refuses (the queue calls that no answer)."""
        far, uniqueid = self._far(), text(message, "Uniqueid")
        if far and uniqueid == far.uniqueid:
            self._left_by_caller = True
            return []
        refused = causes.in_words(message.get("Cause")) in causes.REFUSED
        return self._stop_ring(uniqueid, "rejected", at) if refused else []

    def _newstate(self, message: Message, at: datetime) -> list[Event]:
        return self._state(text(message, "Uniqueid"), text(message, "ChannelStateDesc"), at)

    def _dial_state(self, message: Message, at: datetime) -> list[Event]:
        status = text(message, "DialStatus")
        return self._state(text(message, "DestUniqueid"), "Ringing", at) if status == "RINGING" else []

    def _state(self, uniqueid: str, state: str, at: datetime) -> list[Event]:
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

    def _dial_end(self, message: Message, at: datetime) -> list[Event]:
        status, uniqueid = text(message, "DialStatus"), text(message, "DestUniqueid")
        if status == "ANSWER":
            return []
        return self._stop_ring(uniqueid, _DIALLED.get(status) or self._why_cancelled(uniqueid), at)

    def _ring_no_answer(self, message: Message, at: datetime) -> list[Event]:
        return self._stop_ring(text(message, "DestUniqueid"), "no_answer", at)

    def _why_cancelled(self, uniqueid: str) -> RingEnd:
        others = (leg for leg in self.legs.values() if leg.extension and leg.uniqueid != uniqueid)
        if any(leg.alive and leg.answered_at and leg.uniqueid != self._first() for leg in others):
            return "answered_elsewhere"
        return "abandoned" if self._left_by_caller else "no_answer"

    def _stop_ring(self, uniqueid: str, reason: RingEnd, at: datetime) -> list[Event]:
        leg = self.legs.get(uniqueid)
        if leg is None or leg.extension is None or leg.ringing_at is None or leg.answered_at:
            return []
        if uniqueid in self._settled:
            return []
        self._settled.add(uniqueid)
        return [
            CallRingStopped(at=at, call_id=self.record.id, ring_id=uniqueid, extension=leg.extension, reason=reason)
        ]

    def _connected(self, message: Message, at: datetime) -> list[Event]:
        return self._answered(text(message, "DestUniqueid"), at)

    def _answered(self, uniqueid: str, at: datetime) -> list[Event]:
        """An agent has the call."""
        leg = self.legs.get(uniqueid)
        if leg is None or leg.extension is None or uniqueid in self._settled:
            return []
        events = self._state(uniqueid, "Up", at)
        self._settled.add(uniqueid)
        self._change(
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
                events += self._stop_ring(leg.uniqueid, "answered_elsewhere", at)
        return events

    def _completed(self, message: Message, at: datetime) -> list[Event]:
        return self._agent_left(text(message, "DestUniqueid"), at)

    def _agent_left(self, uniqueid: str, at: datetime) -> list[Event]:
        leg = self.legs.get(uniqueid)
        talked = any(talk.uniqueid == uniqueid for talk in self.talks) or uniqueid in self._settled
        if leg is None or leg.extension is None or leg.answered_at is None or uniqueid in self._gone or not talked:
            return []
        self._gone.add(uniqueid)
        self._bridges.end(uniqueid, at)
        return [CallAgentLeft(at=at, call_id=self.record.id, extension=leg.extension)]

    def _bridge_enter(self, message: Message, at: datetime) -> list[Event]:
        return self._enter(text(message, "BridgeUniqueid"), text(message, "Uniqueid"), at)

    def _enter(self, bridge: str, uniqueid: str, at: datetime) -> list[Event]:
        if uniqueid not in self.legs:
            return []
        events: list[Event] = []
        for member in self._bridges.enter(bridge, uniqueid, self._far_id()):
            leg = self.legs[member]
            if leg.extension and self._bridges.begin(member, leg.extension, at):
                events += self._answered(member, at)
        return events

    def _bridge_leave(self, message: Message, at: datetime) -> list[Event]:
        self._bridges.leave(text(message, "BridgeUniqueid"), text(message, "Uniqueid"), self._far_id(), at)
        return []

    def _mix_monitor(self, message: Message, at: datetime) -> list[Event]:
        if self.record.recording_uniqueid is None:
            self._change(recording_uniqueid=text(message, "Uniqueid"), recording_started_at=at)
        return []

    def _hangup(self, message: Message, at: datetime) -> list[Event]:
        uniqueid = text(message, "Uniqueid")
        leg = self.legs.get(uniqueid)
        if leg is None or not leg.alive:
            return []
        events = self._close_leg(uniqueid, causes.in_words(message.get("Cause")), at)
        return events if self._alive() else [*events, *self._finish(at)]

    def _close_leg(self, uniqueid: str, cause: str, at: datetime) -> list[Event]:
        """A channel is gone: whatever it was doing ends with it."""
        reason: RingEnd = "rejected" if cause in causes.REFUSED else self._why_cancelled(uniqueid)
        events = self._stop_ring(uniqueid, "answered_elsewhere" if cause == "answered_elsewhere" else reason, at)
        self._bridges.gone(uniqueid, self._far_id(), at)
        events += self._agent_left(uniqueid, at)
        self._leg(uniqueid, ended_at=at, cause=cause)
        return events

    def _finish(self, at: datetime) -> list[Event]:
        far = self._far() or self.legs[self._first()]
        outcome = self._outcome(far)
        unserved = outcome == "failed" and self.record.queued_at is not None
        return self._end(outcome, causes.NOT_SERVED if unserved else far.cause or "normal", at)

    def _outcome(self, far: Leg) -> Outcome:
        if self.record.answered_at:
            return "answered"
        if self.record.queued_at:
            return "abandoned" if self._left_by_caller else "failed"
        return "in_menu" if self.record.direction == "inbound" and far.answered_at else "failed"

    def _end(self, outcome: Outcome, cause: str, at: datetime) -> list[Event]:
        self._change(outcome=outcome, end_cause=cause, ended_at=at)
        return [CallEnded(at=at, call_id=self.record.id, outcome=outcome, cause=cause)]


def _moment(epoch: str) -> datetime | None:
    """Seconds since 1970, with a fraction, as the dialplan writes them."""
    return datetime.fromtimestamp(float(epoch), UTC) if epoch.replace(".", "", 1).isdecimal() else None


_Handler = Callable[[CallSession, Message, datetime], list[Event]]
_HANDLERS: dict[str, _Handler] = {
    "Newchannel": CallSession._newchannel,
    "VarSet": CallSession._varset,
    "QueueCallerJoin": CallSession._joined,
    "QueueCallerAbandon": CallSession._abandoned,
    "HangupRequest": CallSession._hangup_requested,
    "Newstate": CallSession._newstate,
    "DialState": CallSession._dial_state,
    "DialEnd": CallSession._dial_end,
    "AgentRingNoAnswer": CallSession._ring_no_answer,
    "AgentConnect": CallSession._connected,
    "AgentComplete": CallSession._completed,
    "BridgeEnter": CallSession._bridge_enter,
    "BridgeLeave": CallSession._bridge_leave,
    "MixMonitorStart": CallSession._mix_monitor,
    "Hangup": CallSession._hangup,
}
KNOWN = frozenset(_HANDLERS)
VARIABLES = frozenset({*_VARIABLES, "IVR_DONE"})
