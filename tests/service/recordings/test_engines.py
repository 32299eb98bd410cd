"""Real Vosk on English, real Whisper on Mandarin, in their processes: the same contract as the fake."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from recordings.measure import measure
from recordings.transcribe.contract import CHECKS, Check, Subject
from recordings.transcribe.pool import PoolTranscriber
from recordings.transcribe.types import Heard, Span, Transcriber

pytestmark = pytest.mark.service

SOUNDS = Path(__file__).parents[2] / "sounds"
TEXTS = json.loads((SOUNDS / "texts.json").read_text(encoding="utf-8"))
SAYS = {"en": ("kitchen", "three days", "nobody came"), "zh": ("投诉", "厨房", "三天", "处理")}
WORST = {"en": 0.2, "zh": 0.15}  # word and character error rates on the acted calls; measured 0.10 and 0.05


@pytest.fixture
async def transcriber() -> AsyncIterator[PoolTranscriber]:
    pool = PoolTranscriber()
    yield pool
    await pool.close()


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_real_engines_keep_the_contract_and_get_few_words_wrong(
    language: str, transcriber: PoolTranscriber, tmp_path: Path
) -> None:
    """One test, because loading a model takes longer than a check."""
    sound = SOUNDS / language / "caller_complaint.wav"
    remembering = Remembering(transcriber)
    for check in CHECKS:
        await named(check, Subject(remembering, sound, language, SAYS[language], tmp_path))
    calls = ("caller_complaint", "agent_restate", "caller_repair")
    texts = {SOUNDS / language / f"{name}.wav": TEXTS[f"{language}/{name}.wav"]["text"] for name in calls}
    figures = await measure(remembering, texts, language)
    assert figures.error_rate <= WORST[language], figures


class Remembering:
    """Asks a transcriber once for each sound: decoding is slow and gives the same again."""

    def __init__(self, transcriber: Transcriber) -> None:
        self._transcriber = transcriber
        self._heard: dict[object, Heard] = {}

    async def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> Heard:
        content = await asyncio.to_thread(content_of, sound)
        key = (content, language, spans if spans is None else tuple(spans))
        if key not in self._heard:
            self._heard[key] = await self._transcriber.transcribe(sound, language, spans)
        return self._heard[key]


def content_of(sound: Path) -> bytes:
    return sound.read_bytes() if sound.exists() else b""


async def named(check: Check, subject: Subject) -> None:
    try:
        await check(subject)
    except AssertionError as error:
        error.add_note(check.__name__)
        raise
