"""The composition root: the only file that lists the rooms and wires them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog
import uvloop
from aiohttp import web

from callcenter import schema
from callcenter.accounts import routes as account_routes
from callcenter.accounts.service import Accounts
from callcenter.asterisk.agi import AgiServer
from callcenter.asterisk.ami.connection import AmiClient
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.asterisk.configured import access
from callcenter.bus import Bus
from callcenter.calls import routes as call_routes
from callcenter.calls.listener import Listener
from callcenter.calls.pbx import AmiPbxState
from callcenter.calls.playback import Playback
from callcenter.calls.recording_flow import RecordingFlow
from callcenter.calls.service import Calls
from callcenter.clock import Clock, utc_now
from callcenter.complaints import routes as ticket_routes
from callcenter.complaints.categories import load as load_categories
from callcenter.complaints.crm_flow import CrmFlow
from callcenter.complaints.routes import TicketShapes
from callcenter.complaints.service import Tickets
from callcenter.config import Settings, load
from callcenter.customers import routes as customer_routes
from callcenter.customers.numbers import PhoneRegion, parse
from callcenter.customers.service import Customers
from callcenter.db import Database
from callcenter.desk.build import DeskParts
from callcenter.desk.build import build as build_desk
from callcenter.desk.hub import Hub
from callcenter.desk.protocol import DeskMessage
from callcenter.errors import Problem
from callcenter.folder_lock import FolderLock
from callcenter.ivr.service import build as build_menu
from callcenter.jobs.engine import Jobs
from callcenter.queues import routes as queue_routes
from callcenter.queues.pbx import AmiPbxControl
from callcenter.queues.service import Queues
from callcenter.rooms import Room
from callcenter.tasks import Tasks
from callcenter.web.http import Context, Route
from callcenter.web.identity import Identity
from callcenter.web.openapi import document
from callcenter.web.server import make_app
from callcenter.wiring import Ledger, Staff
from crm_adapter.settings import make as make_crm
from recordings.models import installed
from recordings.store import FolderStore
from recordings.transcribe.pool import PoolSettings, PoolTranscriber

log = structlog.get_logger(__name__)
_GOODBYE_S = 3.0


class Service:
    """The whole service in one process. `start` when the settings are good, `stop` when its time has come."""

    def __init__(self, settings: Settings, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.db = Database(settings.database_url)
        self.bus = Bus(self.db)
        self.jobs = Jobs(f"sqlite:///{(settings.data_dir / 'jobs.db').resolve()}")
        self.region = PhoneRegion(area_code=settings.firm.area_code)
        self.accounts = Accounts(self.db, clock)
        self.staff = Staff(self.db)
        self.customers = Customers(self.db, clock, self.region)
        self.calls = Calls(self.db)
        self.crm = make_crm(settings.crm)
        self.transcriber = PoolTranscriber(
            PoolSettings(processes=settings.speech.workers, whisper=settings.speech.mandarin),
            models=partial(installed, settings.speech.models_dir),
        )
        self._store = FolderStore(settings.store_dir)
        # Extension → user id: one mapping that the rooms share and that is filled when the database is open.
        self.agents: dict[str, str] = {}
        self.queues = Queues(self.db, clock, self.agents, self.calls.busy_agents)
        self.hub = Hub()
        self.listener = Listener(self.db, "asterisk", self.agents, self._read_number, clock)
        self.ami = AmiClient(
            access(settings), on_message=self._heard, on_connected=self._connected, on_lost=self.queues.on_lost
        )
        menu = build_menu(settings.ivr, clock)
        self.agi = AgiServer(settings.agi.host, settings.agi.port, menu.serve)
        self._broken_flows = menu.flows.problems
        self.rooms = self._build_rooms()
        self.tasks = Tasks()
        self._lock = FolderLock(settings.data_dir)
        self._runner: web.AppRunner | None = None
        self.port = settings.web.port

    @property
    def routes(self) -> list[Route]:
        """Every operation of the API."""
        return [
            *(route for room in self.rooms for route in room.routes),
            Route("GET", "/ready", self._ready, open=True),
        ]

    async def start(self) -> None:
        """Ready to serve on return. A `Problem` says what must be mended first; nothing is left running then."""
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop in the order in which work arrives: callers, screens, then what follows from them."""
        await self.agi.stop()
        if self._runner is not None:
            await self._runner.cleanup()
        await self.tasks.stop()
        await self.jobs.close()
        await self.transcriber.close()
        await self.crm.close()
        await self.db.close()
        self._lock.release()

    async def wait(self) -> None:
        """Until a task ends that must not end; its error is raised."""
        await self.tasks.wait()

    async def _start(self) -> None:
        self._lock.take("callcenter serve")
        await self.db.ping()
        await schema.upgrade(self.db)
        self._sit_down(await self.staff.phones())
        await self.queues.load()
        await self.jobs.launch()
        for problem in self._broken_flows():
            log.error("flow_unusable", code=problem.code, **problem.params)
        self._start_tasks()
        await _listening(self.agi.start(), self.settings.agi.host, self.settings.agi.port, "CALLCENTER_AGI__PORT")
        await self._serve_web()

    def _start_tasks(self) -> None:
        for subscriber in (each for room in self.rooms for each in room.subscribers):
            if subscriber.durable:
                self.tasks.start(f"durable {subscriber.durable}", self.bus.run_durable(subscriber))
            else:
                self.bus.add_live(subscriber)
        self.tasks.start("bus", self.bus.run_live())
        for name, task in (each for room in self.rooms for each in room.tasks):
            self.tasks.start(name, task())
        self.tasks.start("ami", self.ami.run())

    async def _serve_web(self) -> None:
        settings = self.settings.web
        screens = settings.screens_dir if (settings.screens_dir / "index.html").is_file() else None
        if screens is None:
            log.error("screens_not_built", path=str(settings.screens_dir))
        app = make_app(self.routes, self.accounts, screens)
        self._runner = web.AppRunner(app, shutdown_timeout=_GOODBYE_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, settings.host, settings.port)
        await _listening(site.start(), settings.host, settings.port, "CALLCENTER_WEB__PORT")
        self.port = self._runner.addresses[0][1]
        log.info("serving", url=f"http://{settings.host}:{self.port}")

    def _build_rooms(self) -> list[Room]:
        ledger = Ledger(self.db)
        zone = ZoneInfo(self.settings.firm.timezone)
        tickets = Tickets(
            self.db, self.clock, zone, load_categories(), self.customers, ledger, self.settings.crm.kind != "builtin"
        )
        flow = CrmFlow(self.db, self.clock, self.crm, self.jobs, self.customers, ledger, self._recording_link)
        desk = DeskParts(
            db=self.db,
            clock=self.clock,
            calls=self.calls,
            customers=self.customers,
            ticket_shapes=TicketShapes(tickets, self.staff),
            floor=self.queues,
            sessions=self.accounts,
            session_over=self._session_over,
            hub=self.hub,
            foreign=self.crm if self.settings.crm.kind != "builtin" else None,
        )
        return [
            account_routes.build(self.accounts, self.settings.firm, self._refresh_staff, self._session_over),
            queue_routes.build(self.queues, account_routes.PAUSE_REASONS),
            customer_routes.build(self.customers),
            ticket_routes.build(tickets, self.staff, flow),
            call_routes.build(self.calls, self.listener, Playback(self.db, self._store), self._recording_flow()),
            build_desk(desk),
        ]

    def _recording_flow(self) -> RecordingFlow:
        workers = self.settings.speech.workers
        return RecordingFlow(
            self.db, self.jobs, self._store, self.settings.spool_dir, self.transcriber, self.clock, workers
        )

    async def _connected(self, client: AmiClient) -> None:
        await self.listener.resync(AmiPbxState(client))
        await self.queues.on_connected(AmiPbxControl(client))

    async def _refresh_staff(self) -> None:
        """Somebody signed in: a user or a queue may have been made since the service started."""
        self._sit_down(await self.staff.phones())
        await self.queues.refresh()

    async def _session_over(self, who: Identity) -> None:
        """Signed out, or the session ran out: its screens hear no more, and nobody rings an empty desk."""
        self.hub.sign_out(who.session)
        if not self.hub.has_user(who.user_id):
            await self.queues.leave(who.user_id)

    def _sit_down(self, phones: dict[str, str]) -> None:
        for gone in self.agents.keys() - phones.keys():
            del self.agents[gone]
        self.agents.update(phones)

    def _heard(self, message: AmiMessage) -> None:
        self.listener.feed(message)
        self.queues.feed(message)

    def _read_number(self, raw: str) -> str | None:
        return parse(raw, self.region).e164

    def _recording_link(self, call_id: str) -> str | None:
        public = self.settings.web.public_url
        return f"{public.rstrip('/')}/calls/{call_id}" if public else None

    async def _ready(self, _ctx: Context) -> web.Response:
        """Whether the telephony is there: 200, or 503 while Asterisk is not connected."""
        return web.json_response({"asterisk": self.ami.connected}, status=200 if self.ami.connected else 503)


