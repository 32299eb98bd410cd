"""From the journal to those who must learn of it.

Two ways, and a subscriber chooses: `live` is called right after the commit, in memory, and may be missed when
the process dies (what a screen shows); `durable` reads the journal with a cursor of its own and sees every
event at least once (what must be done).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy import BigInteger, String, select, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Database, JournalRow
from callcenter.events import CATALOGUE, Event

log = structlog.get_logger(__name__)
Handler = Callable[[Event], Awaitable[None]]
_BATCH = 200
_RETRY_S = 1.0
# One statement of both databases.
_KEEP = text(
    "INSERT INTO journal_cursors (name, seq) VALUES (:name, :seq) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq"
)


class JournalCursor(Base):
    """How far a durable subscriber has read."""

    __tablename__ = "journal_cursors"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)


@dataclass(frozen=True)
class Subscriber:
    """Who wants which events. A durable one needs a name that stays the same for ever."""

    handler: Handler
    types: tuple[type[Event], ...]
    durable: str | None = None


@dataclass
class Bus:
    """The in-process bus of the embedded form."""

    db: Database
    _live: list[Subscriber] = field(default_factory=list)
    _queue: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    _wakes: list[tuple[tuple[type[Event], ...], asyncio.Event]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db.after_commit(self._committed)

    def add_live(self, subscriber: Subscriber) -> None:
        """Have a live subscriber called for each event, in order."""
        self._live.append(subscriber)

    async def run_live(self) -> None:
        """Hand events to the live subscribers until cancelled. One that fails harms no other."""
        while True:
            event = await self._queue.get()
            for subscriber in self._live:
                if isinstance(event, subscriber.types):
                    await _guarded(subscriber.handler, event)

    async def run_durable(self, subscriber: Subscriber) -> None:
        """Read the journal for one durable subscriber until cancelled. A failing event is tried again for ever."""
        assert subscriber.durable is not None
        wake = asyncio.Event()
        self._wakes.append((subscriber.types, wake))
        cursor = await self._cursor(subscriber.durable)
        while True:
            wake.clear()
            rows = await self._after(cursor, subscriber.types)
            reached = await _deliver(subscriber, rows, cursor)
            if reached != cursor:
                await self._keep(subscriber.durable, reached)
            if not rows:
                await wake.wait()
            elif reached != rows[-1].seq:
                await asyncio.sleep(_RETRY_S)
            cursor = reached

    def _committed(self, journalled: list[tuple[int, Event]]) -> None:
        for _seq, event in journalled:
            self._queue.put_nowait(event)
        for types, wake in self._wakes:
            # Only those concerned: every look at the journal is work that a ringing phone would wait for.
            if any(isinstance(event, types) for _seq, event in journalled):
                wake.set()

    async def _cursor(self, name: str) -> int:
        async with self.db.read() as session:
            row = await session.get(JournalCursor, name)
            return row.seq if row else 0

    async def _after(self, cursor: int, types: tuple[type[Event], ...]) -> list[JournalRow]:
        names = [name for name, kind in CATALOGUE.items() if issubclass(kind, types)]
        query = select(JournalRow).where(JournalRow.type.in_(names), JournalRow.seq > cursor)
        async with self.db.read() as session:
            return list((await session.scalars(query.order_by(JournalRow.seq).limit(_BATCH))).all())

    async def _keep(self, name: str, cursor: int) -> None:
        async with self.db.transaction() as work:
            await work.session.execute(_KEEP, {"name": name, "seq": cursor})


async def _deliver(subscriber: Subscriber, rows: list[JournalRow], cursor: int) -> int:
    """Hand over rows in order; the place of the last one that was taken."""
    for row in rows:
        if not await _guarded(subscriber.handler, row.event()):
            break
        cursor = row.seq
    return cursor


async def _guarded(handler: Handler, event: Event) -> bool:
    try:
        await handler(event)
    except Exception:
        log.exception("subscriber_failed", event_type=event.type, call_id=event.call_id)
        return False
    return True
