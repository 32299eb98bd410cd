"""The worker process: what must be done."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog

from callcenter.app.house import House
from callcenter.bus import BatchSubscriber, Subscriber
from callcenter.calls.recording_flow import TRANSCRIBE, RecordingFlow
from callcenter.clock import utc_now
from callcenter.complaints.crm_flow import CrmFlow
from callcenter.desk.caller import Callers
from callcenter.events.ids import new_id
from callcenter.hooks.build import build_sending
from callcenter.hooks.foreign.events import EventHooks
from callcenter.jobs.engine import Jobs
from callcenter.jobs.roll import Roll
from recordings.models import installed
from recordings.transcribe.pool import PoolSettings, PoolTranscriber

log = structlog.get_logger(__name__)


class WorkDuty:
    """What must be done: durable subscribers and the jobs that they start."""

    def __init__(self, house: House) -> None:
        self._base = house.base
        settings, db = house.base.settings, house.base.db
        self._tasks, self._roll = house.base.tasks.child(), house.base.tasks.child()
        self.jobs = Jobs(settings.jobs_url, "serve" if house.base.name == "serve" else new_id())
        self._transcriber = PoolTranscriber(
            PoolSettings(processes=settings.speech.workers, whisper=settings.speech.mandarin),
            models=partial(installed, settings.speech.models_dir),
        )
        recordings = RecordingFlow(
            db, self.jobs, house.store, settings.spool_dir, self._transcriber, utc_now, settings.speech.workers
        )
        crm = CrmFlow(db, utc_now, house.crm, self.jobs, house.customers, house.ledger, self._recording_link)
        recordings.register()
        crm.register()
        self._webhooks, self._webhook_sender = build_sending(db, utc_now, house.base.link, settings.hooks)
        self._event_hooks = EventHooks(settings.hooks)
        callers = Callers(house.calls, house.customers, utc_now)
        self.subscribers: Sequence[Subscriber | BatchSubscriber] = [
            *recordings.subscribers(),
            *crm.subscribers(),
            *callers.subscribers(),
            self._webhooks.subscriber(),
            *self._event_hooks.subscribers(),
        ]

    async def start(self) -> None:
        await self.jobs.launch(without=self._left_to_others())
        if not self._base.db.embedded:
            roll = Roll(self._base.db, self.jobs.executor, self.jobs.holders, self.jobs.take_up)
            self._roll.start("roll", roll.run())
        await self._webhooks.begin(self._base.bus)
        await self._event_hooks.begin(self._base.bus)
        for subscriber in self.subscribers:
            self._tasks.start(f"durable {subscriber.durable}", self._base.bus.run_durable(subscriber))
        self._tasks.start("webhooks", self._webhook_sender.run())
        self._tasks.start("hooks", self._event_hooks.run())

    async def drain(self) -> None:
        """Jobs go on elsewhere, or at the next start, behind their last finished step."""

    async def stop(self) -> None:
        await self._tasks.stop()
        await self.jobs.close()
        # Last: from now on others take up what is unfinished.
        await self._roll.stop()
        await self._transcriber.close()

    def _left_to_others(self) -> frozenset[str]:
        """A worker without speech models must not spoil what one that has them can do."""
        folder = self._base.settings.speech.models_dir
        if self._base.name == "serve" or installed(folder):
            return frozenset()
        log.error(
            "no_speech_models", path=str(folder), remedy="callcenter models install, then start this worker again"
        )
        return frozenset({TRANSCRIBE})

    def _recording_link(self, call_id: str) -> str | None:
        public = self._base.settings.web.public_url
        return f"{public.rstrip('/')}/calls/{call_id}" if public else None
