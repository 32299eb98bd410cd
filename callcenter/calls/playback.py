"""Hearing and reading a call. Each listen is logged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import structlog
from aiohttp import web

from callcenter.calls.shapes import PeaksView, TranscriptError, TranscriptView, UtteranceView
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.web.http import Context
from callcenter.words import explain, preferred
from recordings import reading
from recordings.model import RecordingRow, TranscriptRow
from recordings.store import RecordingStore
from recordings.wav import Stereo

log = structlog.get_logger(__name__)
_CHUNK = 1 << 17


class Sound(Protocol):
    """A WAV file, in bytes."""

    size: int

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]: ...


class OneSide:
    """A stored file as it is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.size = path.stat().st_size

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, without, `end`."""
        end = self.size if end is None else min(end, self.size)
        with self._path.open("rb") as file:
            file.seek(start)
            while start < end and (chunk := file.read(min(_CHUNK, end - start))):
                start += len(chunk)
                yield chunk


@dataclass(frozen=True)
class Playback:
    """Handlers."""

    db: Database
    store: RecordingStore

    async def peaks(self, ctx: Context) -> PeaksView:
        outline = await reading.outline(self.store, await self._ready(ctx.path("id")))
        return PeaksView(caller=outline.caller, agent=outline.agent, per_second=outline.per_second)

    async def sound(self, ctx: Context) -> web.StreamResponse:
        side = ctx.path("side")
        if side not in ("caller", "agent", "both"):
            raise Problem("not_found", status=404, path=ctx.request.path)
        recording = await self._ready(ctx.path("id"))
        with ExitStack() as kept:
            paths = {
                side: kept.enter_context(self.store.local(key))
                for side, key in (("caller", recording.caller_file), ("agent", recording.heard_file))
                if key is not None
            }
            sound: Sound = Stereo(paths["caller"], paths["agent"]) if side == "both" else OneSide(paths[side])
            return await self._send(ctx, sound, side)

    async def transcript(self, ctx: Context) -> TranscriptView:
        recording = await self._recording(ctx.path("id"))
        async with self.db.read() as session:
            row, utterances = await reading.transcript(session, recording.id)
        if row is None:
            return TranscriptView(state="waiting", language=None, engine=None, error=None, utterances=[])
        language = preferred(ctx.request.headers.get("Accept-Language", ""))
        return TranscriptView(
            state=row.state,
            language=row.language,
            engine=row.engine,
            error=_error(row, language),
            utterances=[UtteranceView.model_validate(utterance) for utterance in utterances],
        )

    async def _recording(self, call_id: str) -> RecordingRow:
        async with self.db.read() as session:
            recording = await reading.of_call(session, call_id)
        if recording is None:
            raise Problem("call_not_recorded", status=404, call_id=call_id)
        return recording

    async def _ready(self, call_id: str) -> RecordingRow:
        recording = await self._recording(call_id)
        if recording.state != "ready":
            raise Problem("recording_not_ready", status=404, state=recording.state)
        return recording

    async def _send(self, ctx: Context, sound: Sound, side: str) -> web.StreamResponse:
        start, end = _range(ctx.request, sound.size)
        if start == 0:  # a player that reads on in the same file does not listen anew
            log.info("recording_listened", user=ctx.me.username, call_id=ctx.path("id"), side=side)
        response = web.StreamResponse(status=206 if "Range" in ctx.request.headers else 200)
        response.content_type = "audio/wav"
        response.content_length = end - start
        response.headers["Accept-Ranges"] = "bytes"
        response.headers["Cache-Control"] = "private, no-store"
        if response.status == 206:
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{sound.size}"
        await response.prepare(ctx.request)
        chunks = sound.chunks(start, end)
        while chunk := await asyncio.to_thread(next, chunks, b""):
            await response.write(chunk)
        return response


def _range(request: web.Request, size: int) -> tuple[int, int]:
    """The bytes asked for, the end excluded."""
    try:
        start, end, _ = request.http_range.indices(size)
    except ValueError:
        start, end = size, size
    if start >= end:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, end


def _error(row: TranscriptRow, language: str) -> TranscriptError | None:
    if row.error_code is None:
        return None
    words = explain(Problem.of(row.error_code, None, row.error_params or {}), language)
    return TranscriptError(code=row.error_code, title=words.title, remedy=words.remedy)
