"""No foreign CRM: our own store is the CRM, and the ticket is already in it."""

from __future__ import annotations

from crm_adapter.ports import ExternalTicket, ForeignRecord, TicketDraft


class BuiltinCrm:
    """Acknowledges at once. `state` is "off": nothing was sent anywhere."""

    remote = False

    async def create_ticket(self, draft: TicketDraft) -> ExternalTicket:
        return ExternalTicket(external_id=draft.number, state="off")

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        return []

    async def close(self) -> None:
        return None
