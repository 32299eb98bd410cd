"""For commands: the configured database and rooms on it, without a running service."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from zoneinfo import ZoneInfo

from callcenter import schema
from callcenter.asterisk.configured import logs_dir
from callcenter.calls.audit import Audit
from callcenter.calls.commands import Tools
from callcenter.calls.recompute import Recomputer
from callcenter.calls.service import Calls
from callcenter.clock import utc_now
from callcenter.config import Settings, load
from callcenter.customers.numbers import PhoneRegion, parse
from callcenter.customers.service import Customers
from callcenter.db import Database
from callcenter.jobs import engine
from callcenter.process import check_disk
from callcenter.queues.service import Queues
from callcenter.wiring import Staff


@contextlib.asynccontextmanager
async def opened_database() -> AsyncIterator[Database]:
    """The configured database, brought to this version where it is embedded; elsewhere it must be."""
    settings = load()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_disk(settings)
    db = Database(settings.database_url)
    try:
        await db.ping()
        await (schema.upgrade(db) if db.embedded else schema.require(db))
        yield db
    finally:
        await db.close()


async def migrate(settings: Settings, message: str | None = None) -> None:
    """Bring the database and that of the jobs to this version; with a message, write a migration instead."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    check_disk(settings)
    db = Database(settings.database_url)
    try:
        await db.ping()
        if message:
            await schema.revise(db, message)
            return
        await schema.upgrade(db)
        await asyncio.to_thread(engine.migrate, settings.jobs_url)
    finally:
        await db.close()


async def serve_queues(db: Database, user_id: str, names: list[str] | None) -> None:
    """Have a user serve these queues (None: all). A running service in one process learns it when he signs in."""
    queues = Queues(db, utc_now, {}, Calls(db).busy_agents)
    await queues.load()
    await queues.serve(user_id, [queue.name for queue in queues.live()] if names is None else names)


@contextlib.asynccontextmanager
async def opened_customers() -> AsyncIterator[Customers]:
    """The configured customers."""
    async with opened_database() as db:
        yield Customers(db, utc_now, PhoneRegion(area_code=load().firm.area_code))


@contextlib.asynccontextmanager
async def opened_ledger() -> AsyncIterator[Tools]:
    """The configured ledger, and where the files of each Asterisk server are."""
    settings = load()
    async with opened_database() as db:
        region = PhoneRegion(area_code=settings.firm.area_code)
        servers = (settings.ami, *settings.more_ami)
        folders = {server.name: logs_dir(settings, server) for server in servers}
        said = {server.name: server.setting("logs_dir") for server in servers}
        agents = await Staff(db).phones()
        audit = Audit(db, agents, folders, ZoneInfo(settings.firm.timezone), utc_now, said)
        yield Tools(audit, Recomputer(db, lambda raw: parse(raw, region).e164))
