"""What a caller had to do with us before: open tickets and last calls. Two indexed queries, whatever the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, select
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


def _newest(query: Select[str]) -> Select[str]:
    """The last calls of a query, by walking an index backwards: a caller of many years costs no more."""
    newest = query.order_by(CallRow.started_at.desc()).limit(_LOOKED_AT).subquery()
    return select(newest.c.id)


# Built once: putting a statement together takes longer than running it.
_LAST_CALLS = (
    select(
        CallRow.id,
        CallRow.customer_id,
        CallRow.direction,
        CallRow.queue,
        CallRow.started_at,
        CallRow.outcome,
        CallRow.disposition,
        CallRow.note,
        UserRow.name.label("agent_name"),
    )
    .outerjoin(UserRow, UserRow.id == CallRow.agent_id)
    .where(
        CallRow.id.in_(
            _newest(select(CallRow.id).where(CallRow.customer_id.in_(bindparam("customers", expanding=True)))).union(
                _newest(select(CallRow.id).where(CallRow.number == bindparam("number")))
            )
        ),
        CallRow.id != bindparam("besides"),
    )
    .order_by(CallRow.started_at.desc())
)
# What `card_ticket` needs.
TICKET = (
    TicketRow.id,
    TicketRow.number,
    TicketRow.kind,
    TicketRow.category,
    TicketRow.summary,
    TicketRow.status,
    TicketRow.created_at,
)
_OPEN_TICKETS = (
    select(*TICKET, TicketRow.customer_id)
    .where(TicketRow.customer_id.in_(bindparam("customers", expanding=True)), TicketRow.status == "open")
    .order_by(TicketRow.id.desc())
    .limit(_LOOKED_AT)
)


@dataclass(frozen=True)
class History:
    """Rows of `_LAST_CALLS` and `_OPEN_TICKETS`, the newest first."""

    calls: Sequence[Any]
    tickets: Sequence[Any]

    def calls_of(self, customer_id: str) -> tuple[CardCall, ...]:
        """The last calls of one customer."""
        own = [row for row in self.calls if row.customer_id == customer_id]
        return tuple(_card_call(row) for row in own[:_SHOWN])

    def tickets_of(self, customer_id: str) -> tuple[CardTicket, ...]:
        """The open tickets of one customer."""
        return tuple(card_ticket(row) for row in self.tickets if row.customer_id == customer_id)

    def warnings(self, now: datetime) -> tuple[PopWarning, ...]:
        """What the agent should know before he speaks. This call counts as one of the week's."""
        incoming = [call for call in self.calls if call.direction == "inbound"]
        count = 1 + sum(call.started_at > now - _WEEK for call in incoming)
        found = [PopWarning(code="third_call_this_week", params={"count": count})] if count >= _OFTEN else []
        if incoming and incoming[0].outcome == "abandoned" and incoming[0].started_at > now - _DAY:
            found.append(PopWarning(code="gave_up_before"))
        return tuple(found)


async def read_history(session: AsyncSession, customer_ids: Sequence[str], number: str | None, besides: str) -> History:
    """The history of the customers and of the number, without the call `besides`."""
    customers = list(customer_ids)
    calls = await session.execute(_LAST_CALLS, {"customers": customers, "number": number, "besides": besides})
    tickets = (await session.execute(_OPEN_TICKETS, {"customers": customers})).all() if customers else []
    return History(calls.all(), tickets)


def _card_call(row: Any) -> CardCall:
    return CardCall(
        id=row.id,
        queue=row.queue,
        started_at=row.started_at,
        agent_name=row.agent_name,
        outcome=row.outcome,
        disposition=row.disposition,
        note=row.note,
    )


def card_ticket(row: Any) -> CardTicket:
    """A row of `TICKET` as the screens get it."""
    return CardTicket(
        id=row.id,
        number=row.number,
        kind=row.kind,
        category=row.category,
        summary=row.summary,
        status=row.status,
        created_at=row.created_at,
    )
