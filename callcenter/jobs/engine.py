"""Durable jobs on DBOS. Nothing else of the service knows that library.

A job is known by name and key: starting it twice runs it once. Its steps are remembered, so that after a crash it
goes on behind the last finished step; a step that was under way runs again and must therefore be safe to repeat.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID, StepOptions

from callcenter import logs, metrics
from callcenter.db import away, told

log = structlog.get_logger(__name__)
T = TypeVar("T")
# How often each kind of job asks the database for work. Nobody waits for one by the second, and ringing phones share
# the machine with those who ask.
_POLL_S = 0.5
_AWAY_S = 1.0
# Fixed: by default the version is a hash of the code, and jobs begun before an upgrade would never be finished.
_VERSION = "1"


class Run:
    """What a running job may do that must survive a crash."""

    async def step(
        self, label: str, action: Callable[[], Awaitable[T]], *, tries: int = 1, first_delay_s: float = 1.0
    ) -> T:
        """The remembered result of `action` (plain data). A failure is tried again with back-off.

        That our own database is away or a disk is full is no failure: it is waited for, however long.
        """
        options: StepOptions = {
            "name": label,
            "retries_allowed": tries > 1,
            "max_attempts": tries,
            "interval_seconds": first_delay_s,
        }

        async def act() -> T:
            while True:
                try:
                    return await action()
                except Exception as error:
                    if not (away(error) or _disk_full(error)):
                        raise
                    log.warning("job_waits", step=label, reason=told(error))
                await asyncio.sleep(_AWAY_S)

        result: T = await DBOS.run_step_async(options, act)
        return result

    async def sleep(self, seconds: float) -> None:
        """Wait; a restart does not begin the wait anew."""
        await DBOS.sleep_async(seconds)


def _disk_full(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


Handler = Callable[[Run, str], Awaitable[None]]


def migrate(url: str) -> None:
    """Bring the engine's own tables to this version."""
    DBOS.migrate(url)


class Jobs:
    """The engine of one process. `url` is a synchronous SQLAlchemy URL of the database that holds its state.

    `executor` names the process: what one of this name left unfinished is taken up at launch.
    """

    def __init__(self, url: str, executor: str = "serve") -> None:
        self._url = url
        self.executor = executor
        self._handlers: dict[str, tuple[Handler, int | None]] = {}
        self._of_calls: set[str] = set()
        self._closing = False
        self._job: Callable[[str, str], Coroutine[Any, Any, None]] | None = None

    def register(self, name: str, handler: Handler, concurrency: int | None = None, *, of_calls: bool = False) -> None:
        """Name a job, before `launch`.

        `concurrency` bounds those that run or sleep at once; `of_calls`: its argument is a call's id.
        """
        self._handlers[name] = (handler, concurrency)
        if of_calls:
            self._of_calls.add(name)

    async def launch(self, *, without: frozenset[str] = frozenset()) -> None:
        """Open the engine's database, take up unfinished jobs, accept new ones.

        `without`: names of jobs that are left to other processes.
        """
        config: DBOSConfig = {
            "name": "callcenter",
            "system_database_url": self._url,
            "application_version": _VERSION,
            "executor_id": self.executor,
            "sys_db_pool_size": 8,
            "log_level": "ERROR",  # below it tells every expected retry with a trace
            "console_log_level": "ERROR",
            "notification_listener_polling_interval_sec": _POLL_S,
        }
        DBOS(config=config)

        async def job(name: str, argument: str) -> None:
            await self._run(name, argument)

        self._job = DBOS.workflow(name="job")(job)
        if without:
            DBOS.listen_queues(sorted(self._handlers.keys() - without))
        DBOS.launch()
        for name, (_handler, concurrency) in self._handlers.items():
            await DBOS.register_queue_async(name, worker_concurrency=concurrency, polling_interval_sec=_POLL_S)

    async def close(self) -> None:
        """Stop; what is unfinished goes on at the next launch."""
        self._closing = True
        DBOS.destroy(destroy_registry=True, workflow_completion_timeout_sec=0)

    async def holders(self) -> set[str]:
        """The executors that have jobs under way."""
        begun = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        return {workflow.executor_id for workflow in begun if workflow.executor_id}

    async def take_up(self, executors: list[str]) -> None:
        """Have somebody go on with what these left. Asking twice does no harm: each job goes back to its queue once."""
        await asyncio.to_thread(DBOS._recover_pending_workflows, executors)

    async def start(self, name: str, key: str, argument: str) -> None:
        """Begin a job; harmless when it has begun already."""
        assert self._job is not None, "launch first"
        with SetWorkflowID(f"{name}:{key}"):
            await DBOS.enqueue_workflow_async(name, self._job, name, argument)

    async def _run(self, name: str, argument: str) -> None:
        handler, _concurrency = self._handlers[name]
        try:
            with metrics.job(name):
                await handler(Run(), argument)
        except Exception:
            if self._closing:
                # Cut off by our own end, and no failure: it stays as it is until somebody takes it up.
                await asyncio.Event().wait()
            with logs.of_call(argument if name in self._of_calls else None):
                log.exception("job_failed", job=name, argument=argument)
            raise
