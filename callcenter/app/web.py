"""The web process: screens, API and desk sockets."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from callcenter.accounts import routes as account_routes
from callcenter.accounts.service import Accounts
from callcenter.app import hearing
from callcenter.app.house import House
from callcenter.bus import Subscriber
from callcenter.calls import routes as call_routes
from callcenter.calls.notes import Notes
from callcenter.calls.playback import Playback
from callcenter.clock import utc_now
from callcenter.complaints import routes as ticket_routes
from callcenter.complaints.categories import load as load_categories
from callcenter.complaints.routes import TicketShapes
from callcenter.complaints.service import Tickets
from callcenter.config import Settings
from callcenter.customers import routes as customer_routes
from callcenter.desk.build import DeskParts
from callcenter.desk.build import build as build_desk
from callcenter.events.people import SessionEnded, StaffChanged
from callcenter.hooks.build import build as build_hooks
from callcenter.process import listening
from callcenter.queues import routes as queue_routes
from callcenter.queues.presence_book import EVENTS as PRESENCE_EVENTS
from callcenter.queues.sharing import LineFollower
from callcenter.rooms import Room
from callcenter.web.http import Context, Route
from callcenter.web.server import make_app

log = structlog.get_logger(__name__)
# A request under way may take so long; the one process keeps nobody waiting.
_GOODBYE_S, _GOODBYE_ALONE_S = 20.0, 3.0


class WebDuty:
    """Screens, API and desk sockets."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._base = base = house.base
        self._tasks = base.tasks.child()
        self.accounts = Accounts(base.db, utc_now, link=base.link)
        tickets = Tickets(
            base.db,
            utc_now,
            ZoneInfo(base.settings.firm.timezone),
            load_categories(),
            house.customers,
            house.ledger,
            base.settings.crm.kind != "builtin",
        )
        self._desk = build_desk(
            DeskParts(
                db=base.db,
                clock=utc_now,
                calls=house.calls,
                customers=house.customers,
                ticket_shapes=TicketShapes(tickets, house.staff),
                floor=house.queues,
                sessions=self.accounts,
                link=base.link,
                foreign=house.crm if base.settings.crm.kind != "builtin" else None,
            )
        )
        self._rooms: list[Room] = [
            account_routes.build(
                self.accounts,
                base.settings.firm,
                house.refresh_staff,
                self._desk.session_over,
                https_only=_over_tls(base.settings),
            ),
            queue_routes.build(house.queues, account_routes.PAUSE_REASONS),
            customer_routes.build(house.customers),
            ticket_routes.build(tickets, house.staff),
            call_routes.build(
                house.calls,
                Notes(base.db, utc_now),
                Playback(base.db, house.store),
                [server.name for server in (base.settings.ami, *base.settings.more_ami)],
            ),
            build_hooks(base.db, utc_now, base.link, base.settings.hooks),
            self._desk.room,
            hearing.build(base.db, base.link, base.health, base.settings.hooks),
        ]
        self._runner: web.AppRunner | None = None
        self._goodbye_s = _GOODBYE_ALONE_S if base.name == "serve" else _GOODBYE_S
        self.port = base.settings.web.port

    @property
    def routes(self) -> list[Route]:
        """Every operation of the API."""
        return [
            *(route for room in self._rooms for route in room.routes),
            Route("GET", "/ready", self._ready, open=True),
        ]

    async def start(self) -> None:
        house, bus = self._house, self._base.bus
        bus.add_live(Subscriber(self.accounts.on_event, (SessionEnded, StaffChanged)))
        if not house.leads:
            await house.queues.load()
            bus.add_live(Subscriber(house.queues.presence.on_event, PRESENCE_EVENTS))
            self._tasks.start("presence", house.queues.presence.run())
            self._tasks.start("line", LineFollower(self._base.link, house.queues.line).run())
        await self._desk.load()
        for room in self._rooms:
            for subscriber in room.subscribers:
                bus.add_live(subscriber)
            for name, task in room.tasks:
                self._tasks.start(name, task())
        await self._serve()

    async def drain(self) -> None:
        """The proxy sees that this process is not ready; what it still sends is answered."""
        if not self._house.leads:
            await asyncio.sleep(self._base.settings.web.drain_s)
        self._desk.hub.send_away()
        if self._runner is not None:
            await self._runner.cleanup()

    async def stop(self) -> None:
        self._desk.hub.send_away()
        if self._runner is not None:
            await self._runner.cleanup()
        await self._tasks.stop()

    async def _serve(self) -> None:
        settings = self._base.settings.web
        screens = settings.screens_dir if (settings.screens_dir / "index.html").is_file() else None
        if screens is None:
            log.error("screens_not_built", path=str(settings.screens_dir))
        app = make_app(
            self.routes, self.accounts, screens, trusted_proxies=settings.trusted_proxies, health=self._base.health
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=self._goodbye_s)
        await self._runner.setup()
        site = web.TCPSite(self._runner, settings.host, settings.port)
        await listening(site.start(), settings.host, settings.port, "CALLCENTER_WEB__PORT")
        self.port = self._runner.addresses[0][1]
        log.info("serving", url=f"http://{settings.host}:{self.port}")

    async def _ready(self, _ctx: Context) -> web.Response:
        """Whether the telephony is there: 200, or 503 while Asterisk is not connected."""
        connected = self._house.queues.line.connected
        return web.json_response({"asterisk": connected}, status=200 if connected else 503)


def _over_tls(settings: Settings) -> bool:
    return (settings.web.public_url or "").startswith("https://")
