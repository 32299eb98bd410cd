"""Keeps a hook's process running: started again when it ends, hangs or grows, with longer and longer pauses."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import structlog

from callcenter import metrics
from callcenter.hooks.foreign.discovery import Hook
from callcenter.hooks.foreign.frames import BROKEN, DONE, FAILED, LONGEST, READY, framed
from callcenter.hooks.foreign.process import HookProcess
from callcenter.hooks.foreign.saying import Seldom
from callcenter.setting_groups import HooksSettings
from callcenter.tasks import end, woken

log = structlog.get_logger(__name__)
PAUSES_S: tuple[float, ...] = (1, 2, 4, 8, 16, 30, 60)
# One that has run for so long begins anew with the first pause.
_SOUND_S = 60.0
_START_S = 30.0
# Handed over and not acknowledged; whatever else waits does so here, not in its memory.
_WINDOW = 64
_MOST_WAITING = 10_000
_LOOK_S = 0.2
_LONGEST_PRINT = 500


class HookGone(Exception):
    """The process ended before it had taken this one. `reason`: exited, hung, grew, broken, stopped."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class HookFailed(Exception):
    """The hook raised; its words."""


@dataclass
class _Posted:
    frame: bytes
    answer: asyncio.Future[None] | None = None


@dataclass
class Keeper:
    """`offer` and `ask` may be called at any time; `run` is the long task, which nothing that the hook does ends."""

    hook: Hook
    settings: HooksSettings
    pauses_s: Sequence[float] = PAUSES_S
    running: bool = False
    dropped: int = 0
    restarts: int = 0
    _waiting: deque[_Posted] = field(default_factory=deque)
    _handed: deque[_Posted] = field(default_factory=deque)
    _posted: asyncio.Event = field(default_factory=asyncio.Event)
    _progress: float = 0.0

    def __post_init__(self) -> None:
        name = self.hook.name
        self._running = metrics.HOOK_RUNNING.labels(name)
        self._dropped = metrics.HOOK_DROPPED.labels(name)
        self._done, self._failed = (metrics.HOOK_TAKEN.labels(name, result) for result in ("done", "failed"))
        self._says_dropped, self._says_failed, self._says_printed = Seldom(10, 1), Seldom(10, 5), Seldom(1, 20)
        self._running.set(0)

    def offer(self, kind: int, payload: bytes) -> bool:
        """Have it handed over when its turn comes; False, and counted, when too much waits already. Never blocks."""
        if len(self._waiting) >= _MOST_WAITING or len(payload) > LONGEST:
            self._drop(1)
            return False
        self._waiting.append(_Posted(framed(kind, payload)))
        self._posted.set()
        return True

    async def ask(self, kind: int, payload: bytes) -> None:
        """Hand it over and wait until it was taken. Raises HookGone or HookFailed, after `answer_s` at the latest."""
        if not self.running:
            raise HookGone("stopped")
        if len(payload) > LONGEST:
            raise HookFailed("too large")
        posted = _Posted(framed(kind, payload), asyncio.get_running_loop().create_future())
        self._waiting.append(posted)
        self._posted.set()
        assert posted.answer is not None
        await posted.answer

    async def run(self) -> None:
        """Until cancelled."""
        tries = 0
        while True:
            begun = time.monotonic()
            reason = await self._guarded()
            tries = 0 if time.monotonic() - begun > _SOUND_S else tries
            pause = self.pauses_s[min(tries, len(self.pauses_s) - 1)]
            tries, self.restarts = tries + 1, self.restarts + 1
            metrics.HOOK_RESTARTS.labels(self.hook.name, reason).inc()
            log.error("hook_ended", hook=self.hook.name, reason=reason, again_s=pause)
            await asyncio.sleep(pause)

    async def _guarded(self) -> str:
        try:
            async with HookProcess.running(self.hook, self.settings.memory_mb) as process:
                return await self._live(process)
        except (OSError, ValueError) as error:  # no process to be had, or one that speaks otherwise
            log.warning("hook_unusable", hook=self.hook.name, error=type(error).__name__, reason=str(error))
            return "broken"

    async def _live(self, process: HookProcess) -> str:
        """Why it ended, or is to be ended."""
        ready = asyncio.Event()
        watching = asyncio.create_task(self._watch(process, ready), name=f"hook {self.hook.name} watched")
        hearing = asyncio.create_task(self._hear(process, ready), name=f"hook {self.hook.name} heard")
        helpers = [
            asyncio.create_task(self._hand_over(process, ready), name=f"hook {self.hook.name} fed"),
            asyncio.create_task(self._print(process), name=f"hook {self.hook.name} prints"),
        ]
        try:
            await asyncio.wait({watching, hearing}, return_when=asyncio.FIRST_COMPLETED)
            reason = (watching if watching.done() else hearing).result()
            self._over(reason)
            return reason
        finally:
            self._over("stopped")
            await end(watching, hearing, *helpers)

    async def _hear(self, process: HookProcess, ready: asyncio.Event) -> str:
        async for kind, payload in process.frames():
            self._progress = time.monotonic()
            text = payload.decode("utf-8", "replace")
            if kind == BROKEN:
                log.error("hook_broken", hook=self.hook.name, target=self.hook.target, reason=text)
                return "broken"
            if kind == READY:
                log.info("hook_running", hook=self.hook.name, package=self.hook.package, hook_pid=process.pid)
                self.running = True
                self._running.set(1)
                ready.set()
            elif kind in (DONE, FAILED) and self._handed:
                self._answered(self._handed.popleft(), text if kind == FAILED else None)
                self._posted.set()
        return "exited"

    def _answered(self, posted: _Posted, failure: str | None) -> None:
        if failure is None:
            self._done.inc()
        else:
            self._failed.inc()
            if (count := self._says_failed.due()) is not None:
                log.warning("hook_failed", hook=self.hook.name, reason=failure, untold=count)
        if posted.answer is not None and not posted.answer.done():
            if failure is None:
                posted.answer.set_result(None)
            else:
                posted.answer.set_exception(HookFailed(failure))

    async def _hand_over(self, process: HookProcess, ready: asyncio.Event) -> None:
        await ready.wait()
        while True:
            self._posted.clear()
            while self._waiting and len(self._handed) < _WINDOW:
                posted = self._waiting.popleft()
                if not self._handed:
                    self._progress = time.monotonic()
                self._handed.append(posted)
                process.send(posted.frame)
            await process.sent()
            await self._posted.wait()

    async def _watch(self, process: HookProcess, ready: asyncio.Event) -> str:
        await woken(ready, _START_S)
        if not ready.is_set():
            return "hung"
        look_s = min(_LOOK_S, self.settings.answer_s / 4)
        while True:
            await asyncio.sleep(look_s)
            if self._handed and time.monotonic() - self._progress > self.settings.answer_s:
                return "hung"
            if process.memory_mb() > self.settings.memory_mb:
                return "grew"

    async def _print(self, process: HookProcess) -> None:
        async for line in process.prints():
            if (count := self._says_printed.due()) is not None:
                log.info("hook_printed", hook=self.hook.name, text=line[:_LONGEST_PRINT], untold=count)

    def _over(self, reason: str) -> None:
        """What it was at is lost to it, what lay behind that is not; who waits for an answer is told."""
        self.running = False
        self._running.set(0)
        handed, waiting = list(self._handed), list(self._waiting)
        self._handed.clear()
        for posted in (*handed, *waiting):
            if posted.answer is not None and not posted.answer.done():
                posted.answer.set_exception(HookGone(reason))
        self._waiting = deque(each for each in (*handed[1:], *waiting) if each.answer is None)
        if handed and handed[0].answer is None:
            self._drop(1)

    def _drop(self, count: int) -> None:
        self.dropped += count
        self._dropped.inc(count)
        if (untold := self._says_dropped.due()) is not None:
            log.warning("hook_dropped", hook=self.hook.name, dropped=self.dropped, untold=untold)
