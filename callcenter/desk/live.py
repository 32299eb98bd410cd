"""What else moves on the agents' screens: presence, queues, transcripts, tickets on their way to the CRM."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from callcenter.desk.hub import Hub
from callcenter.desk.ports import Floor
from callcenter.desk.protocol import PresenceChanged, QueuesChanged, TicketChanged, TranscriptChanged
from callcenter.events import Event, complaints, recordings

EVENTS: tuple[type[Event], ...] = (complaints.TicketCrmChanged, recordings.TranscriptChanged)
# Every screen shows the figures, and they change with every call: told at most this often.
_PACE_S = 1.0


@dataclass
class LiveFigures:
    """Tells the screens what changed beside the pops."""

    hub: Hub
    floor: Floor
    pace_s: float = _PACE_S
    _stale: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.floor.watch_presence(self._presence_changed)
        self.floor.watch_queues(self._stale.set)

    async def on_event(self, event: Event) -> None:
        """Live subscriber."""
        match event:
            case recordings.TranscriptChanged():
                self.hub.send_to_all(TranscriptChanged(call_id=event.call_id, state=event.state))
            case complaints.TicketCrmChanged():
                self.hub.send_to_all(TicketChanged(ticket_id=event.ticket_id, crm_state=event.state))

    async def run(self) -> None:
        """Tell the queues' figures when they have changed, until cancelled."""
        while True:
            await self._stale.wait()
            self._stale.clear()
            await self.hub.spread(QueuesChanged(queues=tuple(self.floor.live())))
            await asyncio.sleep(self.pace_s)

    def _presence_changed(self, user_id: str, extension: str) -> None:
        """An agent's presence, to all his tabs."""
        if self.hub.has_user(user_id):
            self.hub.send_to_user(user_id, PresenceChanged(presence=self.floor.view(user_id, extension)))
