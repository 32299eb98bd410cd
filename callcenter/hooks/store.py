"""Deliveries in the database: made once each, claimed by one worker at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from callcenter.db import Database
from callcenter.events import Event
from callcenter.events.ids import new_id
from callcenter.hooks.catalogue import TEST, message_id
from callcenter.hooks.model import NO_EVENT, DeliveryRow, EndpointRow

# A test is sent although its endpoint is off.
_SENDABLE = or_(EndpointRow.enabled, DeliveryRow.event_seq == NO_EVENT)
_WAITS = and_(DeliveryRow.state == "pending", DeliveryRow.endpoint_id == EndpointRow.id, _SENDABLE)


@dataclass(frozen=True)
class Due:
    """An endpoint for which something waits: since when, or until when."""

    endpoint_id: str
    failing: bool
    at: datetime


def new_delivery(endpoint_id: str, seq: int, event: Event, now: datetime, round_: str = "") -> dict[str, Any]:
    """The row of an event that is to be sent at once."""
    message = message_id(endpoint_id, seq, event.at)
    return _new(
        endpoint_id, now, event_seq=seq, event_type=event.type, event_at=event.at, round=round_, message_id=message
    )


def new_trial(endpoint_id: str, now: datetime, round_: str) -> dict[str, Any]:
    """The row of what the button sends, which has no event."""
    message = message_id(endpoint_id, NO_EVENT, now, round_)
    return _new(endpoint_id, now, event_seq=NO_EVENT, event_type=TEST, event_at=now, round=round_, message_id=message)


def _new(endpoint_id: str, now: datetime, **what: Any) -> dict[str, Any]:
    due = {"state": "pending", "attempts": 0, "next_try_at": now, "created_at": now, "tries": []}
    return {"id": new_id(), "endpoint_id": endpoint_id, **what, **due}


async def insert_new(session: AsyncSession, db: Database, rows: list[dict[str, Any]]) -> int:
    """Insert those that are not there yet; how many."""
    if not rows:
        return 0
    insert = (sqlite.insert if db.embedded else postgresql.insert)(DeliveryRow)
    added = await session.execute(insert.on_conflict_do_nothing().returning(DeliveryRow.id), rows)
    return len(added.all())


async def waiting(session: AsyncSession) -> list[Due]:
    """Every endpoint that something waits for, with the moment of its next try.

    It is asked after every attempt, so each endpoint is one look into an index, however much waits for it.
    """
    own = DeliveryRow.endpoint_id == EndpointRow.id
    first = select(func.min(DeliveryRow.next_try_at)).where(own, _pending()).scalar_subquery()
    # Of one that is off only tests go out. The state is no condition here: by its index all that waits would be read.
    moment = case((_pending(), DeliveryRow.next_try_at))
    first_test = select(func.min(moment)).where(own, DeliveryRow.event_seq == NO_EVENT).scalar_subquery()
    at = case((EndpointRow.enabled, first), else_=first_test)
    rows = (await session.execute(select(EndpointRow.id, EndpointRow.failing_since, at))).all()
    return [Due(endpoint_id, since is not None, at) for endpoint_id, since, at in rows if at is not None]


async def count_waiting(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(DeliveryRow).where(_pending())) or 0


async def claim(
    session: AsyncSession, endpoint_id: str, most: int, now: datetime, until: datetime
) -> list[tuple[DeliveryRow, EndpointRow]]:
    """Take up to `most` due deliveries of an endpoint, so that nobody else sends them before `until`."""
    query = (
        select(DeliveryRow, EndpointRow)
        .where(_WAITS, EndpointRow.id == endpoint_id, DeliveryRow.next_try_at <= now)
        .order_by(DeliveryRow.next_try_at)
        .limit(most)
        # Not waiting for whoever claims at the same moment; on SQLite there is one writer anyway.
        .with_for_update(skip_locked=True, of=DeliveryRow)
    )
    rows = [(delivery, endpoint) for delivery, endpoint in (await session.execute(query)).all()]
    for delivery, _endpoint in rows:
        delivery.claim, delivery.next_try_at = new_id(), until
    return rows


async def mark_failing(session: AsyncSession, endpoint_id: str, since: datetime | None) -> None:
    """Note when an endpoint began to fail, or that it does not (None)."""
    known: InstrumentedAttribute[datetime | None] = EndpointRow.failing_since
    changes = known.is_(None) if since is not None else known.is_not(None)
    statement = update(EndpointRow).where(EndpointRow.id == endpoint_id, changes)
    await session.execute(statement.values(failing_since=since), execution_options={"synchronize_session": False})


async def claimed(session: AsyncSession, delivery_id: str, claim: str) -> DeliveryRow | None:
    """The delivery, if the claim on it still holds."""
    query = select(DeliveryRow).where(DeliveryRow.id == delivery_id, DeliveryRow.claim == claim)
    return await session.scalar(query.with_for_update())


async def forget(session: AsyncSession, before: datetime, most: int) -> int:
    """Delete finished deliveries that were made before a moment, the oldest first; how many."""
    query = select(DeliveryRow.id).where(DeliveryRow.created_at < before, DeliveryRow.state != "pending")
    old = (await session.scalars(query.order_by(DeliveryRow.id).limit(most))).all()
    if old:
        await session.execute(delete(DeliveryRow).where(DeliveryRow.id.in_(old)))
    return len(old)


def wanted_by(endpoints: Iterable[EndpointRow], seq: int, event: Event) -> list[str]:
    """The endpoints that an event goes to."""
    return [each.id for each in endpoints if event.type in each.event_types and seq > each.since_seq]


def _pending() -> Any:
    return DeliveryRow.state == "pending"
