"""All checks, side by side, each with its time; one that fails is a finding and stops no other."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NoReturn

import structlog

from callcenter.clock import Clock, utc_now
from callcenter.doctor import (
    clock,
    configuration,
    crm,
    folders,
    hooks,
    models,
    ports,
    redis_server,
    served,
    settings,
    webhooks,
)
from callcenter.doctor.asterisk import ask_asterisk
from callcenter.doctor.asterisk_judged import judge_modules, judge_queues, judge_rights, judge_version
from callcenter.doctor.database import ABSENT, judge_database, judge_migrations
from callcenter.doctor.finding import Finding, error, of_problem, skipped
from callcenter.doctor.hidden import hide, secrets_of
from callcenter.doctor.installation import Installation, Unavailable, apart
from callcenter.errors import Problem, as_problem
from callcenter.setting_groups import AmiSettings

Look = Callable[[Installation], Awaitable[list[Finding]]]


@dataclass(frozen=True)
class Check:
    """One part of the examination."""

    name: str
    look: Look
    limit_s: float = 15.0


@dataclass(frozen=True)
class Wish:
    """How to examine."""

    asterisk_etc: Path | None = None
    online: bool = False
    without: Collection[str] = ()
    clock: Clock = utc_now


async def _settings(installation: Installation) -> list[Finding]:
    if installation.trouble is not None:
        raise installation.trouble
    return await apart(settings.judge)


async def _database(installation: Installation) -> list[Finding]:
    try:
        return judge_database(await installation.database.get())
    except Problem as problem:
        # The first start makes the file.
        return [of_problem("database", problem, "warning" if problem.code == ABSENT else "error")]


async def _migrations(installation: Installation) -> list[Finding]:
    return judge_migrations(await installation.database.needed())


async def _asterisk(installation: Installation) -> list[Finding]:
    """The first server, to which the checks that follow belong; of all others everything at once."""
    others = (_other_server(installation, at) for at in installation.settings.more_ami)
    found = await asyncio.gather(_first_server(installation), *others)
    return [each for server in found for each in server]


async def _first_server(installation: Installation) -> list[Finding]:
    at = installation.ami
    try:
        found = judge_version(await installation.asterisk.get(), at.host, at.port)
    except Problem as problem:
        found = [of_problem("asterisk", problem)]
    return _of_server(at, found)


async def _other_server(installation: Installation, at: AmiSettings) -> list[Finding]:
    try:
        facts = await ask_asterisk(at, (), installation.clock)
    except Problem as problem:
        return _of_server(at, [of_problem("asterisk", problem)])
    judged = [*judge_version(facts, at.host, at.port), *judge_rights(facts, at.user), *judge_modules(facts)]
    return _of_server(at, judged)


def _of_server(at: AmiSettings, found: list[Finding]) -> list[Finding]:
    """With the server's name, which tells what belongs to which."""
    return [replace(each, params={**each.params, "server": at.name}) for each in found]


async def _rights(installation: Installation) -> list[Finding]:
    at = installation.ami
    return _of_server(at, judge_rights(await installation.asterisk.needed(), at.user))


async def _modules(installation: Installation) -> list[Finding]:
    return _of_server(installation.ami, judge_modules(await installation.asterisk.needed()))


async def _queues(installation: Installation) -> list[Finding]:
    kept = (await installation.database.needed()).queues
    return judge_queues(await installation.asterisk.needed(), kept)


async def _webhooks(installation: Installation) -> list[Finding]:
    facts = (await installation.database.needed()).webhooks
    if facts is None:
        raise Unavailable("migrations")
    return webhooks.judge_webhooks(facts)


CHECKS = (
    Check("settings", _settings),
    Check("data_folder", folders.check_data),
    Check("secrets", folders.check_secrets),
    Check("database", _database),
    Check("migrations", _migrations),
    Check("redis", redis_server.check),
    Check("asterisk", _asterisk),
    Check("rights", _rights),
    Check("modules", _modules),
    Check("configuration", configuration.check),
    Check("queues", _queues),
    Check("models", models.check, models.LIMIT_S),
    Check("disk", folders.check_disk),
    Check("clock", clock.check),
    Check("ports", ports.check),
    Check("screens", served.check_screens),
    Check("menus", served.check_menus),
    Check("crm", crm.check),
    Check(hooks.CHECK, hooks.check),
    Check(webhooks.CHECK, _webhooks),
)


async def examine(wish: Wish) -> list[Finding]:
    """Every finding, in the order of the checks."""
    wanted = [check for check in CHECKS if check.name not in wish.without]
    with _quiet():
        try:
            read = await apart(settings.read)
        except Exception as reason:
            rest = [skipped(check.name, "doctor_no_settings") for check in wanted if check.name != settings.CHECK]
            return [_failed(settings.CHECK, reason), *rest]
        found = await look(_installation(read, wish), wanted)
    return hide(found, secrets_of(read.settings, read.pbx))


async def look(installation: Installation, checks: Collection[Check]) -> list[Finding]:
    """Run these checks."""
    try:
        found = await asyncio.gather(*(_run(check, installation) for check in checks))
    finally:
        await installation.close()
    return [each for findings in found for each in findings]


def _installation(read: settings.Read, wish: Wish) -> Installation:
    return Installation(
        settings=read.settings,
        pbx=read.pbx,
        ami=read.ami,
        trouble=read.trouble,
        asterisk_etc=wish.asterisk_etc,
        online=wish.online,
        clock=wish.clock,
    )


async def _run(check: Check, installation: Installation) -> list[Finding]:
    try:
        async with asyncio.timeout(check.limit_s):
            return await check.look(installation)
    except TimeoutError:
        return [error(check.name, "doctor_check_late", name=check.name, seconds=check.limit_s)]
    except Unavailable as reason:
        return [skipped(check.name, "doctor_needs", needs=reason.name)]
    except Exception as reason:
        return [_failed(check.name, reason)]


def _failed(check: str, reason: Exception) -> Finding:
    problem = as_problem(reason)
    if problem is not None:
        return of_problem(check, problem)
    if isinstance(reason, OSError) and reason.filename is not None:
        return error(check, "file_trouble", path=str(reason.filename), reason=reason.strerror or str(reason))
    return error(check, "doctor_check_failed", name=check, reason=f"{type(reason).__name__}: {reason}")


def _drop(_logger: object, _method: str, _event: structlog.typing.EventDict) -> NoReturn:
    raise structlog.DropEvent


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What the parts of the service log is not for the report, which may be JSON."""
    before = structlog.get_config()
    structlog.configure(processors=[_drop])
    try:
        yield
    finally:
        structlog.configure(**before)