async def _listening(starting: Any, host: str, port: int, setting: str) -> None:
    try:
        await starting
    except OSError as error:
        raise Problem("port_in_use", field="port", host=host, port=port, setting=setting) from error


def serve(settings: Settings) -> int:
    """Run the service until it is told to end."""

    async def run() -> None:
        service = Service(settings)
        await service.start()
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        ending = asyncio.create_task(stop.wait(), name="signal")
        failing = asyncio.create_task(service.wait(), name="watch")
        try:
            await asyncio.wait({ending, failing}, return_when=asyncio.FIRST_COMPLETED)
            if failing.done():
                failing.result()
        finally:
            ending.cancel()
            failing.cancel()
            await service.stop()

    uvloop.run(run())
    return 0


@contextlib.asynccontextmanager
async def opened_database() -> AsyncIterator[Database]:
    """The configured database, for commands; brought to this version."""
    settings = load()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    db = Database(settings.database_url)
    try:
        await db.ping()
        yield db
    finally:
        await db.close()


async def serve_queues(db: Database, user_id: str, names: list[str] | None) -> None:
    """Have a user serve these queues (None: all); for commands. A running service learns it when he signs in."""
    queues = Queues(db, utc_now, {}, Calls(db).busy_agents)
    await queues.load()
    await queues.serve(user_id, [queue.name for queue in queues.live()] if names is None else names)


@contextlib.asynccontextmanager
async def opened_customers() -> AsyncIterator[Customers]:
    """The configured customers, for commands."""
    async with opened_database() as db:
        await schema.upgrade(db)
        yield Customers(db, utc_now, PhoneRegion(area_code=load().firm.area_code))


def api_document() -> dict[str, Any]:
    """OpenAPI of the service, with the desk socket's messages."""
    return document(Service(load()).routes, extra=[DeskMessage])
