"""The two steps after a call: collect its sound, transcribe it. Both are safe to run again at any time."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils import uuid7

from recordings import wav
from recordings.errors import NotReady, RecordingError, RecordingUnknown, SoundMissing
from recordings.model import RecordingRow, Side, TranscriptRow, TranscriptState, UtteranceRow
from recordings.store import RecordingStore, Stored
from recordings.transcribe.types import Heard, Span, Transcriber, Utterance

# A session in a transaction of its own, committed when the block ends well: `async_sessionmaker.begin`.
Sessions = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Clock = Callable[[], datetime]


SegmentKind = Literal["menu", "queue", "ringing", "waiting", "talk"]


@dataclass(frozen=True)
class Segment:
    """What happened during a stretch of the call; a talk, and the ringing of an agent's phone, name his extension."""

    start_s: float
    end_s: float
    kind: SegmentKind
    agent_extension: str | None = None


@dataclass(frozen=True)
class Finished:
    """A recorded channel of a call that has ended. `cut`: the recorder died and will not say it is done."""

    call_id: str
    server: str
    uniqueid: str
    started_at: datetime
    segments: tuple[Segment, ...]
    cut: bool = False


def _utc_now() -> datetime:
    return datetime.now(UTC)


async def collect(sessions: Sessions, store: RecordingStore, spool: Path, call: Finished) -> str:
    """Move a recording from the spool into the store and return its id.

    In the spool lie `<uniqueid>-caller.wav`, `-heard.wav` and, once these are complete, `<uniqueid>.done`.
    Raise NotReady before that, unless the call was cut; SoundMissing when a file is neither here nor in the
    store; SoundUnreadable.
    """
    recording_id = await _begin(sessions, call)
    if recording_id is None:
        return await _collected(sessions, call)
    done = spool / f"{call.uniqueid}.done"
    if not call.cut and not await asyncio.to_thread(_may_collect, done, store, recording_id, call):
        raise NotReady(uniqueid=call.uniqueid)
    try:
        sides = await asyncio.to_thread(_take_in, store, spool, recording_id, call)
    except SoundMissing:
        await _set(sessions, recording_id, state="missing")
        raise
    await _set(sessions, recording_id, state="ready", **sides)
    await asyncio.to_thread(done.unlink, missing_ok=True)
    return recording_id


async def _begin(sessions: Sessions, call: Finished) -> str | None:
    """The id under which to collect; None when all is collected already."""
    async with sessions() as session:
        row = await _find(session, call)
        if row is None:
            row = RecordingRow(
                id=str(uuid7()),
                call_id=call.call_id,
                server=call.server,
                uniqueid=call.uniqueid,
                state="collecting",
                started_at=call.started_at,
                segments=[dataclasses.asdict(s) for s in call.segments],
            )
            session.add(row)
        return row.id if row.state in ("collecting", "missing") else None


async def _collected(sessions: Sessions, call: Finished) -> str:
    async with sessions() as session:
        row = await _find(session, call)
        assert row is not None
        return row.id


async def _find(session: AsyncSession, call: Finished) -> RecordingRow | None:
    same = select(RecordingRow).filter_by(server=call.server, uniqueid=call.uniqueid)
    found: RecordingRow | None = await session.scalar(same)
    return found


async def _set(sessions: Sessions, recording_id: str, **values: Any) -> None:
    async with sessions() as session:
        row = await session.get_one(RecordingRow, recording_id)
        for name, value in values.items():
            setattr(row, name, value)


def _may_collect(done: Path, store: RecordingStore, recording_id: str, call: Finished) -> bool:
    """Also when a former try moved the files, removed the mark and died before saying so."""
    return done.exists() or all(_kept(store, recording_id, call, side) for side in ("caller", "heard"))


def _take_in(store: RecordingStore, spool: Path, recording_id: str, call: Finished) -> dict[str, Any]:
    taken: dict[str, Any] = {"repaired": False, "duration_s": 0.0}
    for side in ("caller", "heard"):
        source = spool / f"{call.uniqueid}-{side}.wav"
        if source.exists():
            taken["repaired"] |= wav.repair(source)
            stored = store.move_in(source, store.key(recording_id, call.started_at.date(), f"{side}.wav"))
        else:
            stored = _existing(store, recording_id, call, side)
        with store.local(stored.key) as path:
            taken["duration_s"] = max(taken["duration_s"], wav.read_header(path).duration_s)
        taken |= {f"{side}_file": stored.key, f"{side}_sha256": stored.sha256}
    return taken


