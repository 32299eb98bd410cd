"""Reading deliveries, and having them made or sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from callcenter.clock import Clock
from callcenter.db import Database, JournalRow, Transaction
from callcenter.errors import Problem
from callcenter.events import Event, Unreadable
from callcenter.events.hooks import WebhookChanged
from callcenter.events.ids import new_id
from callcenter.hooks.catalogue import OFFERED
from callcenter.hooks.checks import checked_key
from callcenter.hooks.model import NO_EVENT, DeliveryRow, EndpointRow
from callcenter.hooks.payloads import payload_of
from callcenter.hooks.service import unknown_endpoint
from callcenter.hooks.store import insert_new, new_delivery, new_trial

MOST_REPLAYED = 10_000
_BATCH = 200


@dataclass(frozen=True)
class DeliveryFilter:
    """Which deliveries to list; None means any."""

    endpoint_id: str | None = None
    state: str | None = None
    event_type: str | None = None


@dataclass(frozen=True)
class Range:
    """What to send anew: one event by its place in the journal, or those of the endpoint's types within a time.

    `missing`: only what the endpoint has not taken yet.
    """

    event_seq: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    missing: bool = False


@dataclass(frozen=True)
class Deliveries:
    """What was sent, and is to be sent. `told` is called when something has become due."""

    db: Database
    clock: Clock
    told: Callable[[], None]

    async def page(self, wanted: DeliveryFilter, cursor: str | None, limit: int) -> Sequence[DeliveryRow]:
        """Up to `limit`, the newest first, older than the one whose id is `cursor`."""
        query = select(DeliveryRow).order_by(DeliveryRow.id.desc()).limit(limit)
        for column in ("endpoint_id", "state", "event_type"):
            if (value := getattr(wanted, column)) is not None:
                query = query.where(getattr(DeliveryRow, column) == value)
        if cursor is not None:
            query = query.where(DeliveryRow.id < cursor)
        async with self.db.read() as session:
            return (await session.scalars(query)).all()

    async def one(self, delivery_id: str) -> tuple[DeliveryRow, dict[str, Any] | None]:
        """A delivery and what it carries; None when the journal does not have it any more."""
        async with self.db.read() as session:
            row = await session.get(DeliveryRow, delivery_id)
            if row is None:
                raise _unknown(delivery_id)
            return row, await payload_of(session, row)

    async def counts(self, endpoint_ids: Sequence[str]) -> dict[str, dict[str, int]]:
        """Endpoint → state → how many."""
        columns = (DeliveryRow.endpoint_id, DeliveryRow.state)
        query = select(*columns, func.count()).where(DeliveryRow.endpoint_id.in_(endpoint_ids)).group_by(*columns)
        counted: dict[str, dict[str, int]] = {}
        async with self.db.read() as session:
            for endpoint_id, state, count in (await session.execute(query)).all():
                counted.setdefault(endpoint_id, {})[state] = count
        return counted

    async def test(self, endpoint: EndpointRow, user_id: str, key: str | None = None) -> DeliveryRow:
        """Send something that is no event, once, although the endpoint may be off. The same `key`: the same one."""
        now, round_ = self.clock(), f"test:{checked_key(key) or new_id()}"
        row = new_trial(endpoint.id, now, round_)
        same = (DeliveryRow.endpoint_id == endpoint.id, DeliveryRow.event_seq == NO_EVENT, DeliveryRow.round == round_)
        async with self.db.transaction() as work:
            await _still_there(work, endpoint.id)
            # The same request may be under way twice.
            if await insert_new(work.session, self.db, [row]):
                work.emit(WebhookChanged(at=now, endpoint_id=endpoint.id, change="tested", user_id=user_id))
            made = (await work.session.scalars(select(DeliveryRow).where(*same))).one()
        self.told()
        return made

    async def resend(self, delivery_id: str, user_id: str) -> DeliveryRow:
        """Send it again now, under the same id, with a whole schedule before it."""
        now = self.clock()
        async with self.db.transaction() as work:
            row = await work.session.get(DeliveryRow, delivery_id, with_for_update=True)
            if row is None:
                raise _unknown(delivery_id)
            _must_be_on(await work.session.get_one(EndpointRow, row.endpoint_id))
            row.state, row.attempts, row.next_try_at, row.finished_at, row.claim = "pending", 0, now, None, None
            work.emit(WebhookChanged(at=now, endpoint_id=row.endpoint_id, change="resent", user_id=user_id))
        self.told()
        return row

    async def replay(self, endpoint: EndpointRow, wanted: Range, user_id: str, key: str | None = None) -> int:
        """Make deliveries of what the journal holds; how many. The same `key` goes on where it was cut off."""
        _must_be_on(endpoint)
        wanted = self._checked(wanted)
        round_ = f"replay:{checked_key(key) or new_id()}"
        count = await self._count(endpoint, wanted)
        if count > MOST_REPLAYED:
            raise Problem("webhook_replay_too_many", field="until", count=count, most=MOST_REPLAYED)
        async with self.db.transaction() as work:
            work.emit(WebhookChanged(at=self.clock(), endpoint_id=endpoint.id, change="replayed", user_id=user_id))
        made = 0
        # One transaction for each batch: whoever writes calls need not wait for the whole of it.
        async for batch in self._events(endpoint, wanted):
            rows = [new_delivery(endpoint.id, seq, event, self.clock(), round_) for seq, event in batch]
            async with self.db.transaction() as work:
                await _still_there(work, endpoint.id)
                await insert_new(work.session, self.db, rows)
            made += len(rows)
        self.told()
        return made

    def _checked(self, wanted: Range) -> Range:
        if wanted.event_seq is not None:
            return wanted
        if wanted.since is None:
            raise Problem("webhook_replay_range", field="since")
        until = wanted.until or self.clock()
        if until <= wanted.since:
            raise Problem("webhook_replay_order", field="until")
        return Range(None, wanted.since, until, wanted.missing)

    async def _count(self, endpoint: EndpointRow, wanted: Range) -> int:
        async with self.db.read() as session:
            count = await session.scalar(select(func.count()).select_from(JournalRow).where(*_of(endpoint, wanted)))
        if wanted.event_seq is not None and not count:
            raise Problem("webhook_event_absent", status=404, field="event_seq", seq=wanted.event_seq)
        return count or 0

    async def _events(self, endpoint: EndpointRow, wanted: Range) -> AsyncIterator[list[tuple[int, Event]]]:
        last = 0
        while True:
            query = select(JournalRow).where(*_of(endpoint, wanted), JournalRow.seq > last).order_by(JournalRow.seq)
            async with self.db.read() as session:
                rows = (await session.scalars(query.limit(_BATCH))).all()
            yield [(row.seq, event) for row in rows if (event := _readable(row)) is not None]
            if len(rows) < _BATCH:
                return
            last = rows[-1].seq


def _of(endpoint: EndpointRow, wanted: Range) -> list[Any]:
    """Which rows of the journal are wanted."""
    if wanted.event_seq is not None:
        return [JournalRow.seq == wanted.event_seq, JournalRow.type.in_(OFFERED)]
    conditions: list[Any] = [
        JournalRow.type.in_(endpoint.event_types),
        JournalRow.at >= wanted.since,
        JournalRow.at < wanted.until,
    ]
    if wanted.missing:
        taken = select(DeliveryRow.event_seq).where(
            DeliveryRow.endpoint_id == endpoint.id, DeliveryRow.state == "delivered"
        )
        conditions.append(JournalRow.seq.not_in(taken))
    return conditions


def _must_be_on(endpoint: EndpointRow) -> None:
    """Of one that is off only tests are sent."""
    if not endpoint.enabled:
        raise Problem("webhook_off", status=409)


def _readable(row: JournalRow) -> Event | None:
    try:
        return row.event()
    except Unreadable:
        return None


async def _still_there(work: Transaction, endpoint_id: str) -> None:
    """It may have been deleted since it was read; until the transaction ends it cannot be."""
    query = select(EndpointRow.id).where(EndpointRow.id == endpoint_id).with_for_update(key_share=True, read=True)
    if await work.session.scalar(query) is None:
        raise unknown_endpoint(endpoint_id)


def _unknown(delivery_id: str) -> Problem:
    return Problem("webhook_delivery_unknown", status=404, delivery=delivery_id)
