"""Many customers at once, past the unit of work: for imports, benchmarks and demonstrations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import utc_now
from callcenter.customers.homes import stored_key
from callcenter.customers.model import CustomerRow, HomeRow, PhoneRow
from callcenter.customers.numbers import Number, PhoneRegion, parse
from callcenter.customers.shapes import CustomerDraft, Home
from callcenter.db import Database
from callcenter.events.ids import new_id

_CHUNK = 5_000


@dataclass
class Batch:
    """Rows to insert, as the database driver takes them."""

    customers: list[dict[str, Any]] = field(default_factory=list)
    phones: list[dict[str, Any]] = field(default_factory=list)
    homes: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self, draft: CustomerDraft, numbers: Sequence[tuple[Number, str | None]], now: datetime, customer_id: str
    ) -> None:
        """One customer, his numbers (each with its label) already understood."""
        columns = draft.model_dump(include={"external_id", "name", "kind", "grade", "tags", "note"})
        self.customers.append({"id": customer_id, "version": 1, "created_at": now, "updated_at": now, **columns})
        self.phones += [_phone(customer_id, number, label) for number, label in numbers]
        self.homes += [_home(customer_id, home) for home in draft.homes]

    async def insert(self, session: AsyncSession) -> None:
        """Write the rows in the session's transaction."""
        tables = ((CustomerRow, self.customers), (PhoneRow, self.phones), (HomeRow, self.homes))
        for table, rows in tables:
            if rows:
                await session.execute(insert(cast(Table, table.__table__)), rows)


async def bulk_load(
    db: Database, drafts: Iterable[CustomerDraft], region: PhoneRegion, now: datetime | None = None
) -> int:
    """Add customers as they come, without looking for those who are there already; how many. Emits no events."""
    left, count, now = iter(drafts), 0, now or utc_now()
    while chunk := list(islice(left, _CHUNK)):
        batch = Batch()
        for draft in chunk:
            numbers = [(parse(phone.raw, region), phone.label) for phone in draft.phones]
            batch.add(draft, numbers, now, new_id())
        async with db.transaction() as work:
            await batch.insert(work.session)
        count += len(chunk)
    return count


def _phone(customer_id: str, number: Number, label: str | None) -> dict[str, Any]:
    return {
        "id": new_id(),
        "customer_id": customer_id,
        "raw": number.raw,
        "e164": number.e164,
        "lookup_key": number.lookup_key,
        "label": label or None,
    }


def _home(customer_id: str, home: Home) -> dict[str, Any]:
    parts = (home.project, home.building or None, home.unit or None, home.room or None)
    columns = dict(zip(("project", "building", "unit", "room"), parts, strict=True))
    return {"id": new_id(), "customer_id": customer_id, "search_key": stored_key(*parts), **columns}
