"""From the journal to deliveries: one for each endpoint that wants an event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from callcenter.bus import BatchSubscriber, Bus
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.events import Event
from callcenter.hooks.catalogue import OFFERED_TYPES
from callcenter.hooks.model import EndpointRow
from callcenter.hooks.store import insert_new, new_delivery, wanted_by

CURSOR = "hooks.webhooks"


@dataclass(frozen=True)
class FanOut:
    """Durable: what it saw before makes no second delivery. `told` is called when there is something to send."""

    db: Database
    clock: Clock
    told: Callable[[], None]

    async def begin(self, bus: Bus) -> None:
        """Before the first run: what happened before there was any endpoint need not be read."""
        async with self.db.read() as session:
            first = await session.scalar(select(func.min(EndpointRow.since_seq)))
        await bus.begin(CURSOR, first)

    def subscriber(self) -> BatchSubscriber:
        """For the workers."""
        return BatchSubscriber(self.take, OFFERED_TYPES, CURSOR)

    async def take(self, events: Sequence[tuple[int, Event]]) -> int:
        """Make the deliveries of a batch in one transaction; nothing is written where nobody wants them."""
        async with self.db.read() as session:
            endpoints = (await session.scalars(select(EndpointRow).where(EndpointRow.enabled))).all()
        now = self.clock()
        rows = [
            new_delivery(endpoint_id, seq, event, now)
            for seq, event in events
            for endpoint_id in wanted_by(endpoints, seq, event)
        ]
        if rows:
            async with self.db.transaction() as work:
                # One may have been deleted since they were read.
                there = set(
                    await work.session.scalars(select(EndpointRow.id).with_for_update(key_share=True, read=True))
                )
                await insert_new(work.session, self.db, [row for row in rows if row["endpoint_id"] in there])
            self.told()
        return len(events)
