"""A customer's time line: his calls and his tickets, the newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import AwareDatetime, BaseModel
from sqlalchemy import select

from callcenter.complaints.model import TicketRow
from callcenter.customers.model import CustomerRow
from callcenter.db import Database
from callcenter.desk.call_list import CallList
from callcenter.desk.call_shapes import CallRow
from callcenter.errors import Problem

_LENGTH = 200


class CustomerEvent(BaseModel):
    """A contact. `title`: the facts of the ticket, or the number that called; the rest as the kind has it."""

    at: AwareDatetime
    kind: Literal["call", "ticket"]
    id: str
    title: str
    queue: str | None = None
    outcome: str | None = None
    agent_name: str | None = None
    number: str | None = None
    ticket_kind: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class CustomerTimeline:
    """Reads what a customer had to do with us."""

    db: Database
    calls: CallList

    async def show(self, customer_id: str) -> list[CustomerEvent]:
        """The last contacts."""
        query = select(TicketRow).where(TicketRow.customer_id == customer_id)
        async with self.db.read() as session:
            if await session.get(CustomerRow, customer_id) is None:
                raise Problem("customer_unknown", status=404, customer=customer_id)
            tickets = (await session.scalars(query.order_by(TicketRow.id.desc()).limit(_LENGTH))).all()
        called = await self.calls.of_customer(customer_id, _LENGTH)
        items = [*map(_of_ticket, tickets), *map(_of_call, called)]
        return sorted(items, key=lambda item: item.at, reverse=True)[:_LENGTH]


def _of_call(call: CallRow) -> CustomerEvent:
    return CustomerEvent(
        at=call.started_at,
        kind="call",
        id=call.id,
        title=call.number or call.raw_number,
        queue=call.queue,
        outcome=call.outcome,
        agent_name=call.agent_name,
    )


def _of_ticket(ticket: TicketRow) -> CustomerEvent:
    return CustomerEvent(
        at=ticket.created_at,
        kind="ticket",
        id=ticket.id,
        title=ticket.summary,
        number=ticket.number,
        ticket_kind=ticket.kind,
        status=ticket.status,
    )
