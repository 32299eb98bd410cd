"""What a caller had to do with us before: open tickets and last calls. Two indexed queries, whatever the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.model import UserRow
from callcenter.calls.model import CallRow
from callcenter.complaints.model import TicketRow
from callcenter.desk.protocol import CardCall, CardTicket, PopWarning

_LOOKED_AT = 30
_SHOWN = 5
_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)
_OFTEN = 3
Called = tuple[CallRow, str | None]


@dataclass(frozen=True)
class History:
    """Calls (with the agent's name) and open tickets of some customers and of one number, the newest first."""

    calls: Sequence[Called]
    tickets: Sequence[TicketRow]

    def calls_of(self, customer_id: str) -> tuple[CardCall, ...]:
        """The last calls of one customer."""
        own = (called for called in self.calls if called[0].customer_id == customer_id)
        return tuple(_card_call(call, agent) for call, agent in own)[:_SHOWN]

    def tickets_of(self, customer_id: str) -> tuple[CardTicket, ...]:
        """The open tickets of one customer."""
        return tuple(_card_ticket(row) for row in self.tickets if row.customer_id == customer_id)

    def warnings(self, now: datetime) -> tuple[PopWarning, ...]:
        """What the agent should know before he speaks. This call counts as one of the week's."""
        incoming = [call for call, _agent in self.calls if call.direction == "inbound"]
        count = 1 + sum(call.started_at > now - _WEEK for call in incoming)
        found = [PopWarning(code="third_call_this_week", params={"count": count})] if count >= _OFTEN else []
        if incoming and incoming[0].outcome == "abandoned" and incoming[0].started_at > now - _DAY:
            found.append(PopWarning(code="gave_up_before"))
        return tuple(found)


async def read_history(session: AsyncSession, customer_ids: Sequence[str], number: str | None, besides: str) -> History:
    """The history of the customers and of the number, without the call `besides`."""
    calls = select(CallRow, UserRow.name).outerjoin(UserRow, UserRow.id == CallRow.agent_id)
    calls = calls.where(CallRow.id.in_(_last(customer_ids, number)), CallRow.id != besides)
    called = (await session.execute(calls.order_by(CallRow.started_at.desc()))).all()
    if not customer_ids:
        return History(list(called), [])
    tickets = select(TicketRow).where(TicketRow.customer_id.in_(customer_ids), TicketRow.status == "open")
    rows = (await session.scalars(tickets.order_by(TicketRow.id.desc()).limit(_LOOKED_AT))).all()
    return History(list(called), rows)


def _last(customer_ids: Sequence[str], number: str | None) -> Any:
    """Ids of the last calls. Each half walks an index backwards, so that a caller of many years costs no more."""
    of_customers = select(CallRow.id).where(CallRow.customer_id.in_(customer_ids))
    of_number = select(CallRow.id).where(CallRow.number == number)
    if not customer_ids:
        return _newest(of_number)
    return _newest(of_customers).union(_newest(of_number)) if number else _newest(of_customers)


def _newest(query: Select[str]) -> Select[str]:
    newest = query.order_by(CallRow.started_at.desc()).limit(_LOOKED_AT).subquery()
    return select(newest.c.id)


def _card_call(call: CallRow, agent_name: str | None) -> CardCall:
    return CardCall(
        id=call.id,
        queue=call.queue,
        started_at=call.started_at,
        agent_name=agent_name,
        outcome=call.outcome,
        disposition=call.disposition,
        note=call.note,
    )


def _card_ticket(row: TicketRow) -> CardTicket:
    return CardTicket(
        id=row.id,
        number=row.number,
        kind=row.kind,
        category=row.category,
        summary=row.summary,
        status=row.status,
        created_at=row.created_at,
    )
