"""Processes of engines: what happens when one hangs, dies, lies or grows. The engine here is a small script."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from recordings import wav
from recordings.errors import EngineCrashed, EngineFailed, EngineTimedOut, ModelMissing, SoundMissing
from recordings.models import InstalledModel
from recordings.transcribe.pool import PoolSettings, PoolTranscriber

pytestmark = pytest.mark.service

# Does what the file's name says; by default it answers with its process id.
SCRIPT = """
import json, os, sys, time, pathlib
from recordings.transcribe.worker import serve
from recordings.transcribe.types import Utterance
class Engine:
    def transcribe(self, sound, language, spans):
        if sound.stem == "crash":
            print("out of memory", file=sys.stderr, flush=True)
            os.abort()
        if sound.stem == "hang":
            sound.with_name("pid").write_text(str(os.getpid()))
            time.sleep(600)
        if sound.stem == "raise":
            raise ValueError("odd sound")
        return [Utterance(0.0, 1.0, str(os.getpid()), 1.0, ())]
serve(Engine(), sys.stdin, sys.stdout)
"""

MODELS = [InstalledModel(name, "vosk", (name,), Path("/"), "") for name in ("en", "zh")]


def command(model: InstalledModel) -> Sequence[str]:
    return [sys.executable, "-c", SCRIPT]


@pytest.fixture
async def make() -> AsyncIterator[Callable[..., PoolTranscriber]]:
    made: list[PoolTranscriber] = []

    def pool(**settings: object) -> PoolTranscriber:
        made.append(PoolTranscriber(PoolSettings(**settings), lambda: MODELS, command))  # type: ignore[arg-type]
        return made[-1]

    yield pool
    for each in made:
        await each.close()


@pytest.fixture
def sound(tmp_path: Path) -> Callable[[str], Path]:
    def named(name: str) -> Path:
        path = tmp_path / f"{name}.wav"
        wav.write(path, np.zeros(800, dtype=np.int16))
        return path

    return named


async def pid(pool: PoolTranscriber, sound: Path, language: str = "en") -> int:
    return int((await pool.transcribe(sound, language)).utterances[0].text)


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


Make = Callable[..., PoolTranscriber]
Named = Callable[[str], Path]


async def test_a_process_serves_some_jobs_and_is_replaced(make: Make, sound: Named) -> None:
    pool = make(jobs_per_process=2)
    pids = [await pid(pool, sound("x")) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert os.getpid() not in pids
    assert not alive(pids[0])


async def test_another_language_is_another_process_and_one_at_a_time(make: Make, sound: Named) -> None:
    pool = make()
    english = await pid(pool, sound("x"))
    assert await pid(pool, sound("x"), "zh") != english
    assert not alive(english)


async def test_two_processes_work_side_by_side(make: Make, sound: Named) -> None:
    pool = make(processes=2)
    assert len(set(await asyncio.gather(*(pid(pool, sound("x")) for _ in range(2))))) == 2


async def test_a_crash_is_an_error_with_the_last_words_and_the_next_job_runs(make: Make, sound: Named) -> None:
    pool = make()
    with pytest.raises(EngineCrashed) as caught:
        await pool.transcribe(sound("crash"), "en")
    assert caught.value.params["reason"] == "out of memory"
    assert not caught.value.permanent
    assert await pid(pool, sound("x"))


async def test_a_job_that_takes_too_long_is_killed(make: Make, sound: Named, tmp_path: Path) -> None:
    pool = make(minimum_s=2.0, per_second=0.0)
    with pytest.raises(EngineTimedOut):
        await pool.transcribe(sound("hang"), "en")
    assert not alive(int((tmp_path / "pid").read_text()))


async def test_a_job_given_up_leaves_no_process(make: Make, sound: Named, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pid")
    job = asyncio.create_task(make().transcribe(sound("hang"), "en"))
    working = int(await asyncio.to_thread((tmp_path / "pid").read_text))
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    assert not alive(working)


async def test_what_an_engine_raises_comes_back(make: Make, sound: Named) -> None:
    with pytest.raises(EngineFailed) as caught:
        await make().transcribe(sound("raise"), "en")
    assert caught.value.params["reason"] == "ValueError: odd sound"


async def test_mistakes_are_found_before_a_process_starts(make: Make, sound: Named, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        await make().transcribe(sound("x"), "fr")
    with pytest.raises(SoundMissing):
        await make().transcribe(tmp_path / "none.wav", "en")


async def test_a_broken_model_folder_is_said_and_not_waited_for(sound: Named, tmp_path: Path) -> None:
    broken = InstalledModel("en", "vosk", ("en",), tmp_path / "nothing", "")
    pool = PoolTranscriber(models=lambda: [broken])
    try:
        with pytest.raises(EngineFailed):
            await pool.transcribe(sound("x"), "en")
    finally:
        await pool.close()
