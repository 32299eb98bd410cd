"""One running process: what must be right before it starts, the order in which it starts and ends. Knows no room."""

from __future__ import annotations

import asyncio
import errno
import gc
import shutil
import signal
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
import uvloop
from sqlalchemy import text

from callcenter import schema
from callcenter.bus import Bus
from callcenter.config import Settings
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.folder_lock import FolderLock
from callcenter.jobs.roll import others_work
from callcenter.link import Link, RedisLink, make
from callcenter.tasks import Tasks, end
from callcenter.web.health import HealthChecks, HealthServer

log = structlog.get_logger(__name__)


class Duty(Protocol):
    """What a process does. Duties start in the order given and end in the other."""

    async def start(self) -> None:
        """Ready on return. A `Problem` says what must be mended first."""
        ...

    async def drain(self) -> None:
        """Take nothing new; return when what is under way has ended, or has waited long enough."""
        ...

    async def stop(self) -> None: ...


@dataclass
class Base:
    """What every duty stands on. `name` is that of the process: serve, web, ami, agi or worker."""

    name: str
    settings: Settings
    db: Database
    link: Link
    bus: Bus
    health: HealthChecks
    tasks: Tasks = field(default_factory=Tasks)

    @classmethod
    def of(cls, name: str, settings: Settings) -> Base:
        """Nothing is opened yet."""
        db = Database(settings.database_url)
        link = make(None if name == "serve" else settings.redis.url, settings.redis.prefix)
        return cls(name, settings, db, link, Bus(db, link), HealthChecks(name))


@dataclass
class Process:
    """`start` when the settings are good, `stop` when its time has come."""

    base: Base
    duties: Sequence[Duty]
    _lock: FolderLock | None = None
    _monitor: HealthServer | None = None
    _stopping: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def start(self) -> None:
        """Ready to serve on return. A `Problem` says what must be mended first; nothing is left running then."""
        started = False
        self.base.health.add_flag("started", lambda: started)
        try:
            await self._prepare()
            for duty in self.duties:
                self._stopping.append(duty.stop)
                await duty.start()
            self.base.tasks.start("bus", self.base.bus.run_live())
            started = True
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End in the other order."""
        while self._stopping:
            await self._stopping.pop()()
        await self.base.tasks.stop()
        if self._monitor is not None:
            await self._monitor.stop()
        await self.base.link.close()
        await self.base.db.close()
        if self._lock is not None:
            self._lock.release()

    async def drain(self) -> None:
        """Let what is under way come to its end: callers and screens first, who hears Asterisk last."""
        self.base.health.draining = True
        for duty in reversed(self.duties):
            await duty.drain()

    async def _prepare(self) -> None:
        """Refuse before anything is touched; then open what all duties need."""
        base, settings = self.base, self.base.settings
        alone = base.name == "serve"
        _check_form(base)
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        check_disk(settings)
        self._lock = FolderLock(settings.data_dir)
        self._lock.take(f"callcenter {base.name}", shared=not alone)
        await base.db.ping()
        if alone and not base.db.embedded and await others_work(base.db):
            raise Problem("database_in_use", field="database.url")
        await (schema.upgrade(base.db) if alone else schema.require(base.db))
        if isinstance(base.link, RedisLink):
            await base.link.ping()
            base.health.add_flag("redis", lambda: base.link.up, required=False)
        # Menus go on without it.
        base.health.add("database", self._database, required=base.name != "agi")
        await base.bus.start()
        if not alone:
            self._monitor = HealthServer(settings.monitor, base.health)
            await self._monitor.start()
        base.tasks.start("link", base.link.run())

    async def _database(self) -> None:
        async with self.base.db.read() as session:
            await session.execute(text("SELECT 1"))


def _check_form(base: Base) -> None:
    if base.name == "serve":
        return
    if base.settings.embedded:
        raise Problem("needs_postgresql", field="database.url", process=base.name)
    if base.settings.redis.url is None:
        raise Problem("needs_redis", field="redis.url", process=base.name)


def check_disk(settings: Settings) -> None:
    """Raise `Problem` when a disk on which the service writes is as good as full."""
    for folder in (settings.data_dir, settings.spool_dir, settings.store_dir):
        near = next((each for each in (folder, *folder.resolve().parents) if each.exists()), folder)
        free_mb = shutil.disk_usage(near).free // 2**20
        if free_mb < settings.disk.min_free_mb:
            raise Problem(
                "disk_full", field="disk.min_free_mb", folder=folder, free=free_mb, wanted=settings.disk.min_free_mb
            )


async def listening(starting: Any, host: str, port: int, setting: str) -> None:
    """Await a server's start; an address that cannot be had is a `Problem`."""
    try:
        await starting
    except OSError as error:
        code = "port_in_use" if error.errno == errno.EADDRINUSE else "address_unusable"
        reason = error.strerror or type(error).__name__
        raise Problem(code, field="port", host=host, port=port, setting=setting, reason=reason) from error


def run(make_process: Callable[[], Process]) -> int:
    """Run a process until it is told to end. A second signal hurries it."""
    uvloop.run(_live(make_process()))
    return 0


async def _live(process: Process) -> None:
    signals: asyncio.Queue[None] = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, signals.put_nowait, None)
    if not await _unless_told(process.start(), signals):
        return
    # What was made at the start stays: to look through all of it for garbage would hold up a ringing phone.
    gc.collect()
    gc.freeze()
    try:
        if not await _unless_told(process.base.tasks.wait(), signals):
            log.info("draining")
            await _unless_told(process.drain(), signals)
    finally:
        await process.stop()
        log.info("ended")


async def _unless_told(work: Coroutine[Any, Any, None], signals: asyncio.Queue[None]) -> bool:
    """Do it, and raise its error; False when a signal came first and it was called off."""
    doing = asyncio.create_task(work, name="doing")
    told = asyncio.create_task(signals.get(), name="signal")
    try:
        await asyncio.wait({doing, told}, return_when=asyncio.FIRST_COMPLETED)
        if doing.done():
            doing.result()
            return True
        return False
    finally:
        await end(told, doing)
