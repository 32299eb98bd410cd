"""From the journal to those who must learn of it.

Two ways, and a subscriber chooses. `live`: called in every process that wants it, in order, from the moment the process
started, in memory (what a screen shows). `durable`: reads the journal with a cursor that is kept, in one process at
a time, and sees every event at least once (what must be done).

The database is the only channel that counts. The link between processes says "look", and events may ride on that word
(`carried.py`): a word that is lost costs the time until the next look.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import BigInteger, String, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from callcenter import logs, metrics
from callcenter.carried import Ahead, Journalled, pack, unpack
from callcenter.db import DATABASE_ERRORS, Base, Database, JournalRow, told
from callcenter.events import CATALOGUE, Event, Unreadable
from callcenter.link import Link, LocalLink
from callcenter.tasks import woken

log = structlog.get_logger(__name__)
Handler = Callable[[Event], Awaitable[None]]
# Takes events with their places, in order; how many of them it took, from the first on.
BatchHandler = Callable[[Sequence[tuple[int, Event]]], Awaitable[int]]
LOOK = "journal"
_BATCH = 200
_RETRY_S = 1.0
_TOGETHER_S = 0.2
# How long a process may trust that nothing was written because nobody said so.
_LOOK_AGAIN_S = 2.0
_LOOK_AGAIN_ALONE_S = 0.3
# One statement of both databases.
_KEEP = text(
    "INSERT INTO journal_cursors (name, seq) VALUES (:name, :seq) "
    "ON CONFLICT (name) DO UPDATE SET seq = excluded.seq WHERE journal_cursors.seq < excluded.seq"
)
_BEGIN = text("INSERT INTO journal_cursors (name, seq) VALUES (:name, :seq) ON CONFLICT (name) DO NOTHING")


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


@dataclass(frozen=True)
class BatchSubscriber:
    """A durable one that is given what there is in one go: where a transaction for each event would cost too much.

    It has some seconds: on PostgreSQL the turn is held by a session that may not be idle for longer.
    """

    handler: BatchHandler
    types: tuple[type[Event], ...]
    durable: str


@dataclass
class Bus:
    """The bus of one process. `start` it before anything reads what the events lead on from.

    `position` is the place in the journal up to which the live subscribers have heard.
    """

    db: Database
    link: Link = field(default_factory=LocalLink)
    position: int = 0
    _live: list[Subscriber] = field(default_factory=list)
    _ahead: Ahead = field(default_factory=Ahead)
    _news_ahead: asyncio.Event = field(default_factory=asyncio.Event)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _own: asyncio.Queue[tuple[int, Event]] = field(default_factory=asyncio.Queue)
    _wakes: list[tuple[tuple[type[Event], ...], asyncio.Event]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.db.after_commit(self._committed)
        self.link.subscribe(LOOK, lambda text: self._look(unpack(text)))
        self.link.on_up(lambda: self._look(None))

    async def start(self) -> None:
        """Live subscribers hear what is written from now on."""
        async with self.db.read() as session:
            self.position = await session.scalar(select(func.max(JournalRow.seq))) or 0
        metrics.JOURNAL_HEAD.set(self.position)

    def add_live(self, subscriber: Subscriber) -> None:
        """Have a live subscriber called for each event, in order."""
        self._live.append(subscriber)

    async def join(self, subscribers: Sequence[Subscriber], after: int) -> None:
        """Add live subscribers while the bus runs; they hear first what was written since `after`."""
        async with self._turn:
            for row in await self._rows(after, self.position):
                await _tell(subscribers, row)
            self._live += subscribers

    def leave(self, subscribers: Sequence[Subscriber]) -> None:
        """Leave them alone from now on."""
        self._live = [each for each in self._live if each not in subscribers]

    async def run_live(self) -> None:
        """Hand events to the live subscribers until cancelled. One that fails harms no other."""
        if self.db.embedded:
            while True:
                seq, event = await self._own.get()
                await _tell_event(list(self._live), event)
                self._heard(seq, event.at)
        while True:
            self._news_ahead.clear()
            await self._tell_ahead()
            try:
                full = self._ahead.look(self.position) and await self._read_on()
            except DATABASE_ERRORS as error:
                log.warning("journal_unreadable", reason=told(error))
                self._ahead.unsure = True
                await asyncio.sleep(_RETRY_S)
                continue
            if full or not await self._news(self._news_ahead):
                self._ahead.unsure = True

    async def begin(self, name: str, before: int | None = None) -> None:
        """Have a durable subscriber that is new begin behind what the journal holds already, or behind `before`."""
        async with self.db.transaction() as work:
            head = await work.session.scalar(select(func.max(JournalRow.seq))) or 0
            await work.session.execute(_BEGIN, {"name": name, "seq": head if before is None else before})

    async def run_durable(self, subscriber: Subscriber | BatchSubscriber) -> None:
        """Read the journal for one durable subscriber until cancelled. A failing event is tried again for ever."""
        assert subscriber.durable is not None
        wake = asyncio.Event()
        self._wakes.append((subscriber.types, wake))
        while True:
            wake.clear()
            try:
                done = await self._serve(subscriber)
            except DATABASE_ERRORS as error:
                log.warning("journal_unreadable", subscriber=subscriber.durable, reason=told(error))
                done = False
            if done is None:
                news = await self._news(wake)
                if news and not self.db.embedded:
                    # More is likely to follow; a ringing phone must not wait while each event is read by itself.
                    await asyncio.sleep(_TOGETHER_S)
            elif done is False:
                await asyncio.sleep(_RETRY_S)

    async def _news(self, look: asyncio.Event) -> bool:
        """Until somebody says that there is something to read; False when nobody did, and it is time to look
        nevertheless. In the embedded form nobody else can write."""
        pause = None if self.db.embedded else _LOOK_AGAIN_S if self.link.up else _LOOK_AGAIN_ALONE_S
        await woken(look, pause)
        return look.is_set()

    async def _tell_ahead(self) -> None:
        """Tell the live subscribers what was brought, as far as nothing is missing before it."""
        while (event := self._ahead.next(self.position)) is not None:
            async with self._turn:
                await _tell_event(list(self._live), event)
                self._heard(self.position + 1, event.at)

    async def _read_on(self) -> bool:
        """Tell the live subscribers what was written; whether there may be more."""
        rows = await self._rows(self.position)
        for row in rows:
            async with self._turn:
                await _tell(list(self._live), row)
                self._heard(row.seq, row.at)
        return len(rows) == _BATCH

    async def _rows(self, after: int, until: int | None = None) -> Sequence[JournalRow]:
        # A newer program beside this one may write events that this one does not know.
        query = select(JournalRow).where(JournalRow.seq > after, JournalRow.type.in_(CATALOGUE))
        query = query.where(JournalRow.seq <= until) if until is not None else query.limit(_BATCH)
        async with self.db.read() as session:
            return (await session.scalars(query.order_by(JournalRow.seq))).all()

    def _heard(self, seq: int, at: datetime) -> None:
        self.position = seq
        metrics.JOURNAL_HEAD.set(seq)
        metrics.LIVE_LAG.observe(metrics.age_s(at))

    def _committed(self, journalled: list[Journalled]) -> None:
        for each in journalled if self.db.embedded else ():
            self._own.put_nowait(each)
        self._wake(journalled)
        if not self.db.embedded:
            self.link.publish(LOOK, pack(journalled))

    def _look(self, journalled: list[Journalled] | None) -> None:
        """Another process wrote, or (None) may have. Our own words come back as well, and say nothing new."""
        if not self.db.embedded:
            self._wake(journalled)

    def _wake(self, journalled: list[Journalled] | None) -> None:
        if not self.db.embedded:
            self._ahead.bring(journalled)
            self._news_ahead.set()
        for types, wake in self._wakes:
            # Only those concerned: every look at the journal is work that a ringing phone would wait for.
            if journalled is None or any(isinstance(event, types) for _seq, event in journalled):
                wake.set()

    async def _serve(self, subscriber: Subscriber | BatchSubscriber) -> bool | None:
        """Deliver a batch. True: some of it; False: not even the first; None: nothing to do, or another one does it."""
        name = subscriber.durable or ""
        async with self._cursor(name) as cursor:
            if cursor is None:
                metrics.JOURNAL_BEHIND.labels(name).set(0)
                return None
            rows = await self._after(cursor, subscriber.types)
            metrics.JOURNAL_BEHIND.labels(name).set(len(rows))
            if isinstance(subscriber, BatchSubscriber):
                reached = await _deliver_batch(subscriber, rows, cursor)
            else:
                reached = await _deliver(subscriber, rows, cursor)
            metrics.JOURNAL_POSITION.labels(name).set(reached)
            metrics.JOURNAL_BEHIND.labels(name).set(sum(row.seq > reached for row in rows))
            if reached != cursor:
                await self._keep(name, reached)
        return reached != cursor if rows else None

    @contextlib.asynccontextmanager
    async def _cursor(self, name: str) -> AsyncIterator[int | None]:
        """The place of a subscriber; None while another process holds it. The lock dies with its process."""
        if self.db.embedded:
            async with self.db.read() as session:
                yield await _place(session, name)
            return
        async with self.db.transaction() as work:
            mine = func.pg_try_advisory_xact_lock(func.hashtextextended(f"journal_cursors {name}", 0))
            yield await _place(work.session, name) if await work.session.scalar(select(mine)) else None

    async def _after(self, cursor: int, types: tuple[type[Event], ...]) -> list[JournalRow]:
        names = [name for name, kind in CATALOGUE.items() if issubclass(kind, types)]
        query = select(JournalRow).where(JournalRow.type.in_(names), JournalRow.seq > cursor)
        async with self.db.read() as session:
            return list((await session.scalars(query.order_by(JournalRow.seq).limit(_BATCH))).all())

    async def _keep(self, name: str, cursor: int) -> None:
        async with self.db.transaction() as work:
            await work.session.execute(_KEEP, {"name": name, "seq": cursor})


async def _tell(subscribers: Sequence[Subscriber], row: JournalRow) -> None:
    try:
        event = row.event()
    except Unreadable:
        log.exception("event_unreadable", seq=row.seq, event_type=row.type)
        return
    await _tell_event(subscribers, event)


async def _tell_event(subscribers: Sequence[Subscriber], event: Event) -> None:
    for subscriber in subscribers:
        if isinstance(event, subscriber.types):
            await _guarded(subscriber.handler, event)


async def _place(session: AsyncSession, name: str) -> int:
    row = await session.get(JournalCursor, name)
    return row.seq if row else 0


async def _deliver(subscriber: Subscriber, rows: list[JournalRow], cursor: int) -> int:
    """Hand over rows in order; the place of the last one that was taken."""
    for seq, event in _readable(rows, subscriber.durable):
        if not await _guarded(subscriber.handler, event):
            break
        cursor = seq
    return cursor


async def _deliver_batch(subscriber: BatchSubscriber, rows: list[JournalRow], cursor: int) -> int:
    """The same, all at once."""
    batch = list(_readable(rows, subscriber.durable))
    try:
        taken = await subscriber.handler(batch) if batch else 0
    except DATABASE_ERRORS:
        raise
    except Exception:
        metrics.JOURNAL_FAILURES.labels(subscriber.durable).inc()
        log.exception("subscriber_failed", subscriber=subscriber.durable)
        return cursor
    return batch[taken - 1][0] if taken else cursor


def _readable(rows: list[JournalRow], subscriber: str | None) -> Iterator[tuple[int, Event]]:
    """Events with their places. What cannot be read holds its place: another version of the program may be able to."""
    for row in rows:
        try:
            event = row.event()
        except Unreadable:
            metrics.JOURNAL_FAILURES.labels(subscriber).inc()
            log.exception("event_unreadable", seq=row.seq, event_type=row.type, subscriber=subscriber)
            return
        yield row.seq, event


async def _guarded(handler: Handler, event: Event) -> bool:
    with logs.of_call(event.call_id):
        try:
            await handler(event)
        except Exception:
            metrics.JOURNAL_FAILURES.labels(getattr(handler, "__qualname__", "")).inc()
            log.exception("subscriber_failed", event_type=event.type)
            return False
    return True
