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
from sqlalchemy import BigInteger, String, select
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base, Database, JournalRow
from callcenter.events import Event

log = structlog.get_logger(__name__)
Handler = Callable[[Event], Awaitable[None]]
_BATCH = 200
_RETRY_S = 1.0


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
    _wakes: dict[str, asyncio.Event] = field(default_factory=dict)

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
        name = subscriber.durable
        assert name is not None
        wake = self._wakes.setdefault(name, asyncio.Event())
        cursor = await self._cursor(name)
        while True:
            wake.clear()
            rows = await self._after(cursor)
            reached, handled = await self._deliver(subscriber, rows, cursor)
            if handled:  # what nobody wanted may well be read again after a restart
                await self._keep(name, reached)
            if not rows:
                await wake.wait()
            elif reached != rows[-1].seq:
                await asyncio.sleep(_RETRY_S)
            cursor = reached

    async def _deliver(self, subscriber: Subscriber, rows: list[JournalRow], cursor: int) -> tuple[int, bool]:
        """Hand over the wanted rows; how far that got, and whether any was wanted."""
        handled = False
        for row in rows:
            event = row.event()
            if isinstance(event, subscriber.types):
                if not await _guarded(subscriber.handler, event):
                    break
                handled = True
            cursor = row.seq
        return cursor, handled

    def _committed(self, journalled: list[tuple[int, Event]]) -> None:
        for _seq, event in journalled:
            self._queue.put_nowait(event)
        for wake in self._wakes.values():
            wake.set()

    async def _cursor(self, name: str) -> int:
        async with self.db.read() as session:
            row = await session.get(JournalCursor, name)
            return row.seq if row else 0

    async def _after(self, cursor: int) -> list[JournalRow]:
        query = select(JournalRow).where(JournalRow.seq > cursor).order_by(JournalRow.seq).limit(_BATCH)
        async with self.db.read() as session:
            return list((await session.scalars(query)).all())

    async def _keep(self, name: str, cursor: int) -> None:
        async with self.db.transaction() as work:
            await work.session.merge(JournalCursor(name=name, seq=cursor))


async def _guarded(handler: Handler, event: Event) -> bool:
    try:
        await handler(event)
    except Exception:
        log.exception("subscriber_failed", event_type=event.type, call_id=event.call_id)
        return False
    return True
