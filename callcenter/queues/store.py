"""Rows of queues, memberships and presence."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.events.people import Wish
from callcenter.queues.model import PresenceRow, QueueMemberRow, QueueRow
from callcenter.queues.presence import Agent


@dataclass(frozen=True)
class NewQueue:
    """A queue to be. `name` is Asterisk's."""

    name: str
    label_zh: str
    label_en: str
    wrapup_s: int = 15
    service_level_s: int = 20


# Those of the rendered Asterisk; a firm that has none yet begins with them.
FIRST_QUEUES = (
    NewQueue("complaint", "投诉", "Complaints"),
    NewQueue("inquiry", "咨询", "Inquiries"),
    NewQueue("repair", "报修", "Repairs"),
    NewQueue("operator", "人工", "Operator"),
)


@dataclass(frozen=True)
class QueuePlan:
    """The queues in order of name, and which of them each user serves."""

    queues: tuple[QueueRow, ...]
    served: dict[str, tuple[str, ...]]

    @property
    def wrapup(self) -> dict[str, timedelta]:
        return {queue.name: timedelta(seconds=queue.wrapup_s) for queue in self.queues}


async def read_plan(session: AsyncSession) -> QueuePlan:
    """The plan as it is kept."""
    queues = (await session.scalars(select(QueueRow).order_by(QueueRow.name))).all()
    served: dict[str, list[str]] = defaultdict(list)
    for row in await session.scalars(select(QueueMemberRow).order_by(QueueMemberRow.queue)):
        served[row.user_id].append(row.queue)
    return QueuePlan(tuple(queues), {user: tuple(names) for user, names in served.items()})


async def read_presence(session: AsyncSession) -> dict[str, Agent]:
    """What each user chose last."""
    rows = (await session.scalars(select(PresenceRow))).all()
    return {row.user_id: Agent(cast(Wish, row.wish), row.since, row.reason, row.wrapup_until) for row in rows}


async def keep_choice(session: AsyncSession, user_id: str, wish: Wish, reason: str | None, at: datetime) -> None:
    """Keep what a user chose; it ends his wrap-up."""
    await session.merge(PresenceRow(user_id=user_id, wish=wish, reason=reason, since=at, wrapup_until=None))


@dataclass(frozen=True)
class Kept:
    """Until when a user writes up, and since when he is what he is."""

    user_id: str
    until: datetime | None
    since: datetime


_PRESENCE = cast(Table, PresenceRow.__table__)
_KEEP_WRAPUP = (
    update(_PRESENCE)
    .where(_PRESENCE.c.user_id == bindparam("its_user"))
    .values(wrapup_until=bindparam("until"), since=bindparam("its_since"))
)


async def keep_wrapups(session: AsyncSession, kept: Iterable[Kept]) -> None:
    """In one statement: fifty phones stop ringing at once.

    What the users chose is not touched: another process may have kept a new choice.
    """
    rows = [{"its_user": each.user_id, "until": each.until, "its_since": each.since} for each in kept]
    if rows:
        await (await session.connection()).execute(_KEEP_WRAPUP, rows)


async def keep_queue(session: AsyncSession, queue: NewQueue) -> None:
    """Make a queue, or give it new particulars."""
    await session.merge(QueueRow(**vars(queue)))


async def keep_first_queues(session: AsyncSession) -> bool:
    """Give a firm without queues its first ones; whether it had none."""
    if await session.scalar(select(QueueRow.name).limit(1)) is not None:
        return False
    for queue in FIRST_QUEUES:
        await keep_queue(session, queue)
    await session.flush()
    return True


async def keep_served(session: AsyncSession, user_id: str, queues: Iterable[str]) -> None:
    """Have a user serve these queues and no others."""
    await session.execute(delete(QueueMemberRow).where(QueueMemberRow.user_id == user_id))
    session.add_all([QueueMemberRow(queue=queue, user_id=user_id) for queue in sorted(set(queues))])
