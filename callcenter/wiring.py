"""What one room asks of another, answered. Each class fits a Protocol of a room's `ports.py`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from callcenter.accounts.model import UserRow
from callcenter.calls.model import ACTIVE, CallRow
from callcenter.complaints.ports import CallFacts
from callcenter.db import Database


@dataclass(frozen=True)
class Ledger:
    """complaints.ports.CallBook: the ledger of calls."""

    db: Database

    async def facts(self, call_id: str) -> CallFacts | None:
        """The call, None when there is none of this id."""
        async with self.db.read() as session:
            row = await session.get(CallRow, call_id)
        if row is None:
            return None
        return CallFacts(row.id, row.number or row.raw_number or None, row.queue, row.started_at, row.customer_id)

    async def call_of(self, uniqueid: str) -> str | None:
        """The open call that a caller's channel began, None when the ledger does not know it (yet)."""
        query = select(CallRow.id).where(CallRow.linked_id == uniqueid, CallRow.outcome == ACTIVE)
        async with self.db.read() as session:
            found: str | None = await session.scalar(query.limit(1))
        return found


@dataclass(frozen=True)
class Staff:
    """complaints.ports.People: the users of the service."""

    db: Database

    async def names(self, user_ids: Collection[str]) -> Mapping[str, str]:
        """Id → name; unknown ids are left out."""
        async with self.db.read() as session:
            rows = await session.execute(select(UserRow.id, UserRow.name).where(UserRow.id.in_(user_ids)))
            return {row.id: row.name for row in rows}

    async def phones(self) -> dict[str, str]:
        """Extension → id of the user who sits at it."""
        async with self.db.read() as session:
            rows = await session.execute(select(UserRow.extension, UserRow.id).where(UserRow.extension.is_not(None)))
            return {row.extension: row.id for row in rows if row.extension}
