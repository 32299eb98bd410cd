"""The firm that a benchmark runs on: a database with many customers and their history, agents with open sessions,
and the service as a process of its own, as a user runs it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import insert

from callcenter import schema
from callcenter.accounts.model import SessionRow, UserRow
from callcenter.bench.manager import Manager
from callcenter.calls.model import CallRow
from callcenter.complaints.model import TicketRow
from callcenter.customers.bulk import bulk_load
from callcenter.customers.model import PhoneRow
from callcenter.customers.numbers import PhoneRegion
from callcenter.customers.shapes import CustomerDraft, Home, PhoneDraft
from callcenter.db import Database
from callcenter.events.ids import new_id
from callcenter.programs import Program
from callcenter.queues.model import PresenceRow, QueueMemberRow, QueueRow
from callcenter.servers import PrivatePostgres, PrivateRedis

QUEUE = "complaint"
Form = Literal["embedded", "scaled"]
_REGION = PhoneRegion(area_code="020")
_FIRST_MOBILE = 13_000_000_000
_FIRST_EXTENSION = 1000
# Every so manieth customer has called before, or has a ticket open.
_CALLED, _COMPLAINED = 2, 10


@dataclass(frozen=True)
class Size:
    """How big the firm is. `queues`: how many agents each has, in the order of their extensions; empty: all in one."""

    customers: int
    agents: int
    queues: Mapping[str, int] = field(default_factory=dict)
    wrapup_s: int = 15

    @property
    def extensions(self) -> list[str]:
        """The agents' phones."""
        return [str(_FIRST_EXTENSION + place) for place in range(self.agents)]

    def members(self) -> list[tuple[str, str]]:
        """Each queue with each of its agents' extensions."""
        named = [queue for queue, count in (self.queues or {QUEUE: self.agents}).items() for _ in range(count)]
        return list(zip(named, self.extensions, strict=True))

    def caller(self, chance: random.Random) -> str:
        """The number of one of the customers."""
        return str(_FIRST_MOBILE + chance.randrange(self.customers))


def token(extension: str) -> str:
    """The session cookie of the agent at a phone."""
    return f"bench-{extension}"


@dataclass(frozen=True)
class Service:
    """The running service. `database`: where its data are."""

    programs: tuple[Program, ...]
    database: str

    @property
    def urls(self) -> list[str]:
        """The addresses that browsers use, one for each web process."""
        return [program.url for program in self.programs if program.kind in ("serve", "web")]

    def of(self, kind: str) -> list[Program]:
        """The processes of a kind."""
        return [program for program in self.programs if program.kind == kind]


@contextlib.asynccontextmanager
async def service(
    folder: Path, size: Size, manager: Manager, form: Form, *, more_ami: int = 0, extra: Mapping[str, str] | None = None
) -> AsyncIterator[Service]:
    """The service with a new firm in it, logged in at the manager; `more_ami` further processes wait to hear it."""
    settings = {
        "CALLCENTER_DATA_DIR": str(folder),
        "CALLCENTER_AGI__PORT": "0",
        "CALLCENTER_AMI__PORT": str(await manager.start()),
        "CALLCENTER_AMI__SECRET": "bench",
        **(extra or {}),
    }
    async with _engines(folder, form) as engines:
        settings |= engines
        database = settings.get("CALLCENTER_DATABASE__URL", f"sqlite+aiosqlite:///{folder / 'callcenter.db'}")
        await _furnish(database, size)
        kinds = ("serve",) if form == "embedded" else ("web", "web", "worker", *["ami"] * (1 + more_ami))
        programs = tuple(Program(f"{kind}{place}", kind, folder, settings) for place, kind in enumerate(kinds))
        try:
            await asyncio.gather(*(program.start() for program in programs))
            yield Service(programs, database)
        finally:
            for program in programs:
                program.tell_to_end()
            for program in programs:
                await asyncio.to_thread(program.stop)
            await manager.stop()


@contextlib.asynccontextmanager
async def _engines(folder: Path, form: Form) -> AsyncIterator[dict[str, str]]:
    """PostgreSQL and Redis of the scaled form, as settings."""
    if form == "embedded":
        yield {}
        return
    postgres = await asyncio.to_thread(PrivatePostgres.begin)
    redis = await asyncio.to_thread(PrivateRedis.begin)
    try:
        yield {"CALLCENTER_DATABASE__URL": await postgres.create("bench"), "CALLCENTER_REDIS__URL": redis.url}
    finally:
        await asyncio.to_thread(postgres.remove)
        await asyncio.to_thread(redis.remove)


