"""The ami process: hears Asterisk, writes the ledger, keeps Asterisk's queues. One of several does, the others wait."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from callcenter import metrics
from callcenter.app.hearing import Ear, tell
from callcenter.app.house import House
from callcenter.asterisk.ami.connection import AmiClient
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.asterisk.configured import logs_dir, servers
from callcenter.bus import Subscriber
from callcenter.calls.listener import Listener
from callcenter.calls.pbx import AmiPbxState
from callcenter.calls.term import TermOver
from callcenter.calls.unheard import CallFiles
from callcenter.clock import utc_now
from callcenter.db import away, told
from callcenter.errors import Problem
from callcenter.hooks.foreign.ami import AmiHooks
from callcenter.lease import Lease
from callcenter.queues.pbx import AmiPbxControl
from callcenter.queues.presence_book import EVENTS as PRESENCE_EVENTS
from callcenter.queues.sharing import LineSharer
from callcenter.setting_groups import AmiSettings
from callcenter.tasks import Tasks, end
from callcenter.web.health import Unwell

log = structlog.get_logger(__name__)
# The terms and the lease are of all servers together: who leads hears each of them.
_LEASE = "ami"
_PAUSE_S = 1.0
_LAST_WORDS_S = 20.0


class AmiDuty:
    """Leads as long as it has the lease; in the one process that is always."""

    def __init__(self, house: House) -> None:
        self._house, self._base = house, house.base
        self._tasks = house.base.tasks.child()
        self._lease = Lease(house.base.link, _LEASE)
        self._leads, self._draining, self._written = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._clients: dict[str, AmiClient] = {}
        self._presence = [Subscriber(house.queues.presence.on_event, PRESENCE_EVENTS)]
        self._sharer = LineSharer(house.base.link, house.queues)
        self._hooks = AmiHooks(house.base.settings.hooks)
        house.base.health.add("asterisk", self._asterisk)

    async def start(self) -> None:
        self._tasks.start("ami", self._lead())
        if self._base.name == "serve":
            leads = asyncio.create_task(self._leads.wait(), name="ami leads")
            failed = asyncio.create_task(self._tasks.wait(), name="ami fails")
            try:
                await asyncio.wait({leads, failed}, return_when=asyncio.FIRST_COMPLETED)
                if failed.done():
                    failed.result()
            finally:
                await end(leads, failed)

    async def drain(self) -> None:
        """Write what was heard, then let the next one lead: calls are Asterisk's, and it finds them as they are."""
        self._draining.set()
        if self._leads.is_set():
            await self._written.wait()

    async def stop(self) -> None:
        await self._tasks.stop()
        await self._lease.release()

    async def _lead(self) -> None:
        while not self._draining.is_set():
            await self._lease.acquire()
            try:
                await self._term()
            except TermOver as error:
                # In the one process there is no lease to wait for: two of them would take it from each other for ever.
                if self._base.name == "serve":
                    raise Problem("ledger_taken", field="database.url") from error
                log.warning("term_over")
            except Exception as error:
                if not away(error):
                    raise
                log.warning("cannot_lead", reason=told(error))
                await self._lease.release()
                await asyncio.sleep(_PAUSE_S)
        await self._lease.release()
        await asyncio.Event().wait()

    async def _term(self) -> None:
        """Lead until the lease is lost, another process has begun to write, or the end is near."""
        term = Tasks()
        # First of all: to take up many calls may last longer than a lease that nobody renews.
        term.start("lease", self._until_lost())
        try:
            await self._begin(term)
            await term.wait()
        except _LeaseLost:
            log.warning("standing_by")
        finally:
            self._leads.clear()
            self._house.queues.presence.guard = None
            self._base.bus.leave(self._presence)
            await term.stop()
            for server in self._clients:
                self._house.queues.on_lost(server)
            self._clients = {}
            self._written.set()
            metrics.LEDGER_LEADING.set(0)
            metrics.OPEN_CALLS.set(0)

    async def _begin(self, term: Tasks) -> None:
        bus, queues = self._base.bus, self._house.queues
        self._written.clear()
        heard = bus.position
        places = servers(self._base.settings)
        listeners = [self._listener(at) for at in places]
        for listener in listeners:
            await listener.load()
            listener.lost("process")
        await queues.load()
        queues.presence.guard = listeners[0].term.check
        await bus.join(self._presence, heard)
        ears = [self._ear(at, each) for at, each in zip(places, listeners, strict=True)]
        term.start("hearing", tell(self._base.link, ears, utc_now))
        for listener in listeners:
            term.start(f"ledger {listener.server}", listener.run())
            term.start(f"ledger beat {listener.server}", listener.beat())
            term.start(f"queue membership {listener.server}", queues.sync(listener.server).run())
        term.start("presence", queues.presence.run())
        term.start("line", self._sharer.run())
        term.start("hooks", self._hooks.run())
        term.start("managers", self._hear(listeners))
        self._leads.set()
        metrics.LEDGER_LEADING.set(1)

    def _listener(self, place: AmiSettings) -> Listener:
        settings, house = self._base.settings, self._house
        return Listener(
            self._base.db,
            place.name,
            house.agents,
            house.read_number,
            utc_now,
            files=CallFiles(logs_dir(settings, place)),
            late=timedelta(seconds=settings.ledger.late_s),
            spill=settings.data_dir / "spill",
            keep=timedelta(days=settings.ledger.journal_days),
        )

    async def _hear(self, listeners: list[Listener]) -> None:
        """Hear every Asterisk until the end is near; the last thing heard is the last thing written."""
        hearing = Tasks()
        for server, client in self._clients.items():
            hearing.start(f"manager {server}", client.run())
        failed = asyncio.create_task(hearing.wait(), name="managers fail")
        draining = asyncio.create_task(self._draining.wait(), name="drain")
        try:
            await asyncio.wait({failed, draining}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                failed.result()
        finally:
            await end(failed, draining)
            await hearing.stop()
        try:
            async with asyncio.timeout(_LAST_WORDS_S):
                await asyncio.gather(*(listener.written() for listener in listeners))
        except TimeoutError:
            log.error("ledger_left_unwritten")
        raise _LeaseLost

    def _ear(self, place: AmiSettings, listener: Listener) -> Ear:
        """A client for one server; what it hears goes to the ledger and to the queues."""
        queues, server = self._house.queues, place.name

        def heard(message: AmiMessage) -> None:
            ear.heard(message)
            listener.feed(message)
            queues.feed(server, message)
            self._hooks.feed(server, message)

        async def connected(client: AmiClient) -> None:
            await listener.resync(AmiPbxState(client))
            await queues.on_connected(server, AmiPbxControl(client))

        def lost() -> None:
            listener.lost("process" if self._draining.is_set() else "link")
            queues.on_lost(server)

        # One server of several that refuses us must not take the others down.
        several = bool(self._base.settings.more_ami)
        client = AmiClient(place, on_message=heard, on_connected=connected, on_lost=lost, patient=several)
        self._clients[server] = client
        ear = Ear(server, lambda: client.connected, listener.unwritten)
        return ear

    async def _until_lost(self) -> None:
        await self._lease.keep()
        raise _LeaseLost

    async def _asterisk(self) -> str:
        if not self._leads.is_set():
            return "standing_by"
        if missing := [name for name, client in self._clients.items() if not client.connected]:
            raise Unwell("servers_not_connected", servers=", ".join(missing))
        return "leading"


class _LeaseLost(Exception):
    """Another process leads."""
