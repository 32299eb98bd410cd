"""What follows the end of a call: its sound is collected, then written down. Two durable jobs, both keyed by the
call, so that sound can be heard while words wait for a free engine."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Literal, Protocol

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import logs, metrics
from callcenter.bus import Subscriber
from callcenter.calls import causes
from callcenter.calls.model import CallLegRow, CallRow, CallTalkRow, CallVisitRow
from callcenter.calls.segments import segments
from callcenter.clock import Clock
from callcenter.db import Database, JournalRow
from callcenter.events import Event
from callcenter.events.calls import CallEnded
from callcenter.events.recordings import RecordingStored, TranscriptChanged
from callcenter.jobs.engine import Run
from recordings.errors import NotReady, RecordingError
from recordings.model import RecordingRow
from recordings.service import Finished, Segment, collect, transcribe
from recordings.store import RecordingStore
from recordings.transcribe.types import Transcriber

log = structlog.get_logger(__name__)
COLLECT, TRANSCRIBE = "recording", "transcript"
_COLLECTIONS = 16
# The mark follows the hang-up within moments; 0.5 s doubled each time gives it a minute.
_COLLECT_TRIES, _COLLECT_DELAY_S = 8, 0.5
_SALVAGE_TRIES = 3
_TRANSCRIBE_TRIES, _TRANSCRIBE_DELAY_S = 3, 5.0
_DEFAULT_LANGUAGE = "zh"


class JobEngine(Protocol):
    """The part of the engine that is used here."""

    def register(
        self,
        name: str,
        handler: Callable[[Run, str], Awaitable[None]],
        concurrency: int | None = None,
        *,
        of_calls: bool = False,
    ) -> None: ...

    async def start(self, name: str, key: str, argument: str) -> None: ...


@dataclass(frozen=True)
class RecordingFlow:
    """`spool` is where Asterisk writes, as this process sees it; `transcribers` how many calls at once are written
    down."""

    db: Database
    jobs: JobEngine
    store: RecordingStore
    spool: Path
    transcriber: Transcriber
    clock: Clock
    transcribers: int = 1

    def register(self) -> None:
        """Name the jobs; before the engine is launched."""
        self.jobs.register(COLLECT, self.collect, concurrency=_COLLECTIONS, of_calls=True)
        self.jobs.register(TRANSCRIBE, self.transcribe, concurrency=self.transcribers, of_calls=True)

    def subscribers(self) -> list[Subscriber]:
        """What starts them."""
        return [
            Subscriber(self._call_ended, (CallEnded,), durable="recordings_of_calls"),
            Subscriber(self._stored, (RecordingStored,), durable="transcripts_of_recordings"),
        ]

    async def _call_ended(self, event: Event) -> None:
        assert isinstance(event, CallEnded)
        if await self._finished(event.call_id):
            await self.jobs.start(COLLECT, event.call_id, event.call_id)

    async def _stored(self, event: Event) -> None:
        assert isinstance(event, RecordingStored)
        await self.jobs.start(TRANSCRIBE, event.recording_id, event.call_id)

    async def collect(self, run: Run, call_id: str) -> None:
        """The job `recording`. When Asterisk never says that it is done, what there is is taken."""
        with logs.of_call(call_id):
            recording_id = await self._collect_or_salvage(run, call_id)
            if recording_id:
                await run.step("tell", lambda: self._tell_stored(call_id, recording_id))

    async def _collect_or_salvage(self, run: Run, call_id: str) -> str:
        try:
            return await run.step(
                "collect",
                lambda: self._collect(call_id, cut=False),
                tries=_COLLECT_TRIES,
                first_delay_s=_COLLECT_DELAY_S,
            )
        except Exception:
            log.warning("recording_never_done", exc_info=True)
            return await run.step("salvage", lambda: self._collect(call_id, cut=True), tries=_SALVAGE_TRIES)

    async def _collect(self, call_id: str, cut: bool) -> str:
        """The recording's id; "" when there is nothing to collect, and never will be."""
        finished = await self._finished(call_id, cut)
        if finished is None:
            return ""
        try:
            return await collect(self._sessions, self.store, self.spool, finished)
        except NotReady:
            raise
        except RecordingError as error:
            metrics.RECORDINGS.labels("lost").inc()
            log.error("recording_lost", code=error.code, **error.params)
            return ""

    async def _finished(self, call_id: str, cut: bool = False) -> Finished | None:
        async with self.db.read() as session:
            call = await session.get(CallRow, call_id)
            if call is None or call.recording_uniqueid is None or call.recording_started_at is None:
                return None
            return Finished(
                call_id=call_id,
                server=call.server,
                uniqueid=call.recording_uniqueid,
                started_at=call.recording_started_at,
                segments=await _segments(session, call),
                cut=cut or call.end_cause == causes.ASTERISK_RESTARTED,
            )

    async def _tell_stored(self, call_id: str, recording_id: str) -> None:
        """Once, also when the step runs again."""
        told = select(JournalRow.seq).where(JournalRow.call_id == call_id, JournalRow.type == RecordingStored.__name__)
        async with self.db.transaction() as work:
            if await work.session.scalar(told.limit(1)):
                return
            recording = await work.session.get_one(RecordingRow, recording_id)
            work.emit(
                RecordingStored(
                    at=self.clock(), call_id=call_id, recording_id=recording_id, repaired=recording.repaired
                )
            )
        metrics.RECORDINGS.labels("repaired" if recording.repaired else "collected").inc()
        log.info("recording_collected", recording_id=recording_id, repaired=recording.repaired)

    async def transcribe(self, run: Run, call_id: str) -> None:
        """The job `transcript`."""
        with logs.of_call(call_id):
            recording_id, language = await run.step("find", lambda: self._find(call_id))
            await run.step("running", lambda: self._tell(call_id, recording_id, "running"))
            end: Literal["done", "failed"] = await self._transcribe_surely(run, recording_id, language)
            await run.step(end, lambda: self._tell(call_id, recording_id, end))
            metrics.TRANSCRIPTS.labels(end).inc()
            log.info("transcript_ended", recording_id=recording_id, state=end)

    async def _transcribe_surely(self, run: Run, recording_id: str, language: str) -> Literal["done", "failed"]:
        try:
            state = await run.step(
                "transcribe",
                lambda: self._transcribe(recording_id, language),
                tries=_TRANSCRIBE_TRIES,
                first_delay_s=_TRANSCRIBE_DELAY_S,
            )
        except Exception:
            log.exception("transcript_failed")
            state = "failed"
        return "done" if state == "done" else "failed"

    async def _find(self, call_id: str) -> list[str]:
        async with self.db.read() as session:
            call = await session.get_one(CallRow, call_id)
            query = select(RecordingRow.id).filter_by(server=call.server, uniqueid=call.recording_uniqueid)
            return [(await session.scalars(query)).one(), call.language or _DEFAULT_LANGUAGE]

    async def _transcribe(self, recording_id: str, language: str) -> str:
        sound_s, begun = await self._duration_s(recording_id), monotonic()
        try:
            state = await transcribe(
                self._sessions, self.store, recording_id, self.transcriber, language=language, clock=self.clock
            )
            metrics.TRANSCRIBED_SECONDS.inc(sound_s)
            return state
        except RecordingError as error:
            if not error.permanent:
                raise
            log.error("transcript_impossible", recording_id=recording_id, code=error.code, **error.params)
            return "failed"
        finally:
            metrics.TRANSCRIBING_SECONDS.inc(monotonic() - begun)

    async def _duration_s(self, recording_id: str) -> float:
        async with self.db.read() as session:
            return (await session.get_one(RecordingRow, recording_id)).duration_s or 0.0

    async def _tell(self, call_id: str, recording_id: str, state: Literal["running", "done", "failed"]) -> None:
        async with self.db.transaction() as work:
            work.emit(TranscriptChanged(at=self.clock(), call_id=call_id, recording_id=recording_id, state=state))

    @asynccontextmanager
    async def _sessions(self) -> AsyncIterator[AsyncSession]:
        async with self.db.transaction() as work:
            yield work.session


async def _segments(session: AsyncSession, call: CallRow) -> tuple[Segment, ...]:
    legs = await session.scalars(
        select(CallLegRow).where(CallLegRow.call_id == call.id).order_by(CallLegRow.started_at)
    )
    talks = await session.scalars(select(CallTalkRow).where(CallTalkRow.call_id == call.id))
    visits = await session.scalars(select(CallVisitRow).where(CallVisitRow.call_id == call.id))
    return segments(call, legs.all(), talks.all(), visits.all())
