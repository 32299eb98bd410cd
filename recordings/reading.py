"""What others ask about recordings: who has one, what was said, how it looks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from recordings import wav
from recordings.errors import SoundMissing
from recordings.model import RecordingRow, TranscriptRow, UtteranceRow
from recordings.peaks import PER_SECOND, peaks
from recordings.store import RecordingStore


@dataclass(frozen=True)
class Peaks:
    """See `peaks.peaks`; the agent's side holds all that the caller heard."""

    caller: list[int]
    agent: list[int]
    per_second: int = PER_SECOND


async def of_call(session: AsyncSession, call_id: str) -> RecordingRow | None:
    """The recording of a call, the first if there are several."""
    query = select(RecordingRow).filter_by(call_id=call_id).order_by(RecordingRow.started_at, RecordingRow.id)
    found: RecordingRow | None = await session.scalar(query.limit(1))
    return found


async def of_calls(session: AsyncSession, call_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """By call: the state of its recording and of its transcript, None if none was asked for."""
    query = (
        select(RecordingRow.call_id, RecordingRow.state, TranscriptRow.state)
        .outerjoin(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
        .where(RecordingRow.call_id.in_(call_ids))
    )
    return {call_id: (recording, transcript) for call_id, recording, transcript in await session.execute(query)}


async def transcript(session: AsyncSession, recording_id: str) -> tuple[TranscriptRow | None, list[UtteranceRow]]:
    """The transcript's state and its utterances in order of time."""
    query = select(UtteranceRow).filter_by(recording_id=recording_id)
    found = await session.scalars(query.order_by(UtteranceRow.start_s, UtteranceRow.side))
    return await session.get(TranscriptRow, recording_id), list(found)


async def outline(store: RecordingStore, recording: RecordingRow) -> Peaks:
    """Both sides' peaks. Raise SoundMissing when there is no sound (any more)."""
    caller, heard = recording.caller_file, recording.heard_file
    if caller is None or heard is None:
        raise SoundMissing(file="")
    return Peaks(await asyncio.to_thread(_peaks, store, caller), await asyncio.to_thread(_peaks, store, heard))


def _peaks(store: RecordingStore, key: str) -> list[int]:
    with store.local(key) as path:
        return peaks(wav.read(path))
