"""What else moves on the agents' screens: presence, queues, transcripts, tickets on their way to the CRM."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from callcenter.desk.hub import Hub
from callcenter.desk.ports import Floor
from callcenter.desk.protocol import (
    PresenceChanged,
    QueuesChanged,
    TicketChanged,
    TranscriptChanged,
)
from callcenter.events import Event, calls, complaints, people, recordings

log = structlog.get_logger(__name__)
_OF_QUEUES = (
    calls.CallQueued,
    calls.CallRinging,
    calls.CallRingStopped,
    calls.CallAnswered,
    calls.CallAgentLeft,
    calls.CallEnded,
    people.PresenceChanged,
)
EVENTS: tuple[type[Event], ...] = (*_OF_QUEUES, complaints.TicketCrmChanged, recordings.TranscriptChanged)
# Every screen shows the figures, and they change with every call: told at most this often.
_PACE_S = 0.5


@dataclass
class LiveFigures:
    """Tells the screens what changed beside the pops."""

    hub: Hub
    floor: Floor
    pace_s: float = _PACE_S
    _stale: asyncio.Event = field(default_factory=asyncio.Event)

    async def on_event(self, event: Event) -> None:
        """Live subscriber."""
        if isinstance(event, _OF_QUEUES):
            self._stale.set()
        match event:
            case people.PresenceChanged():
                await self.tell_presence(event.user_id)
            case recordings.TranscriptChanged():
                self.hub.send_to_all(TranscriptChanged(call_id=event.call_id, state=event.state))
            case complaints.TicketCrmChanged():
                self.hub.send_to_all(TicketChanged(ticket_id=event.ticket_id, crm_state=event.state))

    async def tell_presence(self, user_id: str) -> None:
        """An agent's presence, to all his tabs."""
        if self.hub.has_user(user_id) and (presence := await self.floor.presence(user_id)):
            self.hub.send_to_user(user_id, PresenceChanged(presence=presence))

    async def run(self) -> None:
        """Tell the queues' figures when they have changed, until cancelled."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            try:
                self.hub.send_to_all(QueuesChanged(queues=tuple(await self.floor.queues())))
            except Exception:
                log.exception("queue_figures_failed")
            await asyncio.sleep(self.pace_s)
