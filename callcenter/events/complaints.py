"""What happens to a ticket."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import Event

CrmState = Literal["off", "pending", "sent", "failed"]


class TicketOpened(Event):
    type: Literal["TicketOpened"] = "TicketOpened"
    ticket_id: str
    number: str
    kind: str
    customer_id: str | None = None


class TicketCrmChanged(Event):
    """How the ticket fares on its way to the firm's own CRM."""

    type: Literal["TicketCrmChanged"] = "TicketCrmChanged"
    ticket_id: str
    state: CrmState
