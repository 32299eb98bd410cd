"""The customers' records: kept, changed, found again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from callcenter.clock import Clock
from callcenter.customers import store
from callcenter.customers.model import CustomerRow, PhoneRow
from callcenter.customers.numbers import PhoneRegion, parse
from callcenter.customers.shapes import Customer, CustomerCandidate, CustomerChange, CustomerDraft
from callcenter.customers.shapes import CustomerRow as Listed
from callcenter.db import Database, Transaction
from callcenter.errors import Problem
from callcenter.events.customers import CustomerChanged

Change = Literal["created", "updated"]
_COLUMNS = ("name", "kind", "grade", "external_id", "tags", "note")


@dataclass
class Customers:
    """The customers. `region` says how local and short numbers are to be read."""

    db: Database
    clock: Clock
    region: PhoneRegion

    async def create(self, draft: CustomerDraft) -> Customer:
        """Add a customer. An `external_id` that another one has is a `Problem`."""
        try:
            async with self.db.transaction() as work:
                row = store.new_row(draft, self.region, self.clock())
                work.session.add(row)
                self._changed(work, row, "created")
        except IntegrityError as error:
            raise _taken(draft.external_id) from error
        return Customer.model_validate(row)

    async def update(self, customer_id: str, change: CustomerChange, version: int) -> Customer:
        """Change a customer who is still at `version`; a `Problem` when somebody was quicker."""
        try:
            async with self.db.transaction() as work:
                query = store.whole().where(CustomerRow.id == customer_id).with_for_update()
                row = _found(await work.session.scalar(query), customer_id)
                if row.version != version:
                    raise Problem("customer_changed_meanwhile", status=412, field="If-Match", version=row.version)
                self._apply(row, change)
                row.version, row.updated_at = row.version + 1, self.clock()
                self._changed(work, row, "updated")
        except IntegrityError as error:
            raise _taken(change.external_id) from error
        return Customer.model_validate(row)

    async def get(self, customer_id: str) -> Customer:
        """A customer by his id."""
        async with self.db.read() as session:
            query = store.whole().where(CustomerRow.id == customer_id)
            return Customer.model_validate(_found(await session.scalar(query), customer_id))

    async def search(self, text: str | None, cursor: str | None, limit: int) -> list[Listed]:
        """Up to `limit` customers, the newest first, whose id is below `cursor`.

        `text` is (part of) a name, a number in any shape, its last digits, a room (3-2-1201, 翠湖花园3栋), or the
        number in the firm's books.
        """
        wanted = (text or "").strip()
        query = store.matching(wanted, self.region) if wanted else select(CustomerRow).order_by(CustomerRow.id.desc())
        if cursor is not None:
            query = query.where(CustomerRow.id < cursor)
        async with self.db.read() as session:
            rows = await session.scalars(query.options(*store.WHOLE).limit(limit))
            return [Listed.model_validate(row) for row in rows]

    async def find_by_number(self, raw: str) -> list[CustomerCandidate]:
        """Everyone who has this number, in whatever shape it comes, the last changed first; [] when it is withheld."""
        key = parse(raw, self.region).lookup_key
        if key is None:
            return []
        async with self.db.read() as session:
            rows = await store.by_key(session, key)
        rows.sort(key=lambda row: row.updated_at, reverse=True)
        return [CustomerCandidate.model_validate(row) for row in rows]

    async def cards(self, customer_ids: Collection[str]) -> list[Customer]:
        """These customers, in the order asked for; unknown ids are left out."""
        async with self.db.read() as session:
            rows = {row.id: row for row in await store.by_ids(session, customer_ids)}
        return [Customer.model_validate(rows[each]) for each in customer_ids if each in rows]

    async def names(self, customer_ids: Collection[str]) -> Mapping[str, str]:
        """Id → name; unknown ids are left out."""
        if not customer_ids:
            return {}
        query = select(CustomerRow.id, CustomerRow.name).where(CustomerRow.id.in_(customer_ids))
        async with self.db.read() as session:
            return {row.id: row.name for row in await session.execute(query)}

    async def numbers(self, customer_id: str) -> tuple[str, ...]:
        """A customer's numbers, E.164 where they could be read, else as they were written."""
        query = select(PhoneRow).where(PhoneRow.customer_id == customer_id).order_by(PhoneRow.id)
        async with self.db.read() as session:
            return tuple(phone.e164 or phone.raw for phone in await session.scalars(query))

    async def matching(self, text: str, limit: int) -> list[str]:
        """Ids of customers whom `search` would find."""
        query = store.matching(text, self.region).with_only_columns(CustomerRow.id).limit(limit)
        async with self.db.read() as session:
            return list((await session.scalars(query)).all())

    def _apply(self, row: CustomerRow, change: CustomerChange) -> None:
        for column in _COLUMNS:
            value = getattr(change, column)
            # Only the firm's own number can be taken away.
            if column in change.model_fields_set and (value is not None or column == "external_id"):
                setattr(row, column, value)
        if change.phones is not None:
            store.replace_phones(row, change.phones, self.region)
        if change.homes is not None:
            store.replace_homes(row, change.homes)

    def _changed(self, work: Transaction, row: CustomerRow, change: Change) -> None:
        work.emit(CustomerChanged(at=self.clock(), customer_id=row.id, change=change))


def _found(row: CustomerRow | None, customer_id: str) -> CustomerRow:
    if row is None:
        raise Problem("customer_unknown", status=404, customer=customer_id)
    return row


def _taken(external_id: str | None) -> Problem:
    return Problem("customer_external_id_taken", status=409, field="external_id", value=external_id)
