"""The open pops of every phone. Pure.

Every change goes the same way: a new state of one call, then the difference between the pops that it showed
before and those that it shows now. So a screen that applied the messages holds what a fresh snapshot holds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from callcenter.desk import consultation
from callcenter.desk.consultation import Consultation
from callcenter.desk.fold import Call, Card, Handover, fold
from callcenter.desk.heard import Heard
from callcenter.desk.protocol import CloseReason, CrmPart, Pop
from callcenter.desk.shown import Addressed, difference, pop_at
from callcenter.events import Event, calls, people

# An agent who never dismisses and has no wrap-up would pile up ended pops; the oldest gives way.
_ENDED_KEPT = 5


@dataclass
class Pops:
    """The open pops of every extension."""

    _calls: dict[str, Call] = field(default_factory=dict)
    _writing: set[str] = field(default_factory=set)
    _heard: Heard = field(default_factory=Heard)
    # Calls between agents that are about another call.
    _consultations: dict[str, Consultation] = field(default_factory=dict)

    def apply(self, event: Event) -> list[Addressed]:
        """What an event changes on whose screen. Calls whose start was not seen are left alone, and an event that
        comes again changes nothing."""
        new = event.call_id is None or isinstance(event, calls.CallStarted)
        known = new or event.call_id in self._calls or event.call_id in self._consultations
        return self._apply(event) if known and not self._heard.again(event) else []

    def _apply(self, event: Event) -> list[Addressed]:
        match event:
            case calls.CallStarted():
                self._start(event)
                return []
            case people.PresenceChanged():
                return self._presence(event.extension, event.state)
            case calls.PopDismissed():
                return self.dismiss(event.extension, event.call_id)
        if asked := self._consultations.get(event.call_id or ""):
            return self._consulted(asked, event)
        call = self._calls.get(event.call_id or "")
        messages = self._set(*fold(call, event)) if call else []
        if isinstance(event, calls.CallAgentLeft):
            messages += self._sweep(event.extension, keep=_ENDED_KEPT)
        return messages

    def _start(self, event: calls.CallStarted) -> None:
        if asked := consultation.begun(event, self._calls.values()):
            self._consultations[event.call_id] = asked
        else:
            self._calls.setdefault(event.call_id, Call(event.call_id, event.number, event.direction))

    def _consulted(self, asked: Consultation, event: Event) -> list[Addressed]:
        call = self._calls.get(asked.about)
        messages = self._set(*consultation.fold(call, asked, event)) if call else []
        if isinstance(event, calls.CallEnded):
            del self._consultations[event.call_id]
            self._heard.forget(event.call_id)
        return messages

    def learn(self, call_id: str, card: Card, crm: CrmPart | None = None) -> list[Addressed]:
        """The look-up answered. The first answer opens the pop; a later one changes it."""
        call = self._calls.get(call_id)
        return self._set(replace(call, card=card.ranked(call.queue), crm=crm or call.crm)) if call else []

    def learn_foreign(self, call_id: str, crm: CrmPart) -> list[Addressed]:
        """The firm's own CRM answered."""
        call = self._calls.get(call_id)
        return self._set(replace(call, crm=crm)) if call else []

    def learn_handover(self, call_id: str, handover: Handover) -> list[Addressed]:
        """What the agents of the call left was read."""
        call = self._calls.get(call_id)
        return self._set(replace(call, handover=handover)) if call else []

    def unlearn(self, call_id: str) -> None:
        """What is known of a caller may be old, and nobody looks at it: to be looked up when somebody does."""
        if call := self._calls.get(call_id):
            self._calls[call_id] = replace(call, card=None)

    def unlearn_handover(self, call_id: str) -> None:
        """The same for what the agents of the call left."""
        if call := self._calls.get(call_id):
            self._calls[call_id] = replace(call, handover=None)

    def dismiss(self, extension: str, call_id: str) -> list[Addressed]:
        """The agent is done with an ended pop. One that still rings or talks stays."""
        call = self._calls.get(call_id)
        part = call.parts.get(extension) if call else None
        if call is None or part is None or part.state != "ended":
            return []
        return self._set(call.drop([extension]))

    def shown(self, extension: str) -> tuple[Pop, ...]:
        """The pops of one extension, oldest first."""
        found = (pop_at(call, extension) for call in self._calls.values())
        return tuple(sorted((pop for pop in found if pop), key=lambda pop: pop.ringing_at))

    def all(self) -> list[Call]:
        """The calls that are open or still show."""
        return list(self._calls.values())

    def get(self, call_id: str) -> Call | None:
        """One call, if it is open or still shows; of a call that is about another one, that one."""
        asked = self._consultations.get(call_id)
        return self._calls.get(asked.about if asked else call_id)

    def _presence(self, extension: str, state: people.PresenceState) -> list[Addressed]:
        """The end of a wrap-up closes what was written up. Without one, the agent closes it himself."""
        if state == "wrapup":
            self._writing.add(extension)
        if state in ("wrapup", "ringing") or not (state == "offline" or extension in self._writing):
            return []
        self._writing.discard(extension)
        return self._sweep(extension, keep=0)

    def _set(self, call: Call, reason: CloseReason = "ended") -> list[Addressed]:
        before = self._calls[call.id]
        if call.over and not call.parts:
            del self._calls[call.id]
            self._heard.forget(call.id)
        else:
            self._calls[call.id] = call
        return difference(before, call, reason)

    def _sweep(self, extension: str, keep: int) -> list[Addressed]:
        """Close the ended pops of an extension but the last few."""
        ended = [call for call in self._calls.values() if _is_ended(call, extension)]
        ended.sort(key=lambda call: call.parts[extension].ringing_at)
        gone = ended[: max(0, len(ended) - keep)]
        return [message for call in gone for message in self._set(call.drop([extension]))]


def _is_ended(call: Call, extension: str) -> bool:
    part = call.parts.get(extension)
    return part is not None and part.state == "ended"
