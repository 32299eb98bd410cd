"""Which workers are alive. What a dead one left unfinished is taken up by the others.

Each worker says every second that it is there, by the database's clock. One that has been silent for some
seconds counts as dead; if it only slept, a step may run twice, which every step must bear.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import String, delete, func, select, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import DATABASE_ERRORS, Base, Database, told

log = structlog.get_logger(__name__)
_BEAT_S = 1.0
_DEAD_S = 5.0
_RELIEVE_S = 2.0
_HERE = text(
    "INSERT INTO job_workers (executor, beat_at) VALUES (:executor, now()) "
    "ON CONFLICT (executor) DO UPDATE SET beat_at = now()"
)
# The executors that hold jobs which have begun; takes up what some of them left.
Holders = Callable[[], Awaitable[Collection[str]]]
TakeUp = Callable[[list[str]], Awaitable[None]]


class JobWorkerRow(Base):
    """A worker and when it was last heard of."""

    __tablename__ = "job_workers"

    executor: Mapped[str] = mapped_column(String(64), primary_key=True)
    beat_at: Mapped[datetime]


async def others_work(db: Database) -> bool:
    """Whether a worker, or the service in one process, is at work on this database: one of them says so meanwhile."""
    newest = select(func.max(JobWorkerRow.beat_at))
    late = func.now() - timedelta(seconds=_DEAD_S)
    async with db.read() as session:
        if not await session.scalar(select(func.to_regclass(JobWorkerRow.__tablename__))):
            return False
        before = await session.scalar(newest.where(JobWorkerRow.beat_at > late))
    if before is None:
        return False
    await asyncio.sleep(2.5 * _BEAT_S)
    async with db.read() as session:
        after = await session.scalar(newest)
    return after is not None and after > before


@dataclass
class Roll:
    """For PostgreSQL, where there may be several workers."""

    db: Database
    executor: str
    holders: Holders
    take_up: TakeUp
    _since: float = 0.0

    async def run(self) -> None:
        """Until cancelled; then the others need not wait to see that it is gone."""
        try:
            while True:
                await self._beat()
                await asyncio.sleep(_BEAT_S)
        finally:
            await self._leave()

    async def _beat(self) -> None:
        try:
            async with self.db.transaction() as work:
                await work.session.execute(_HERE, {"executor": self.executor})
            # After a time without the database everybody seems dead: let them be heard first.
            self._since = self._since or time.monotonic()
            if time.monotonic() - self._since > _DEAD_S:
                self._since = time.monotonic() - _DEAD_S + _RELIEVE_S
                await self._relieve()
        except DATABASE_ERRORS as error:
            self._since = 0.0
            log.warning("worker_unheard", reason=told(error))

    async def _relieve(self) -> None:
        """Take up what the dead left."""
        async with self.db.read() as session:
            late = func.now() - timedelta(seconds=_DEAD_S)
            alive = set(await session.scalars(select(JobWorkerRow.executor).where(JobWorkerRow.beat_at > late)))
        dead = sorted(set(await self.holders()) - alive - {self.executor})
        if dead:
            log.warning("jobs_taken_up", dead=dead)
            await self.take_up(dead)

    async def _leave(self) -> None:
        try:
            async with self.db.transaction() as work:
                long_gone = func.now() - timedelta(days=1)
                gone = (JobWorkerRow.executor == self.executor) | (JobWorkerRow.beat_at < long_gone)
                await work.session.execute(delete(JobWorkerRow).where(gone))
        except DATABASE_ERRORS:
            log.info("worker_left_unheard")
