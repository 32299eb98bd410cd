"""Engines in processes of their own: the event loop stays free, a crash or a hang hits one job only.

A process holds one model. It ends after some jobs, because recognisers grow with use, and is killed when a
job takes too long or is given up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recordings import errors, wav
from recordings.errors import EngineCrashed, EngineTimedOut, RecordingError
from recordings.models import InstalledModel, choose, installed
from recordings.transcribe.types import Heard, Span, Utterance, Word

_LINE_LIMIT = 1 << 26  # bytes of an answer; an hour of talk is about 2 MB
_ENDING_S = 5.0
_STDERR_TAIL = 2000


@dataclass(frozen=True)
class PoolSettings:
    """`minimum_s` plus `per_second` for each second of sound is what a job may take."""

    processes: int = 1
    jobs_per_process: int = 50
    minimum_s: float = 60.0
    per_second: float = 10.0
    whisper: str = "whisper-small"


class PoolTranscriber:
    """A Transcriber that picks the model by language and runs it in a pool of processes.

    `models` is asked at each job, so a model installed meanwhile is used. Close it when done.
    """

    def __init__(
        self,
        settings: PoolSettings | None = None,
        models: Callable[[], Sequence[InstalledModel]] = installed,
        command: Callable[[InstalledModel], Sequence[str]] | None = None,
    ) -> None:
        self._settings = settings or PoolSettings()
        self._models = models
        self._command = command or _worker_command
        self._places = asyncio.Semaphore(self._settings.processes)
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()

    async def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> Heard:
        """See `Transcriber`. Waits for a free process first."""
        models = await asyncio.to_thread(self._models)
        model = choose(language, models, self._settings.whisper)
        header = await asyncio.to_thread(wav.read_header, sound)
        allowed = self._settings.minimum_s + self._settings.per_second * header.duration_s
        request = {
            "sound": str(sound),
            "language": language,
            "spans": spans if spans is None else [(s.start_s, s.end_s) for s in spans],
        }
        async with self._places:
            answer = await self._run(model, request, allowed)
        return Heard(model.engine, model.name, tuple(_utterance(u) for u in answer["utterances"]))

    async def close(self) -> None:
        """End every process; jobs that run fail with EngineCrashed."""
        for process in tuple(self._all):
            await self._end(process)
        self._idle.clear()

    async def _run(self, model: InstalledModel, request: dict[str, Any], allowed_s: float) -> dict[str, Any]:
        process = await self._process(model)
        kept = False
        try:
            async with asyncio.timeout(allowed_s):
                answer = await process.ask(request)
            # A worker that could not load its model says so and ends: after an error begin anew.
            kept = "error" not in answer and process.jobs < self._settings.jobs_per_process
        except TimeoutError as error:
            raise EngineTimedOut(engine=model.engine, seconds=round(allowed_s)) from error
        finally:
            # Also when the job is given up: nobody would read the answer.
            if kept:
                self._idle.append(process)
            else:
                await asyncio.shield(self._end(process))
        if "error" in answer:
            raise _error(answer)
        return answer

    async def _process(self, model: InstalledModel) -> _Process:
        for process in self._idle:
            if process.model == model and process.alive:
                self._idle.remove(process)
                return process
        if self._idle and len(self._all) >= self._settings.processes:
            await self._end(self._idle.pop(0))
        process = await _Process.start(model, self._command(model))
        self._all.add(process)
        return process

    async def _end(self, process: _Process) -> None:
        self._all.discard(process)
        await process.kill()


class _Process:
    """A worker and what it last complained of."""

    def __init__(self, model: InstalledModel, process: asyncio.subprocess.Process) -> None:
        self.model = model
        self.jobs = 0
        self._process = process
        self._complaints = b""
        self._listening = asyncio.create_task(self._listen(), name=f"engine {process.pid} stderr")

    @classmethod
    async def start(cls, model: InstalledModel, command: Sequence[str]) -> _Process:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment(), limit=_LINE_LIMIT
        )
        return cls(model, process)

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Raise EngineCrashed when the process ends instead of answering."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.jobs += 1
        with contextlib.suppress(ConnectionError):  # then there is no answer either
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            await self._process.stdin.drain()
        line = await self._process.stdout.readline()
        if not line.endswith(b"\n"):
            status = await self._process.wait()
            await self._listening
            reason = self._complaints.decode(errors="replace").strip()
            raise EngineCrashed(engine=self.model.engine, status=status, reason=reason[-500:])
        answer: dict[str, Any] = json.loads(line)
        return answer

    async def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        # A grandchild could hold the stream open for ever.
        await asyncio.wait([self._listening], timeout=_ENDING_S)
        self._listening.cancel()

    async def _listen(self) -> None:
        """Read what the process complains of, so that it never blocks; keep the end."""
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(4096):
            self._complaints = (self._complaints + chunk)[-_STDERR_TAIL:]


def _worker_command(model: InstalledModel) -> Sequence[str]:
    return [sys.executable, "-m", "recordings.transcribe.worker", model.engine, str(model.folder)]


def _environment() -> dict[str, str]:
    """One core per process; no hub; the package is found from wherever the service was started."""
    here = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}


def _utterance(raw: dict[str, Any]) -> Utterance:
    return Utterance(
        raw["start_s"], raw["end_s"], raw["text"], raw["confidence"], tuple(Word(**w) for w in raw["words"])
    )


def _error(answer: dict[str, Any]) -> RecordingError:
    kind: type[RecordingError] = getattr(errors, answer["error"])
    return kind(**answer["params"])
