"""A database, the webhooks on it, and a receiver that answers as it is told."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from callcenter.db import Database, JournalRow
from callcenter.events import Event
from callcenter.events.calls import CallStarted
from callcenter.hooks.checks import Wanted
from callcenter.hooks.connecting import connect
from callcenter.hooks.deliveries import Deliveries, DeliveryFilter
from callcenter.hooks.fan_out import FanOut
from callcenter.hooks.model import DeliveryRow, EndpointRow
from callcenter.hooks.reach import Reach
from callcenter.hooks.sender import Sender
from callcenter.hooks.service import Endpoints
from callcenter.setting_groups import HooksSettings

NOW = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Receiver:
    """Takes everything, unless `answers` has something else. Until `hold` is set it answers nothing."""

    answers: deque[web.Response] = field(default_factory=deque)
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    hold: asyncio.Event | None = None
    at_once: int = 0
    most_at_once: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        self.heard.append(({key.lower(): value for key, value in request.headers.items()}, await request.read()))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.arrived.set()
        try:
            if self.hold is not None:
                await self.hold.wait()
            return self.answers.popleft() if self.answers else web.Response(text="ok")
        finally:
            self.at_once -= 1

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _body in self.heard]


@dataclass
class Hooks:
    """Everything that webhooks are, with a worker that sends when the test says so."""

    db: Database
    clock: FakeClock
    http: aiohttp.ClientSession
    endpoints: Endpoints
    deliveries: Deliveries
    fan_out: FanOut
    sender: Sender
    _seen: int = 0

    async def endpoint(self, url: str, *types: str, enabled: bool = True) -> EndpointRow:
        return await self.endpoints.create(Wanted(url, types or ("CallStarted",), "", enabled), "admin-1")

    async def happen(self, *events: Event) -> None:
        """Events become true and reach the deliveries' table, as the durable subscriber brings them there."""
        async with self.db.transaction() as work:
            for event in events:
                work.emit(event)
        async with self.db.read() as session:
            query = select(JournalRow).where(JournalRow.seq > self._seen).order_by(JournalRow.seq)
            rows = (await session.scalars(query)).all()
        self._seen = rows[-1].seq
        await self.fan_out.take([(row.seq, row.event()) for row in rows])

    async def send(self, sender: Sender | None = None) -> float:
        """What is due; seconds until the next look."""
        sender = sender or self.sender
        pause = await sender.begin_due(self.http)
        await sender.idle()
        return pause

    def worker(self) -> Sender:
        """Another one on the same database."""
        return Sender(self.db, self.clock, self.sender.settings, lambda: 0.0)

    async def rows(self) -> list[DeliveryRow]:
        """All deliveries, the oldest first."""
        return list(reversed(await self.deliveries.page(DeliveryFilter(), None, 1000)))

    async def row(self) -> DeliveryRow:
        (row,) = await self.rows()
        return row

    async def journal(self, kind: type[Event]) -> list[Any]:
        async with self.db.read() as session:
            rows = (await session.scalars(select(JournalRow).order_by(JournalRow.seq))).all()
        return [event for row in rows if isinstance(event := row.event(), kind)]


def call(number: str = "13800138000", at: datetime = NOW, call_id: str = "call-1") -> CallStarted:
    """A call comes in."""
    return CallStarted(
        at=at,
        call_id=call_id,
        server="asterisk",
        linked_id="1.1",
        direction="inbound",
        number=number,
        dialled="02088886666",
    )


@pytest.fixture
async def hooks(db: Database) -> AsyncIterator[Hooks]:
    # The receivers of these tests stand on this computer.
    clock, settings = FakeClock(), HooksSettings(timeout_s=5, allowed_networks=("127.0.0.0/8",))
    reach = Reach(settings.allowed_networks)

    def nobody() -> None: ...

    async with connect(reach) as http:
        sender = Sender(db, clock, settings, lambda: 0.0)
        fan_out = FanOut(db, clock, nobody)
        yield Hooks(
            db, clock, http, Endpoints(db, clock, nobody, reach), Deliveries(db, clock, nobody), fan_out, sender
        )


@pytest.fixture
async def receive() -> AsyncIterator[Callable[[Receiver], Any]]:
    """Serves receivers: `url = await receive(receiver)`."""
    servers: list[TestServer] = []

    async def serve(receiver: Receiver) -> str:
        app = web.Application()
        app.router.add_route("*", "/hook", receiver.take)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        return str(servers[-1].make_url("/hook"))

    yield serve
    for server in servers:
        await server.close()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
async def address(receive: Callable[[Receiver], Any], receiver: Receiver) -> str:
    """Where `receiver` listens."""
    return str(await receive(receiver))
