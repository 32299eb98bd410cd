"""Registering endpoints and changing them. Each change is in the journal, with who made it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from callcenter.clock import Clock
from callcenter.db import Database, JournalRow, Transaction
from callcenter.errors import Problem
from callcenter.events.hooks import WebhookChange, WebhookChanged
from callcenter.events.ids import new_id
from callcenter.hooks.checks import Wanted, checked, checked_key
from callcenter.hooks.model import DeliveryRow, EndpointRow
from callcenter.hooks.reach import Reach
from callcenter.hooks.secrets import rotated
from crm_adapter.webhook.signing import new_secret


@dataclass(frozen=True)
class Endpoints:
    """The firm's webhook endpoints. `told` is called when something may have become due."""

    db: Database
    clock: Clock
    told: Callable[[], None]
    reach: Reach

    async def page(self, cursor: str | None, limit: int) -> Sequence[EndpointRow]:
        """Up to `limit`, the newest first, older than the one whose id is `cursor`."""
        query = select(EndpointRow).order_by(EndpointRow.id.desc()).limit(limit)
        if cursor is not None:
            query = query.where(EndpointRow.id < cursor)
        async with self.db.read() as session:
            return (await session.scalars(query)).all()

    async def get(self, endpoint_id: str) -> EndpointRow:
        """One by its id."""
        async with self.db.read() as session:
            row = await session.get(EndpointRow, endpoint_id)
        if row is None:
            raise unknown_endpoint(endpoint_id)
        return row

    async def create(self, wanted: Wanted, user_id: str, key: str | None = None) -> EndpointRow:
        """A new one, with a secret. The same `key` of the same person comes to the same endpoint."""
        wanted, key = checked(wanted), checked_key(key)
        self.reach.check(wanted.url)
        known = await self._created(wanted, user_id, key)
        if known is not None:
            return known
        try:
            return await self._create(wanted, user_id, key)
        except IntegrityError:
            # The same request was under way twice.
            known = await self._created(wanted, user_id, key)
            if known is None:
                raise
            return known

    async def update(self, endpoint_id: str, wanted: Wanted, version: int, user_id: str) -> EndpointRow:
        """Change it; 412 unless `version` is its present one. Switched on, it gets what happens from then on."""
        wanted = checked(wanted)
        async with self.db.transaction() as work:
            row = await _at(work, endpoint_id, version)
            if wanted.enabled or wanted.url != row.url:
                self.reach.check(wanted.url)
            row.url, row.description, row.event_types = wanted.url, wanted.description, list(wanted.event_types)
            change: WebhookChange = "updated"
            if wanted.enabled != row.enabled:
                change = await self._switch(work, row, wanted.enabled)
            self._changed(work, row, change, user_id)
        self.told()
        return row

    async def rotate(self, endpoint_id: str, version: int, user_id: str) -> EndpointRow:
        """A new secret; the old one is valid beside it for a day."""
        async with self.db.transaction() as work:
            row = await _at(work, endpoint_id, version)
            row.old_secrets = rotated(row.secret, row.old_secrets, self.clock())
            row.secret = new_secret()
            self._changed(work, row, "secret_rotated", user_id)
        return row

    async def delete(self, endpoint_id: str, version: int, user_id: str) -> None:
        """With all its deliveries."""
        async with self.db.transaction() as work:
            row = await _at(work, endpoint_id, version)
            await work.session.execute(delete(DeliveryRow).where(DeliveryRow.endpoint_id == row.id))
            await work.session.delete(row)
            work.emit(WebhookChanged(at=self.clock(), endpoint_id=row.id, change="deleted", user_id=user_id))

    async def _create(self, wanted: Wanted, user_id: str, key: str | None) -> EndpointRow:
        now = self.clock()
        async with self.db.transaction() as work:
            row = EndpointRow(
                id=new_id(),
                url=wanted.url,
                description=wanted.description,
                event_types=list(wanted.event_types),
                enabled=wanted.enabled,
                since_seq=await _head(work),
                secret=new_secret(),
                old_secrets=[],
                created_at=now,
                created_by=user_id,
                created_key=key,
                fingerprint=wanted.fingerprint,
                version=1,
            )
            work.session.add(row)
            work.emit(WebhookChanged(at=now, endpoint_id=row.id, change="created", user_id=user_id))
        return row

    async def _created(self, wanted: Wanted, user_id: str, key: str | None) -> EndpointRow | None:
        if key is None:
            return None
        query = select(EndpointRow).where(EndpointRow.created_by == user_id, EndpointRow.created_key == key)
        async with self.db.read() as session:
            row = await session.scalar(query)
        if row is not None and row.fingerprint != wanted.fingerprint:
            raise Problem("webhook_key_reused", status=409, field="Idempotency-Key")
        return row

    async def _switch(self, work: Transaction, row: EndpointRow, on: bool) -> WebhookChange:
        row.enabled, row.off_reason, row.failing_since = on, None, None
        row.off_at = None if on else self.clock()
        if on:
            row.since_seq = await _head(work)
        return "switched_on" if on else "switched_off"

    def _changed(self, work: Transaction, row: EndpointRow, change: WebhookChange, user_id: str) -> None:
        row.version += 1
        work.emit(WebhookChanged(at=self.clock(), endpoint_id=row.id, change=change, user_id=user_id))


async def _at(work: Transaction, endpoint_id: str, version: int) -> EndpointRow:
    row = await work.session.get(EndpointRow, endpoint_id, with_for_update=True)
    if row is None:
        raise unknown_endpoint(endpoint_id)
    if row.version != version:
        raise Problem("webhook_changed_meanwhile", status=412, field="If-Match", version=row.version)
    return row


async def _head(work: Transaction) -> int:
    """The place of the newest event: places are given out in the order in which events are committed."""
    return await work.session.scalar(select(func.max(JournalRow.seq))) or 0


def unknown_endpoint(endpoint_id: str) -> Problem:
    """404: it may have been deleted."""
    return Problem("webhook_unknown", status=404, endpoint=endpoint_id)
