"""A database, the tickets on it, and fakes of what other rooms give."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from callcenter.accounts.model import UserRow
from callcenter.complaints.categories import load
from callcenter.complaints.crm_flow import CrmFlow
from callcenter.complaints.model import TicketRow
from callcenter.complaints.ports import CallFacts, Run
from callcenter.complaints.service import Tickets
from callcenter.customers.model import CustomerRow
from callcenter.db import Database, JournalRow
from callcenter.events import Event
from crm_adapter.fake import FakeCrm

NOW = datetime(2026, 11, 3, 1, 2, 3, tzinfo=UTC)
T = TypeVar("T")


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class FakeCustomers:
    async def names(self, customer_ids: Collection[str]) -> Mapping[str, str]:
        return {each: "王小明" for each in customer_ids if each == "customer-1"}

    async def numbers(self, customer_id: str) -> tuple[str, ...]:
        return ("+8613800138000",)

    async def matching(self, text: str, limit: int) -> list[str]:
        return ["customer-1"] if text in "王小明" else []


class FakeCalls:
    async def facts(self, call_id: str) -> CallFacts | None:
        return CallFacts(call_id, "13800138000", "complaint", NOW, "customer-1") if call_id == "call-1" else None


class FakePeople:
    async def names(self, user_ids: Collection[str]) -> Mapping[str, str]:
        return dict.fromkeys(user_ids, "张客服")


@dataclass
class FakeRun:
    """Remembers steps; a sleep moves the clock, or ends the process when it is the one to die in."""

    clock: FakeClock
    steps: dict[str, object] = field(default_factory=dict)
    slept: list[float] = field(default_factory=list)
    die_in_sleep: bool = False

    async def step(
        self, label: str, action: Callable[[], Awaitable[T]], *, tries: int = 1, first_delay_s: float = 1.0
    ) -> T:
        if label not in self.steps:
            self.steps[label] = await action()
        return self.steps[label]  # type: ignore[return-value]

    async def sleep(self, seconds: float) -> None:
        if self.die_in_sleep:
            raise SystemError
        self.slept.append(seconds)
        self.clock.now += timedelta(seconds=seconds)


@dataclass
class FakeJobs:
    """Jobs that run when the test says so."""

    handlers: dict[str, Callable[[Run, str], Awaitable[None]]] = field(default_factory=dict)
    started: dict[str, str] = field(default_factory=dict)

    def register(
        self, name: str, handler: Callable[[Run, str], Awaitable[None]], concurrency: int | None = None
    ) -> None:
        self.handlers[name] = handler

    async def start(self, name: str, key: str, argument: str) -> None:
        self.started.setdefault(f"{name}:{key}", argument)


@dataclass
class Desk:
    """One service with everything in it."""

    db: Database
    clock: FakeClock
    crm: FakeCrm
    jobs: FakeJobs
    tickets: Tickets
    flow: CrmFlow
    _seen: int = 0

    async def events(self) -> list[Event]:
        """What the journal holds and has not been read before."""
        async with self.db.read() as session:
            query = select(JournalRow).where(JournalRow.seq > self._seen).order_by(JournalRow.seq)
            rows = (await session.scalars(query)).all()
        self._seen = rows[-1].seq if rows else self._seen
        return [row.event() for row in rows]

    async def wake(self) -> None:
        """Let the durable subscriber see the journal's news."""
        for event in await self.events():
            await self.flow.wake(event)

    async def run(self, key: str, run: FakeRun | None = None) -> FakeRun:
        """Run a started job to its end."""
        run = run or FakeRun(self.clock)
        await self.jobs.handlers["crm.send"](run, self.jobs.started[f"crm.send:{key}"])
        return run

    def new_run(self, *, die_in_sleep: bool) -> FakeRun:
        """What a job runs in, kept over a crash."""
        return FakeRun(self.clock, die_in_sleep=die_in_sleep)

    async def row(self, ticket_id: str) -> TicketRow:
        return await self.tickets.get(ticket_id)


@pytest.fixture
async def db(db: Database) -> Database:
    """With two agents and a customer."""
    async with db.transaction() as work:
        for user in ("agent-1", "agent-2"):
            work.session.add(
                UserRow(
                    id=user,
                    username=user,
                    name="张客服",
                    role="agent",
                    language="zh-CN",
                    password_hash="",
                    created_at=NOW,
                )
            )
        work.session.add(
            CustomerRow(
                id="customer-1",
                name="王小明",
                kind="person",
                grade="A",
                tags=[],
                note="",
                created_at=NOW,
                updated_at=NOW,
            )
        )
    return db


@pytest.fixture
def desk(db: Database) -> Desk:
    clock, crm, jobs = FakeClock(), FakeCrm(), FakeJobs()
    customers, calls = FakeCustomers(), FakeCalls()
    tickets = Tickets(db, clock, ZoneInfo("Asia/Shanghai"), load(), customers, calls, crm_remote=True)
    flow = CrmFlow(
        db, clock, crm, jobs, customers, calls, lambda call_id: f"https://firm.example/calls/{call_id}", (1, 5, 30)
    )
    flow.register()
    return Desk(db, clock, crm, jobs, tickets, flow)


@pytest.fixture
def tickets_on() -> Callable[[Database], Tickets]:
    """Another process on the same database."""
    return lambda db: Tickets(
        db, FakeClock(), ZoneInfo("Asia/Shanghai"), load(), FakeCustomers(), FakeCalls(), crm_remote=False
    )


@pytest.fixture
def people() -> FakePeople:
    return FakePeople()
