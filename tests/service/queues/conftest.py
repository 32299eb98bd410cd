from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.accounts.model import UserRow
from callcenter.db import Database
from callcenter.queues.service import Queues
from callcenter.queues.store import NewQueue

AGENTS = {"1001": "user-li", "1002": "user-wang"}
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


@dataclass
class HeldClock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Phone:
    extension: str
    call_id: str
    talking: bool
    queue: str | None
    since: datetime = NOON


@dataclass
class House:
    """Queues over one database that can be left and entered again."""

    db: Database
    clock: HeldClock = field(default_factory=HeldClock)
    busy: list[Phone] = field(default_factory=list)

    async def enter(self) -> Queues:
        queues = Queues(self.db, self.clock, AGENTS, self._busy)
        await queues.load()
        return queues

    async def _busy(self) -> list[Phone]:
        return self.busy


@pytest.fixture
async def house(db: Database) -> House:
    async with db.transaction() as work:
        work.session.add_all([_user(extension, user) for extension, user in AGENTS.items()])
    house = House(db)
    queues = await house.enter()
    await queues.keep_queue(NewQueue("complaint", "投诉", "Complaints"))
    await queues.keep_queue(NewQueue("inquiry", "咨询", "Inquiries", wrapup_s=0))
    await queues.serve("user-li", ["complaint", "inquiry"])
    await queues.serve("user-wang", ["inquiry"])
    return house


def _user(extension: str, user: str) -> UserRow:
    return UserRow(
        id=user,
        username=user,
        name=user,
        role="agent",
        extension=extension,
        language="en",
        password_hash="",
        created_at=NOON,
    )
