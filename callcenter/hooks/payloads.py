"""What a delivery carries, read from the journal anew each time: nothing of it is kept twice."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.db import JournalRow
from callcenter.events import Unreadable
from callcenter.hooks.catalogue import event_payload, trial_payload
from callcenter.hooks.model import NO_EVENT, DeliveryRow


async def payload_of(session: AsyncSession, delivery: DeliveryRow) -> dict[str, Any] | None:
    """None when the journal no longer has the event, or another one in its place."""
    if delivery.event_seq == NO_EVENT:
        return trial_payload(delivery.endpoint_id, delivery.event_at)
    row = await session.get(JournalRow, delivery.event_seq)
    if row is None or row.at != delivery.event_at:
        return None
    try:
        return event_payload(row.seq, row.event())
    except Unreadable:
        return None
