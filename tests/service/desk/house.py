"""A small firm for the desk's tests: a database, three agents, a real server, browsers that listen."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from callcenter.accounts.model import UserRow
from callcenter.bus import Bus
from callcenter.calls import routes as call_routes
from callcenter.calls.notes import Notes
from callcenter.calls.playback import Playback
from callcenter.calls.service import Calls
from callcenter.complaints.model import TicketRow
from callcenter.complaints.routes import TicketShapes
from callcenter.customers.service import Customers
from callcenter.customers.shapes import CustomerDraft, Home, PhoneDraft
from callcenter.db import Database
from callcenter.desk.build import Desk, DeskParts, build
from callcenter.desk.caller import Callers
from callcenter.events import complaints, people
from callcenter.events.ids import new_id
from callcenter.link import Link, LocalLink
from callcenter.web.identity import Identity
from callcenter.web.server import COOKIE, make_app
from recordings.store import FolderStore

from .browser import Browser
from .fakes import AGENTS, REGION, START, FakeCrm, FakeFloor, Names
from .line import Line


@dataclass
class House:
    """Everything under one roof. `restart` is the service killed and started again on the same database."""

    db: Database
    floor: FakeFloor = field(default_factory=FakeFloor)
    link: Link = field(default_factory=LocalLink)
    crm: FakeCrm | None = None
    now: datetime = START
    backlog: int = 256
    look_again_s: float = 60.0
    beat_s: float = 60.0
    session_ends: datetime | None = None
    # No call of these tests is heard again.
    sounds: Path = Path("no-sounds")
    # Cookies whose session is over.
    over: set[str] = field(default_factory=set)
    # What the next questions who somebody is meet instead of an answer.
    unanswered: list[Exception] = field(default_factory=list)

    @property
    def left(self) -> list[str]:
        return self.floor.left

    async def __aenter__(self) -> House:
        await self._hire()
        self.customers = Customers(self.db, lambda: self.now, REGION)
        self.client = ClientSession()
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()
        await self.client.close()

    async def restart(self) -> None:
        """End the service and start it again."""
        await self._close()
        await self._open()

    async def identify(self, token: str) -> Identity | None:
        """Sessions: the token is the extension, `-other` behind it for a second browser; `boss` has no phone."""
        if self.unanswered:
            raise self.unanswered.pop()
        if token == "boss":
            return Identity("boss", "boss", "周敏", "supervisor", None, "zh-CN", "csrf")
        extension = token.removesuffix("-other")
        if extension not in AGENTS or token in self.over:
            return None
        user_id, until = self.user_id(extension), self.session_ends
        return Identity(user_id, extension, AGENTS[extension], "agent", extension, "zh-CN", "csrf", token, until)

    async def session_over(self, who: Identity) -> None:
        """As signing out does it."""
        await self.door.room.session_over(who)

    async def ended(self, token: str) -> None:
        """A session is ended, as the journal tells it."""
        who = await self.identify(token)
        assert who is not None
        self.over.add(token)
        async with self.db.transaction() as work:
            work.emit(people.SessionEnded(at=self.now, user_id=who.user_id, session=token))

    def user_id(self, extension: str) -> str:
        """The user at a phone."""
        return f"user-{extension}"

    @contextlib.asynccontextmanager
    async def browser(self, who: str, door: Door | None = None) -> AsyncIterator[Browser]:
        """A tab, with its snapshot; at another web process when one is named."""
        url = (door or self.door).url("/desk")
        async with self.client.ws_connect(url, headers=self.cookie(who)) as socket:
            tab = Browser(socket)
            assert (await tab.next())["type"] == "snapshot"
            yield tab

    async def get(self, path: str, who: str = "1001") -> Any:
        """What a GET answers."""
        async with self.client.get(self.url(path), headers=self.cookie(who)) as response:
            return await response.json()

    async def send(self, method: str, path: str, body: Any = None, who: str = "1001") -> int:
        """The status of a request that changes something."""
        headers = {**self.cookie(who), "X-CSRF-Token": "csrf"}
        async with self.client.request(method, self.url(path), json=body, headers=headers) as response:
            return response.status

    def url(self, path: str) -> str:
        """An address of the API."""
        return self.door.url(path)

    def cookie(self, who: str) -> dict[str, str]:
        """The session of a user."""
        return {"Cookie": f"{COOKIE}={who}"}

    async def call(self, number: str = "13800138000") -> Line:
        """Somebody dials."""
        return await Line(self, number).start()

    async def customer(self, name: str, *numbers: str, **more: Any) -> str:
        """Add a customer; his id."""
        draft = CustomerDraft(
            name=name,
            phones=[PhoneDraft(raw=number) for number in numbers],
            homes=[Home(project="翠湖花园", building="3", unit="2", room="1201")],
            **more,
        )
        return (await self.customers.create(draft)).id

    async def ticket(self, number: str, customer_id: str, kind: str = "complaint", **more: Any) -> str:
        """Add an open ticket; its id."""
        row = TicketRow(
            id=new_id(), number=number, kind=kind, category=None, summary="卫生间渗水", status="open",
            customer_id=customer_id, owner_id=self.user_id("1001"), created_at=self.now, crm_state="off", **more,
        )  # fmt: skip
        async with self.db.transaction() as work:
            work.session.add(row)
            work.emit(
                complaints.TicketOpened(
                    at=self.now, call_id=row.call_id, ticket_id=row.id, number=number, kind=kind,
                    customer_id=customer_id,
                )
            )  # fmt: skip
        return row.id

    async def _hire(self) -> None:
        async with self.db.transaction() as work:
            for extension, name in AGENTS.items():
                work.session.add(
                    UserRow(
                        id=self.user_id(extension), username=extension, name=name, role="agent",
                        extension=extension, language="zh-CN", password_hash="", created_at=START,
                    )
                )  # fmt: skip

    async def _open(self) -> None:
        self.door = await Door.open(self, self.link)

    async def _close(self) -> None:
        await self.door.close()


@dataclass
class Door:
    """One web process on the house's database."""

    room: Desk
    server: TestServer
    tasks: list[asyncio.Task[None]]

    @classmethod
    async def open(cls, house: House, link: Link) -> Door:
        names = Names({house.user_id(extension): name for extension, name in AGENTS.items()})
        tickets: Any = type("TicketNames", (), {"customers": house.customers})()
        bus = Bus(house.db, link)
        await bus.start()
        desk = build(
            DeskParts(
                db=house.db, clock=lambda: house.now, calls=Calls(house.db), customers=house.customers,
                ticket_shapes=TicketShapes(tickets, names), floor=house.floor, foreign=house.crm,
                backlog=house.backlog, sessions=house, link=link, look_again_s=house.look_again_s,
                beat_s=house.beat_s,
            )
        )  # fmt: skip
        await desk.load()
        for subscriber in desk.room.subscribers:
            bus.add_live(subscriber)
        durable = Callers(Calls(house.db), house.customers, lambda: house.now).subscribers()
        work = [
            link.run(),
            bus.run_live(),
            *map(bus.run_durable, durable),
            *(task() for _name, task in desk.room.tasks),
        ]
        notes = Notes(house.db, lambda: house.now)
        written = call_routes.build(Calls(house.db), notes, Playback(house.db, FolderStore(house.sounds)), ["pbx"])
        server = TestServer(make_app([*desk.room.routes, *written.routes], house, None))
        await server.start_server()
        return cls(desk, server, [asyncio.ensure_future(each) for each in work])

    def url(self, path: str) -> str:
        """An address of the API."""
        return str(self.server.make_url("/api/v1" + path))

    async def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        await self.server.close()