async def _furnish(url: str, size: Size) -> None:
    """Fill a new database."""
    db = Database(url)
    try:
        await schema.upgrade(db)
        now = datetime.now(UTC)
        await _hire(db, size, now)
        await bulk_load(db, _customers(size.customers), _REGION)
        await _remember(db, now)
    finally:
        await db.close()


def _customers(count: int) -> Iterator[CustomerDraft]:
    for place in range(count):
        yield CustomerDraft(
            name=f"客户{place}",
            grade="ABCD"[place % 4],
            tags=["业主"],
            phones=[PhoneDraft(raw=str(_FIRST_MOBILE + place), label="手机")],
            homes=[Home(project="翠湖花园", building=str(place // 1000), unit="1", room=str(place % 1000))],
        )


async def _hire(db: Database, size: Size, now: datetime) -> None:
    """Agents who are ready, with a session each."""
    ids = {extension: new_id() for extension in size.extensions}
    async with db.transaction() as work:
        for queue in dict(size.members()):
            work.session.add(_queue(queue, size.wrapup_s))
        work.session.add_all(_user(user_id, extension, now) for extension, user_id in ids.items())
        await work.session.flush()
        for queue, extension in size.members():
            user_id = ids[extension]
            work.session.add(_session(user_id, extension, now))
            work.session.add(QueueMemberRow(queue=queue, user_id=user_id))
            work.session.add(PresenceRow(user_id=user_id, wish="ready", since=now))


def _queue(name: str, wrapup_s: int) -> QueueRow:
    return QueueRow(name=name, label_zh="投诉", label_en="Complaints", wrapup_s=wrapup_s, service_level_s=20)


def _user(user_id: str, extension: str, now: datetime) -> UserRow:
    return UserRow(
        id=user_id,
        username=extension,
        name=f"坐席{extension}",
        role="agent",
        extension=extension,
        language="zh-CN",
        password_hash="",
        created_at=now,
    )


def _session(user_id: str, extension: str, now: datetime) -> SessionRow:
    return SessionRow(
        token_hash=hashlib.sha256(token(extension).encode()).hexdigest(),
        user_id=user_id,
        csrf="bench",
        created_at=now,
        expires_at=now + timedelta(days=1),
    )


async def _remember(db: Database, now: datetime) -> None:
    """Past calls and open tickets, so that a look-up finds what it would find in a firm at work."""
    async with db.transaction() as work:
        people = (await work.session.execute(PhoneRow.__table__.select())).all()
        owner = (await work.session.scalars(UserRow.__table__.select().limit(1))).one()
        calls = [_past_call(phone, now) for phone in people[::_CALLED]]
        tickets = [
            _open_ticket(phone.customer_id, owner, place, now) for place, phone in enumerate(people[::_COMPLAINED])
        ]
        await work.session.execute(insert(CallRow), calls)
        await work.session.execute(insert(TicketRow), tickets)


def _past_call(phone: Any, now: datetime) -> dict[str, Any]:
    began = now - timedelta(days=30)
    call_id = new_id()
    return {
        "id": call_id,
        "server": "past",
        "linked_id": call_id,
        "direction": "inbound",
        "raw_number": phone.raw,
        "number": phone.e164,
        "dialled": "02088886666",
        "menu_path": "main/complaint",
        "kind": "complaint",
        "language": "zh",
        "queue": QUEUE,
        "queued_at": began,
        "started_at": began,
        "answered_at": began,
        "ended_at": began + timedelta(minutes=3),
        "outcome": "answered",
        "customer_id": phone.customer_id,
    }


def _open_ticket(customer_id: str, owner_id: str, place: int, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "number": f"202610-{place + 1:04}",
        "kind": "complaint",
        "summary": "卫生间渗水, 维修后仍未解决",
        "status": "open",
        "customer_id": customer_id,
        "owner_id": owner_id,
        "created_at": now - timedelta(days=10),
        "version": 1,
        "crm_state": "off",
        "crm_attempts": 0,
        "crm_round": 1,
    }
