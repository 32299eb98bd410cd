"""The database: reached, of a version that we know, with our tables at this program's migration."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import schema
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.doctor.finding import Finding, error, ok, warning
from callcenter.doctor.webhooks import WebhookFacts, ask_webhooks
from callcenter.errors import Problem
from callcenter.queues.model import QueueRow

OLDEST_POSTGRES = 15
LIMIT_S = 8.0
ABSENT = "doctor_database_absent"
_REFUSALS = {"28P01": "doctor_database_refused", "28000": "doctor_database_refused", "3D000": "doctor_database_unmade"}
_PARTICULARS = text(
    "SELECT current_setting('server_version') AS version,"
    " current_setting('server_version_num')::int / 10000 AS major,"
    " current_setting('server_encoding') AS encoding, has_schema_privilege(current_schema(), 'CREATE')"
    " AND has_database_privilege(current_database(), 'CREATE') AS may_create"
)


@dataclass(frozen=True)
class DatabaseFacts:
    """What the database says of itself. `queues` and `webhooks` are None without our tables.

    `off_s` is its clock minus ours.
    """

    kind: str
    url: str
    version: str
    major: int
    encoding: str
    may_create: bool
    found: str | None = None
    wanted: str | None = None
    queues: tuple[str, ...] | None = None
    webhooks: WebhookFacts | None = None
    off_s: float | None = None


def judge_database(facts: DatabaseFacts) -> list[Finding]:
    """Version, encoding and rights."""
    if facts.kind == "postgresql":
        wrong = list(_postgres_wrong(facts))
        if wrong:
            return wrong
    return [ok("database", "doctor_database_good", kind=facts.kind, version=facts.version, url=facts.url)]


def judge_migrations(facts: DatabaseFacts) -> list[Finding]:
    """Whether the tables are those that this program works on. Revisions are numbered."""
    found, wanted = facts.found, facts.wanted
    if found == wanted:
        return [ok("migrations", "doctor_migrations_good", found=found)]
    if found is None:
        return [error("migrations", "doctor_migrations_none", wanted=wanted)]
    code = "doctor_migrations_old" if wanted is not None and found < wanted else "database_newer"
    return [error("migrations", code, found=found, wanted=wanted)]


def absent(url: str) -> list[Finding]:
    """For a database file that is made at the first start."""
    return [warning("database", ABSENT, path=make_url(url).database)]


async def ask_database(url: str, clock: Clock, limit_s: float = LIMIT_S) -> DatabaseFacts:
    """Ask, without changing anything; a `Problem` says why there is no answer."""
    at = make_url(url)
    try:
        async with asyncio.timeout(limit_s):
            return await _ask(_unchanging(at), at, clock)
    except TimeoutError as reason:
        raise Problem("database_unreachable", url=shown(url), reason=f"> {limit_s:g} s") from reason
    except (SQLAlchemyError, OSError) as reason:
        raise _problem(at, reason) from reason


def shown(url: str) -> str:
    """A database's or Redis' URL without password and options."""
    return _shown(make_url(url))


def _shown(at: URL) -> str:
    return at.set(query={}).render_as_string(hide_password=True)


def _postgres_wrong(facts: DatabaseFacts) -> list[Finding]:
    wrong = []
    if facts.major < OLDEST_POSTGRES:
        wrong.append(error("database", "doctor_database_old", version=facts.version, oldest=OLDEST_POSTGRES))
    if facts.encoding != "UTF8":
        wrong.append(error("database", "doctor_database_encoding", encoding=facts.encoding, url=facts.url))
    if not facts.may_create:
        wrong.append(error("database", "doctor_database_rights", url=facts.url))
    return wrong


def _unchanging(at: URL) -> str:
    """SQLite would make a missing file, and files beside one that nobody has open."""
    if not at.drivername.startswith("sqlite"):
        return at.render_as_string(hide_password=False)
    file = Path(at.database or "")
    if not file.is_file():
        raise Problem(ABSENT, path=str(file))
    in_use = file.with_name(file.name + "-wal").exists()
    return f"{at.drivername}:///file:{quote(str(file))}?{'mode=ro' if in_use else 'immutable=1'}&uri=true"


async def _ask(url: str, at: URL, clock: Clock) -> DatabaseFacts:
    db = Database(url)
    try:
        found, wanted = await schema.revision(db)
        async with db.read() as session:
            particulars = _sqlite if db.engine.dialect.name == "sqlite" else _postgres
            facts = await particulars(session, at, clock)
            queues = await _queues(session)
            webhooks = await ask_webhooks(session, clock()) if queues is not None else None
            return replace(facts, found=found, wanted=wanted, queues=queues, webhooks=webhooks)
    finally:
        await db.close()


async def _sqlite(session: AsyncSession, at: URL, _clock: Clock) -> DatabaseFacts:
    version = str(await session.scalar(text("SELECT sqlite_version()")))
    return DatabaseFacts("sqlite", _shown(at), version, int(version.split(".")[0]), "UTF8", may_create=True)


async def _postgres(session: AsyncSession, at: URL, clock: Clock) -> DatabaseFacts:
    row = (await session.execute(_PARTICULARS)).one()
    before = clock()
    theirs: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    off = theirs - (before + (clock() - before) / 2)
    return DatabaseFacts(
        "postgresql", _shown(at), row.version, row.major, row.encoding, row.may_create, off_s=off.total_seconds()
    )


async def _queues(session: AsyncSession) -> tuple[str, ...] | None:
    """Without our tables this ends what can be asked in this transaction."""
    try:
        return tuple(await session.scalars(select(QueueRow.name)))
    except SQLAlchemyError:
        return None


def _problem(at: URL, reason: SQLAlchemyError | OSError) -> Problem:
    original = getattr(reason, "orig", None)
    lines = str(original or reason).splitlines() or [type(reason).__name__]
    said = lines[0].rpartition(">: ")[2]
    if at.drivername.startswith("sqlite"):
        return Problem("doctor_database_damaged", path=at.database, reason=said)
    code = _REFUSALS.get(str(getattr(original, "sqlstate", "")), "database_unreachable")
    return Problem(code, url=_shown(at), reason=said, database=at.database, user=at.username)
