"""Times in which a server was not heard, or heard late, and how each was closed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.model import LedgerGapCallRow, LedgerGapRow
from callcenter.db import Database
from callcenter.events.ids import new_id

# Why Asterisk was not heard: the link was lost; this process had not begun, or another had led; Asterisk itself began
# anew; more came than memory and disk could hold. Or it was heard, but late.
Why = Literal["link", "process", "restart", "buffer", "late"]
# By Asterisk's files and what it showed; by what it showed alone: calls may lack something; not closed yet: None.
ClosedBy = Literal["files", "snapshot"]
_QUIET = timedelta(seconds=10)
_TOLD_AGAIN = timedelta(seconds=60)


@dataclass(frozen=True)
class Gap:
    """A row of the table in the making; `calls` are the ids of those that may lack anything, `holds` counts those of
    which only holds may be missing."""

    id: str
    server: str
    why: Why
    began_at: datetime
    ended_at: datetime | None = None
    closed_by: ClosedBy | None = None
    found: int = 0
    ended: int = 0
    holds: int = 0
    calls: frozenset[str] = frozenset()
    lag_s: float | None = None


def opened(server: str, why: Why, began_at: datetime) -> Gap:
    """A gap that nobody has closed yet."""
    return Gap(new_id(), server, why, began_at)


async def write(session: AsyncSession, gap: Gap, known: bool) -> None:
    """Write a gap, `known`: again."""
    table, links = (cast(Table, row.__table__) for row in (LedgerGapRow, LedgerGapCallRow))
    row = asdict(gap)
    row["marked"] = len(row.pop("calls"))
    if known:
        await session.execute(table.update().where(table.c.id == gap.id), row)
    else:
        await session.execute(table.insert(), row)
    if gap.calls:
        await session.execute(links.insert(), [{"gap_id": gap.id, "call_id": each} for each in sorted(gap.calls)])


async def left_open(session: AsyncSession, server: str) -> Gap | None:
    """The gap of a server that the process before this one could not close."""
    query = select(LedgerGapRow).where(LedgerGapRow.server == server, LedgerGapRow.closed_by.is_(None))
    row = await session.scalar(query.where(LedgerGapRow.why != "late").order_by(LedgerGapRow.began_at).limit(1))
    if row is None:
        return None
    return Gap(row.id, row.server, cast(Why, row.why), row.began_at, found=row.found, ended=row.ended, holds=row.holds)


async def newest(db: Database, limit: int, before: str | None = None) -> Sequence[LedgerGapRow]:
    """The newest first; `before`: those that are older than the one of this id."""
    query = select(LedgerGapRow).order_by(LedgerGapRow.id.desc()).limit(limit)
    if before is not None:
        query = query.where(LedgerGapRow.id < before)
    async with db.read() as session:
        return (await session.scalars(query)).all()


async def calls_of(db: Database, gaps: Iterable[str]) -> dict[str, list[str]]:
    """Gap → the calls that may lack something because of it."""
    query = select(LedgerGapCallRow).where(LedgerGapCallRow.gap_id.in_(list(gaps)))
    found: dict[str, list[str]] = {}
    async with db.read() as session:
        for row in await session.scalars(query):
            found.setdefault(row.gap_id, []).append(row.call_id)
    return found


@dataclass
class Lateness:
    """Watches how long events were on their way. Late ones that follow each other are one gap of kind `late`: `current`
    while it lasts."""

    server: str
    limit: timedelta
    current: Gap | None = None
    _told_at: datetime | None = None

    def heard(self, happened: datetime, now: datetime) -> Gap | None:
        """Take note of an event. The gap when there is something to tell of it: it begins, an event is later than any
        before, it still lasts after a minute, or (`current` is None again) it is over."""
        lag = now - happened
        if lag <= self.limit:
            return self._punctual(now)
        late = self.current
        if late is None or self._over(late, now):
            late = opened(self.server, "late", happened)
        worst, seconds = late.lag_s or 0.0, round(lag.total_seconds(), 3)
        late = self.current = replace(late, ended_at=now, lag_s=max(worst, seconds))
        if seconds <= worst and self._told_at and now - self._told_at < _TOLD_AGAIN:
            return None
        self._told_at = now
        return late

    def _punctual(self, now: datetime) -> Gap | None:
        late = self.current
        if late is None or not self._over(late, now):
            return None
        self.current = None
        return late

    @staticmethod
    def _over(late: Gap, now: datetime) -> bool:
        return late.ended_at is not None and now - late.ended_at > _QUIET
