"""The screen pop: events in, look-ups beside, messages out to the right screens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from callcenter.clock import Clock
from callcenter.desk.fold import Call, Card
from callcenter.desk.hub import Hub
from callcenter.desk.looks import Looks
from callcenter.desk.pops import Pops
from callcenter.desk.ports import ForeignRecords, LookUp, LookUpHandover
from callcenter.desk.protocol import CrmField, CrmPart, PopWarning
from callcenter.events import Event, calls, complaints, customers, people
from crm_adapter.ports import CrmError, ForeignRecord

log = structlog.get_logger(__name__)
EVENTS: tuple[type[Event], ...] = (
    calls.CallStarted,
    calls.CallNumberLearned,
    calls.CallClassified,
    calls.CallQueued,
    calls.CallRinging,
    calls.CallRingStopped,
    calls.CallAnswered,
    calls.CallAgentLeft,
    calls.CallEnded,
    calls.CallerChosen,
    calls.CallNoted,
    calls.PopDismissed,
    people.PresenceChanged,
    complaints.TicketOpened,
    customers.CustomerChanged,
)
_FOREIGN_S = 10.0
# A card read longer ago is shown at once and read again beside: a ticket may have been opened in another call.
_FRESH = timedelta(seconds=5)
# Shown when our own look-up fails: the agent must at least see that somebody calls.
_BLIND = (PopWarning(code="lookup_failed"),)


@dataclass
class ScreenPop:
    """Decides who sees what. `past` gives the journal of the calls that were open when the service stopped.

    Every web process follows all calls. Who calls is looked up when the call begins, while the caller is still in the
    menu, so that a ringing phone does not wait for it; later on only where somebody connected here can see it.
    """

    hub: Hub
    look_up: LookUp
    hand_over: LookUpHandover
    past: Callable[[], Awaitable[Sequence[Event]]]
    clock: Clock
    foreign: ForeignRecords | None = None
    pops: Pops = field(default_factory=Pops)
    _looks: Looks = field(default_factory=Looks)

    async def load(self) -> None:
        """Take up the calls that are open already."""
        for event in await self.past():
            self.pops.apply(event)

    async def run(self) -> None:
        """Own the look-ups until cancelled."""
        await self._looks.run()

    async def on_event(self, event: Event) -> None:
        """Live subscriber."""
        self.hub.send_pops(self.pops.apply(event))
        for call in self._concerned(event):
            self._look_at(call, event)

    async def prepare(self, extension: str) -> None:
        """Look up what a screen that is about to connect must show at once."""
        here = [call for call in self.pops.all() if extension in call.parts]
        unread = [self._read_card(call.id) for call in here if call.card is None]
        unread += [self._read_handover(call.id) for call in here if call.lacks_handover]
        await asyncio.gather(*unread)
        for call in here:
            self._ask_foreign(call.id)

    def may_dismiss(self, extension: str, call_id: str) -> bool:
        """Whether an agent has an ended pop to close."""
        return any(pop.call_id == call_id and pop.state == "ended" for pop in self.pops.shown(extension))

    def _concerned(self, event: Event) -> list[Call]:
        """Calls of which an event may tell us more than it says itself."""
        own = self.pops.get(event.call_id) if event.call_id else None
        match event:
            case complaints.TicketOpened() | customers.CustomerChanged():
                others = [call for call in self.pops.all() if self._may_show(call, event.customer_id)]
                return [*others, own] if own and own not in others else others
            case _:
                return [own] if own else []

    def _look_at(self, call: Call, event: Event) -> None:
        match event:
            case calls.CallStarted():
                if self.hub.anybody() and call.direction == "inbound":
                    self._read_card(call.id)
            case calls.CallRinging() | calls.CallAnswered():
                self._came_to_screen(call, event)
            case calls.CallNoted():
                self._handover_changed(call)
            case complaints.TicketOpened():
                if event.call_id == call.id:
                    self._handover_changed(call)
                self._card_changed(call)
            case calls.CallNumberLearned() | calls.CallerChosen() | customers.CustomerChanged():
                self._card_changed(call)

    def _came_to_screen(self, call: Call, event: calls.CallRinging | calls.CallAnswered) -> None:
        """What was read just now need not be read again, and fifty phones need it read once."""
        if not self._seen(call):
            return
        first_ring = isinstance(event, calls.CallRinging) and len(call.parts) == 1
        if call.card is None or (first_ring and self.clock() - call.card.read_at > _FRESH):
            self._read_card(call.id)
        if call.lacks_handover:
            self._read_handover(call.id)
        self._ask_foreign(call.id)

    def _card_changed(self, call: Call) -> None:
        if self._seen(call) or self._looks.running(_card_name(call.id)):
            self._read_card(call.id, again=True)
        else:
            self.pops.unlearn(call.id)

    def _handover_changed(self, call: Call) -> None:
        if self._seen(call) or self._looks.running(_handover_name(call.id)):
            self._read_handover(call.id, again=True)
        else:
            self.pops.unlearn_handover(call.id)

    def _may_show(self, call: Call, customer_id: str | None) -> bool:
        """Whether a changed customer may be one of the candidates, or the one that was missing."""
        if customer_id is None:
            return False
        if call.card is None:
            return self._looks.running(_card_name(call.id))
        return not call.card.candidates or any(card.id == customer_id for card in call.card.candidates)

    def _seen(self, call: Call) -> bool:
        return any(self.hub.at_phone(extension) for extension in call.parts)

    def _read_card(self, call_id: str, *, again: bool = False) -> asyncio.Task[None]:
        async def read() -> None:
            if call := self.pops.get(call_id):
                card = await self._card(call)
                waiting = self.foreign is not None and not card.withheld and call.crm.state == "off"
                crm = CrmPart(state="waiting") if waiting and (card.number or call.raw_number) else None
                self.hub.send_pops(self.pops.learn(call_id, card, crm))
                if self._seen(self.pops.get(call_id) or call):
                    self._ask_foreign(call_id)

        return self._looks.start(_card_name(call_id), read, again=again)

    async def _card(self, call: Call) -> Card:
        try:
            return await self.look_up(call)
        except Exception:
            log.exception("lookup_failed", call_id=call.id)
            return call.card or Card(None, False, self.clock(), warnings=_BLIND)

    def _read_handover(self, call_id: str, *, again: bool = False) -> asyncio.Task[None]:
        async def read() -> None:
            if call := self.pops.get(call_id):
                try:
                    handover = await self.hand_over(call)
                except Exception:
                    log.exception("handover_unread", call_id=call_id)
                else:
                    self.hub.send_pops(self.pops.learn_handover(call_id, handover))

        return self._looks.start(_handover_name(call_id), read, again=again)

    def _ask_foreign(self, call_id: str) -> None:
        """Ask the firm's own CRM, once somebody looks at the call. It answers when it likes."""
        call = self.pops.get(call_id)
        foreign, name = self.foreign, f"desk-crm-{call_id}"
        if foreign is None or call is None or call.card is None or self._looks.running(name):
            return
        if call.crm.state == "waiting":
            number = call.card.number or call.raw_number
            self._looks.start(name, lambda: self._ask(foreign, call_id, number))

    async def _ask(self, foreign: ForeignRecords, call_id: str, number: str) -> None:
        try:
            async with asyncio.timeout(_FOREIGN_S):
                part = _crm_part(await foreign.find_customer(number))
        except (CrmError, TimeoutError) as error:
            log.warning("crm_lookup_failed", call_id=call_id, reason=str(error))
            part = CrmPart(state="failed")
        self.hub.send_pops(self.pops.learn_foreign(call_id, part))


def _card_name(call_id: str) -> str:
    return f"desk-lookup-{call_id}"


def _handover_name(call_id: str) -> str:
    return f"desk-handover-{call_id}"


def _crm_part(found: list[ForeignRecord]) -> CrmPart:
    if not found:
        return CrmPart(state="none")
    first = found[0]
    fields = tuple(CrmField(label=label, value=value) for label, value in first.fields)
    return CrmPart(state="found", name=first.name, url=first.url, fields=fields)
