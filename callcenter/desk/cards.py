"""From a number to the people who may be calling, with what the agent needs to know of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from callcenter.calls.model import CallRow
from callcenter.clock import Clock
from callcenter.customers.numbers import parse
from callcenter.customers.service import Customers
from callcenter.customers.shapes import CustomerRow
from callcenter.db import Database
from callcenter.desk.fold import Call, Card
from callcenter.desk.history import History, read_history
from callcenter.desk.protocol import CustomerCard, NewCustomer
from callcenter.desk.ranking import Asked, rank

_CHOSEN = select(CallRow.customer_id).where(CallRow.id == bindparam("call"))


@dataclass(frozen=True)
class Cards:
    """Looks callers up."""

    db: Database
    customers: Customers
    clock: Clock

    async def look_up(self, call: Call) -> Card:
        """Who may be calling: those who have this number, and the one whom the agent settled on."""
        number, read_at = parse(call.raw_number, self.customers.region), self.clock()
        withheld = number.kind == "withheld"
        people: list[CustomerRow] = [] if withheld else list(await self.customers.find_by_number(call.raw_number))
        async with self.db.read() as session:
            chosen = await session.scalar(_CHOSEN, {"call": call.id})
            people += await self._missing(people, chosen)
            history = await read_history(session, [each.id for each in people], number.e164, besides=call.id)
        phone = "" if withheld else number.e164 or call.raw_number
        return Card(
            number=number.e164,
            withheld=withheld,
            read_at=read_at,
            candidates=tuple(_cards(people, history)),
            chosen=chosen,
            new_customer=None if people else NewCustomer(phone=phone),
            warnings=history.warnings(self.clock()),
        )

    async def of_customer(self, customer_id: str) -> CustomerCard:
        """One customer's card."""
        customer = await self.customers.get(customer_id)
        async with self.db.read() as session:
            history = await read_history(session, [customer_id], None, besides="")
        return rank(_cards([customer], history), Asked(self.clock()))[0]

    async def _missing(self, people: Sequence[CustomerRow], chosen: str | None) -> list[CustomerRow]:
        if chosen is None or any(each.id == chosen for each in people):
            return []
        return [await self.customers.get(chosen)]


def _cards(people: Sequence[CustomerRow], history: History) -> list[CustomerCard]:
    return [
        CustomerCard(
            id=each.id,
            name=each.name,
            grade=each.grade,
            homes=tuple(each.homes),
            phones=tuple(each.phones),
            tags=tuple(each.tags),
            open_tickets=history.tickets_of(each.id),
            last_calls=history.calls_of(each.id),
            reason="same_number",
        )
        for each in people
    ]
