"""The screen pop: events in, look-ups beside, messages out to the right screens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from callcenter.desk.fold import Call, Card
from callcenter.desk.hub import Hub
from callcenter.desk.pops import Pops
from callcenter.desk.ports import ForeignRecords, LookUp
from callcenter.desk.protocol import CrmField, CrmPart, PopWarning
from callcenter.events import Event, calls, complaints, customers, people
from crm_adapter.ports import CrmError, ForeignRecord

log = structlog.get_logger(__name__)
EVENTS: tuple[type[Event], ...] = (
    calls.CallStarted,
    calls.CallClassified,
    calls.CallQueued,
    calls.CallRinging,
    calls.CallRingStopped,
    calls.CallAnswered,
    calls.CallAgentLeft,
    calls.CallEnded,
    calls.CallerChosen,
    calls.PopDismissed,
    people.PresenceChanged,
    complaints.TicketOpened,
    customers.CustomerChanged,
)
_FOREIGN_S = 10.0
# So much later than the last event read back, none of them can come again.
_LATE = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)
_MOST_STALE = 100
# Shown when our own look-up fails: the agent must at least see that somebody calls.
_BLIND = Card(number=None, withheld=False, warnings=(PopWarning(code="lookup_failed"),))


@dataclass
class ScreenPop:
    """Decides who sees what. `past` gives the journal of the calls that were open when the service stopped.

    Every web process follows all calls, but looks up only those that somebody connected to it can see.
    """

    hub: Hub
    look_up: LookUp
    past: Callable[[], Awaitable[Sequence[Event]]]
    foreign: ForeignRecords | None = None
    pops: Pops = field(default_factory=Pops)
    _known: frozenset[str] = frozenset()
    _known_until: datetime = _NEVER
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _looking: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _again: set[str] = field(default_factory=set)
    # What is known of these callers changed while nobody looked.
    _stale: set[str] = field(default_factory=set)

    async def load(self) -> None:
        """Take up the calls that are open already."""
        events = await self.past()
        self._known = frozenset(event.model_dump_json() for event in events)
        self._known_until = max((event.at for event in events), default=_NEVER) + _LATE
        for event in events:
            self.pops.apply(event)

    async def run(self) -> None:
        """Own the look-ups until cancelled."""
        try:
            await asyncio.Event().wait()
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def on_event(self, event: Event) -> None:
        """Live subscriber. What was read back from the journal at the start is not taken twice."""
        if self._known and event.model_dump_json() in self._known:
            return
        if self._known and event.at > self._known_until:
            self._known = frozenset()
        self.hub.send_pops(self.pops.apply(event))
        for call_id in self._concerned(event):
            if self._seen(call_id):
                self._refresh(call_id)
            else:
                self._stale.add(call_id)
        if len(self._stale) > _MOST_STALE:
            self._stale = {call_id for call_id in self._stale if self.pops.get(call_id)}

    async def prepare(self, extension: str) -> None:
        """Look up what a screen that is about to connect must show at once."""
        calls_here = [call for call in self.pops.at_phones() if extension in call.parts]
        unread = [call.id for call in calls_here if call.card is None or call.id in self._stale]
        await asyncio.gather(*(self._refresh(call_id) for call_id in unread))

    def may_dismiss(self, extension: str, call_id: str) -> bool:
        """Whether an agent has an ended pop to close."""
        return any(pop.call_id == call_id and pop.state == "ended" for pop in self.pops.shown(extension))

    def _concerned(self, event: Event) -> list[str]:
        """Calls on screens that an event makes us look up, for the first time or again."""
        match event:
            case calls.CallRinging() | calls.CallAnswered():
                call = self.pops.get(event.call_id)
                return [call.id] if call and _unread(call, event) else []
            case calls.CallerChosen():
                return [event.call_id]
            case complaints.TicketOpened():
                return [call.id for call in self.pops.at_phones() if call.id == event.call_id]
            case customers.CustomerChanged():
                return [call.id for call in self.pops.at_phones() if _may_show(call, event.customer_id)]
            case _:
                return []

    def _seen(self, call_id: str) -> bool:
        call = self.pops.get(call_id)
        return call is not None and any(self.hub.at_phone(extension) for extension in call.parts)

    def _refresh(self, call_id: str) -> asyncio.Task[None]:
        if call_id in self._looking:
            self._again.add(call_id)
        else:
            self._looking[call_id] = self._start(self._look(call_id), f"desk-lookup-{call_id}")
        return self._looking[call_id]

    async def _look(self, call_id: str) -> None:
        """Look up one call's caller, once more for each change that came in the meantime."""
        try:
            call = self.pops.get(call_id)
            while call is not None:
                self._again.discard(call_id)
                self._stale.discard(call_id)
                self._show(call, await self._card(call))
                call = self.pops.get(call_id) if call_id in self._again else None
        finally:
            self._looking.pop(call_id, None)

    async def _card(self, call: Call) -> Card:
        try:
            return await self.look_up(call)
        except Exception:
            log.exception("lookup_failed", call_id=call.id)
            return call.card or _BLIND

    def _show(self, call: Call, card: Card) -> None:
        number = card.number or call.raw_number
        ask = call.card is None and self.foreign is not None and not card.withheld and bool(number)
        crm = CrmPart(state="waiting") if ask else None
        self.hub.send_pops(self.pops.learn(call.id, card, crm))
        if ask:
            self._start(self._ask(call.id, number), f"desk-crm-{call.id}")

    async def _ask(self, call_id: str, number: str) -> None:
        """Fill in what the firm's own CRM knows, whenever it answers."""
        assert self.foreign is not None
        try:
            async with asyncio.timeout(_FOREIGN_S):
                part = _crm_part(await self.foreign.find_customer(number))
        except (CrmError, TimeoutError) as error:
            log.warning("crm_lookup_failed", call_id=call_id, reason=str(error))
            part = CrmPart(state="failed")
        self.hub.send_pops(self.pops.learn_foreign(call_id, part))

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _unread(call: Call, event: Event) -> bool:
    """Whether nobody has looked for this caller, or not since the call was last on a screen."""
    first_ring = isinstance(event, calls.CallRinging) and len(call.parts) == 1
    return bool(call.parts) and (call.card is None or first_ring)


def _may_show(call: Call, customer_id: str) -> bool:
    """Whether a changed customer may be one of the candidates, or the one that was missing."""
    if call.card is None:
        return False
    return not call.card.candidates or any(card.id == customer_id for card in call.card.candidates)


def _crm_part(found: list[ForeignRecord]) -> CrmPart:
    if not found:
        return CrmPart(state="none")
    first = found[0]
    fields = tuple(CrmField(label=label, value=value) for label, value in first.fields)
    return CrmPart(state="found", name=first.name, url=first.url, fields=fields)
