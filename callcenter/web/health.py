"""Whether a process lives, whether it can do its work, and its figures. For machines; says nothing of people."""

from __future__ import annotations

import asyncio
import errno
import platform
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from callcenter import __version__, metrics
from callcenter.errors import Problem
from callcenter.setting_groups import MonitorSettings

# Returns a code for the one who looks, such as `leading`, or nothing; raises `Unwell`, or whatever happens, when the
# part is not there.
Check = Callable[[], Awaitable[str | None]]
PATHS = frozenset({"/healthz", "/readyz", "/metrics"})
_LIMIT_S = 1.0


class Unwell(Exception):
    """What is the matter with a part, for everybody to read: a code and its parameters, of which none is an address, a
    person's name or a secret. The screens have words for `not_connected` and what else is said (`systemDetail`)."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Finding:
    """What a check found. `required`: without it the process cannot do its work. `detail` is a code, with `params`."""

    ok: bool
    required: bool
    detail: str | None
    params: Mapping[str, str] = field(default_factory=dict)

    def shown(self) -> dict[str, object]:
        params = {"params": self.params} if self.params else {}
        return {"ok": self.ok, "required": self.required, "detail": self.detail, **params}


@dataclass
class HealthChecks:
    """What a process stands on. `process` is web, ami, agi, worker or serve.

    Set `draining` when the process is told to end: it is then not ready, so that nobody sends it new work.
    """

    process: str
    limit_s: float = _LIMIT_S
    draining: bool = False
    _checks: dict[str, tuple[Check, bool]] = field(default_factory=dict)
    _asked: dict[str, asyncio.Task[str | None]] = field(default_factory=dict)

    def add(self, name: str, check: Check, *, required: bool = True) -> None:
        """Ask `check` whenever somebody wants to know."""
        self._checks[name] = (check, required)

    def add_flag(self, name: str, up: Callable[[], bool], *, required: bool = True) -> None:
        """A part of which this process knows by itself whether it is there."""

        async def check() -> None:
            if not up():
                raise Unwell("not_connected")

        self.add(name, check, required=required)

    async def look(self) -> dict[str, Finding]:
        """Every part, asked at the same time. The gauge `check_up` shows the same."""
        found = await asyncio.gather(*(self._find(name, *each) for name, each in self._checks.items()))
        findings = dict(zip(self._checks, found, strict=True))
        for name, finding in findings.items():
            metrics.CHECK_UP.labels(name).set(finding.ok)
        return findings

    def ready(self, findings: Mapping[str, Finding]) -> bool:
        """Whether the process can take work, given what was found."""
        return not self.draining and all(each.ok for each in findings.values() if each.required)

    async def _find(self, name: str, check: Check, required: bool) -> Finding:
        """One that hangs, even against being cancelled, is not asked again until it has ended."""
        task = self._asked.get(name)
        if task is None:
            task = self._asked[name] = asyncio.create_task(_asking(check), name=f"check {name}")
            task.add_done_callback(partial(self._ended, name))
        done, _ = await asyncio.wait({task}, timeout=self.limit_s)
        if not done or task.cancelled():
            task.cancel()
            return Finding(False, required, "no_answer", {"seconds": f"{self.limit_s:g}"})
        if error := task.exception():
            unwell = error if isinstance(error, Unwell) else _failed(error)
            return Finding(False, required, unwell.code, unwell.params)
        return Finding(True, required, task.result())

    def _ended(self, name: str, task: asyncio.Task[str | None]) -> None:
        del self._asked[name]
        if not task.cancelled():
            task.exception()  # of one that nobody waited for any more: it is known by then that it hangs


class HealthServer:
    """Answers for a process that has no web server of its own. Without a port in the settings it does nothing."""

    def __init__(self, settings: MonitorSettings, checks: HealthChecks) -> None:
        self._settings = settings
        self._checks = checks
        self._runner: web.AppRunner | None = None

    @property
    def port(self) -> int | None:
        """Where it listens."""
        return self._runner.addresses[0][1] if self._runner and self._runner.addresses else None

    async def start(self) -> None:
        """Raise `Problem` when the address cannot be had."""
        host, port = self._settings.host, self._settings.port
        if port is None:
            return
        app = web.Application()
        add_health(app, self._checks)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LIMIT_S)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self.stop()
            raise _unusable(error, host, port) from error

    async def stop(self) -> None:
        """Last of all: until then it says that the process is ending."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def add_health(app: web.Application, checks: HealthChecks) -> None:
    """GET /healthz, /readyz and /metrics, open to whoever reaches them."""
    version = __version__
    metrics.BUILD.info({"version": version, "process": checks.process, "python": platform.python_version()})

    async def alive(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "process": checks.process, "version": version})

    async def ready(_request: web.Request) -> web.Response:
        findings = await checks.look()
        good = checks.ready(findings)
        shown = {name: each.shown() for name, each in findings.items()}
        body = {"ready": good, "draining": checks.draining, "checks": shown}
        return web.json_response(body, status=200 if good else 503)

    async def figures(_request: web.Request) -> web.Response:
        await checks.look()
        return web.Response(body=generate_latest(metrics.REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", figures)


async def _asking(check: Check) -> str | None:
    return await check()


def _failed(error: BaseException) -> Unwell:
    """Of an error that was not meant to be read here just the kind: its words may hold addresses and more."""
    return Unwell("failed", reason=error.code if isinstance(error, Problem) else type(error).__name__)


def _unusable(error: OSError, host: str, port: int) -> Problem:
    setting = "CALLCENTER_MONITOR__PORT"
    if error.errno == errno.EADDRINUSE:
        return Problem("port_in_use", field="monitor.port", host=host, port=port, setting=setting)
    reason = error.strerror or type(error).__name__
    return Problem("monitor_unusable", field="monitor.host", host=host, port=port, reason=reason)