def _existing(store: RecordingStore, recording_id: str, call: Finished, side: str) -> Stored:
    return store.stat(store.key(recording_id, call.started_at.date(), f"{side}.wav"))


def _kept(store: RecordingStore, recording_id: str, call: Finished, side: str) -> bool:
    try:
        return bool(_existing(store, recording_id, call, side).size)
    except SoundMissing:
        return False


async def transcribe(
    sessions: Sessions,
    store: RecordingStore,
    recording_id: str,
    transcriber: Transcriber,
    *,
    language: str,
    segments: Sequence[Segment] | None = None,
    clock: Clock = _utc_now,
) -> TranscriptState:
    """Write down what both sides said. Done already: nothing happens.

    The caller's side is taken whole, the other only where an agent talks (`segments`, by default those the
    recording was collected with), since it carries prompts and music as well. On an error the transcript
    says `failed` and why, and the error is raised: its `permanent` tells whether to try again.
    """
    recording = await _start(sessions, recording_id, language, clock())
    if recording is None:
        return "done"
    talks = _talks(recording, segments)
    try:
        caller = await _side(store, recording.caller_file, transcriber, language, None)
        agent = await _side(store, recording.heard_file, transcriber, language, [span for span, _ in talks])
    except RecordingError as error:
        await _failed(sessions, recording_id, error, clock())
        raise
    rows = [_row(recording_id, "caller", u, None) for u in caller.utterances]
    rows += [_row(recording_id, "agent", u, _speaker(u, talks)) for u in agent.utterances]
    await _write(sessions, recording_id, caller, rows, clock())
    return "done"


async def _start(sessions: Sessions, recording_id: str, language: str, now: datetime) -> RecordingRow | None:
    """Mark the transcript as running; None when it is done."""
    async with sessions() as session:
        recording = await session.get(RecordingRow, recording_id)
        if recording is None:
            raise RecordingUnknown(recording_id=recording_id)
        if recording.state == "collecting":
            raise NotReady(uniqueid=recording.uniqueid)
        transcript = await session.get(TranscriptRow, recording_id)
        if transcript is None:
            transcript = TranscriptRow(recording_id=recording_id, requested_at=now)
            session.add(transcript)
        elif transcript.state == "done":
            return None
        transcript.state, transcript.language, transcript.started_at = "running", language, now
        transcript.error_code = transcript.error_params = None
        await session.flush()
        session.expunge_all()
        return recording


def _talks(recording: RecordingRow, segments: Sequence[Segment] | None) -> list[tuple[Span, str | None]]:
    if segments is None:
        segments = [Segment(**raw) for raw in recording.segments]
    return [(Span(s.start_s, s.end_s), s.agent_extension) for s in segments if s.kind == "talk"]


async def _side(
    store: RecordingStore,
    key: str | None,
    transcriber: Transcriber,
    language: str,
    spans: Sequence[Span] | None,
) -> Heard:
    if key is None:
        raise SoundMissing(file="")
    with store.local(key) as path:
        return await transcriber.transcribe(path, language, spans)


def _speaker(utterance: Utterance, talks: Sequence[tuple[Span, str | None]]) -> str | None:
    middle = (utterance.start_s + utterance.end_s) / 2
    return next((agent for span, agent in talks if span.start_s <= middle <= span.end_s), None)


def _row(recording_id: str, side: Side, utterance: Utterance, agent: str | None) -> UtteranceRow:
    return UtteranceRow(
        id=str(uuid7()),
        recording_id=recording_id,
        side=side,
        agent_extension=agent,
        start_s=utterance.start_s,
        end_s=utterance.end_s,
        text=utterance.text,
        confidence=utterance.confidence,
        words=[dataclasses.asdict(word) for word in utterance.words],
    )


async def _failed(sessions: Sessions, recording_id: str, error: RecordingError, now: datetime) -> None:
    async with sessions() as session:
        transcript = await session.get_one(TranscriptRow, recording_id)
        transcript.state, transcript.ended_at = "failed", now
        transcript.error_code = error.code
        transcript.error_params = {name: str(value) for name, value in error.params.items()}


async def _write(
    sessions: Sessions, recording_id: str, heard: Heard, rows: Sequence[UtteranceRow], now: datetime
) -> None:
    async with sessions() as session:
        # A former try, or one that ran at the same time, may have left its words.
        await session.execute(delete(UtteranceRow).where(UtteranceRow.recording_id == recording_id))
        session.add_all(rows)
        transcript = await session.get_one(TranscriptRow, recording_id)
        transcript.state, transcript.ended_at = "done", now
        transcript.engine, transcript.model = heard.engine, heard.model
