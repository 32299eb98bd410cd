"""Opening tickets, finding them again, asking for another try at the CRM."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.complaints.categories import KINDS, Tree
from callcenter.complaints.model import TicketOpeningRow, TicketRow
from callcenter.complaints.numbering import next_number, period_of
from callcenter.complaints.ports import CallBook, CustomerBook
from callcenter.db import Database, Transaction
from callcenter.errors import Problem
from callcenter.events.complaints import TicketCrmChanged, TicketOpened
from callcenter.events.ids import new_id

LONGEST_SUMMARY = 8000
_LONGEST_KEY = 128
_MATCHING_CUSTOMERS = 200


@dataclass(frozen=True)
class NewTicket:
    """What is registered. Customer and number are taken from the call where they are not given."""

    kind: str
    summary: str
    category: str | None = None
    call_id: str | None = None
    customer_id: str | None = None
    caller_number: str | None = None

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


@dataclass(frozen=True)
class TicketFilter:
    """Which tickets to list; None means any."""

    q: str | None = None
    kind: str | None = None
    status: str | None = None
    customer_id: str | None = None
    call_id: str | None = None


@dataclass
class Tickets:
    """The firm's tickets. `crm_remote` tells whether there is a foreign CRM that every ticket must reach."""

    db: Database
    clock: Clock
    zone: ZoneInfo
    categories: Tree
    customers: CustomerBook
    calls: CallBook
    crm_remote: bool

    async def open(self, wanted: NewTicket, owner_id: str, key: str | None = None) -> TicketRow:
        """Register a ticket; `owner_id` is whoever heard it first.

        The same `key` of the same owner comes to the same ticket; with other contents it is a `Problem`.
        """
        if key is not None and not 0 < len(key) <= _LONGEST_KEY:
            raise Problem("idempotency_key_length", field="Idempotency-Key", longest=_LONGEST_KEY)
        wanted = self._checked(wanted)
        known = await self._opened(wanted, owner_id, key)
        return known or await self._open(wanted, owner_id, key)

    async def get(self, ticket_id: str) -> TicketRow:
        """A ticket by its id."""
        async with self.db.read() as session:
            row = await session.get(TicketRow, ticket_id)
        if row is None:
            raise Problem("ticket_unknown", status=404, ticket=ticket_id)
        return row

    async def page(self, wanted: TicketFilter, cursor: str | None, limit: int) -> list[TicketRow]:
        """Up to `limit` tickets, the newest first, older than the one whose id is `cursor`."""
        query = select(TicketRow).order_by(TicketRow.id.desc()).limit(limit)
        for column in ("kind", "status", "customer_id", "call_id"):
            if (value := getattr(wanted, column)) is not None:
                query = query.where(getattr(TicketRow, column) == value)
        if cursor is not None:
            query = query.where(TicketRow.id < cursor)
        if wanted.q and wanted.q.strip():
            query = await self._narrowed(query, wanted.q.strip())
        async with self.db.read() as session:
            return list((await session.scalars(query)).all())

    async def retry_crm(self, ticket_id: str) -> TicketRow:
        """Send a ticket to the CRM again, now. One that has arrived stays as it is."""
        if not self.crm_remote:
            raise Problem("crm_off", status=409)
        async with self.db.transaction() as work:
            row = await work.session.get(TicketRow, ticket_id, with_for_update=True)
            if row is None:
                raise Problem("ticket_unknown", status=404, ticket=ticket_id)
            if row.crm_state != "sent":
                row.crm_state, row.crm_next_try_at = "pending", self.clock()
                row.crm_round += 1
                work.emit(TicketCrmChanged(at=self.clock(), call_id=row.call_id, ticket_id=row.id, state="pending"))
        return row

    def _checked(self, wanted: NewTicket) -> NewTicket:
        summary = wanted.summary.strip()
        if wanted.kind not in KINDS:
            raise Problem("ticket_kind_unknown", field="kind", value=wanted.kind, kinds=", ".join(KINDS))
        if wanted.category is not None and self.categories.find(wanted.category) is None:
            raise Problem("ticket_category_unknown", field="category", value=wanted.category)
        if not summary:
            raise Problem("ticket_summary_missing", field="summary")
        if len(summary) > LONGEST_SUMMARY:
            raise Problem("ticket_summary_long", field="summary", length=len(summary), longest=LONGEST_SUMMARY)
        return replace(wanted, summary=summary)

    async def _completed(self, wanted: NewTicket) -> NewTicket:
        """With what the call knows. What is named but does not exist is refused."""
        if wanted.call_id is not None:
            call = await self.calls.facts(wanted.call_id)
            if call is None:
                raise Problem("ticket_call_unknown", field="call_id", value=wanted.call_id)
            wanted = replace(
                wanted,
                customer_id=wanted.customer_id or call.customer_id,
                caller_number=wanted.caller_number or call.number,
            )
        if wanted.customer_id is not None and not await self.customers.names([wanted.customer_id]):
            raise Problem("ticket_customer_unknown", field="customer_id", value=wanted.customer_id)
        return wanted

    async def _open(self, wanted: NewTicket, owner_id: str, key: str | None) -> TicketRow:
        complete = await self._completed(wanted)
        try:
            async with self.db.transaction() as work:
                row = await self._insert(work, complete, owner_id)
                if key is not None:
                    work.session.add(
                        TicketOpeningRow(user_id=owner_id, key=key, fingerprint=wanted.fingerprint, ticket_id=row.id)
                    )
            return row
        except IntegrityError:
            # The same request was under way twice: the other one won, and this one gave its number back.
            known = await self._opened(wanted, owner_id, key)
            if known is None:
                raise
            return known

    async def _insert(self, work: Transaction, wanted: NewTicket, owner_id: str) -> TicketRow:
        now = self.clock()
        row = TicketRow(
            id=new_id(),
            number=await next_number(work.session, period_of(now, self.zone)),
            kind=wanted.kind,
            category=wanted.category,
            summary=wanted.summary,
            status="open",
            customer_id=wanted.customer_id,
            caller_number=wanted.caller_number,
            call_id=wanted.call_id,
            owner_id=owner_id,
            created_at=now,
            version=1,
            crm_state="pending" if self.crm_remote else "off",
            crm_attempts=0,
            crm_round=1,
            crm_next_try_at=now if self.crm_remote else None,
        )
        work.session.add(row)
        # Written now, because the opening that follows points at it.
        await work.session.flush()
        work.emit(_announced(row))
        return row

    async def _opened(self, wanted: NewTicket, owner_id: str, key: str | None) -> TicketRow | None:
        if key is None:
            return None
        async with self.db.read() as session:
            return await _opened_before(session, owner_id, key, wanted.fingerprint)

    async def _narrowed(self, query: Select[TicketRow], text: str) -> Select[TicketRow]:
        customers = await self.customers.matching(text, _MATCHING_CUSTOMERS)
        return query.where(
            or_(
                TicketRow.number.contains(text, autoescape=True),
                TicketRow.summary.icontains(text, autoescape=True),
                TicketRow.caller_number.contains(text, autoescape=True),
                TicketRow.customer_id.in_(customers),
            )
        )


def _announced(row: TicketRow) -> TicketOpened:
    return TicketOpened(
        at=row.created_at,
        call_id=row.call_id,
        ticket_id=row.id,
        number=row.number,
        kind=row.kind,
        customer_id=row.customer_id,
    )


async def _opened_before(session: AsyncSession, owner_id: str, key: str, fingerprint: str) -> TicketRow | None:
    opening = await session.get(TicketOpeningRow, (owner_id, key))
    if opening is None:
        return None
    if opening.fingerprint != fingerprint:
        raise Problem("idempotency_key_reused", status=409, field="Idempotency-Key")
    return await session.get(TicketRow, opening.ticket_id)
