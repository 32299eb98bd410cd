"""Real Vosk on English, real Whisper on Mandarin, in their processes: the same contract as the fake."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from recordings.models import installed
from recordings.transcribe.contract import CHECKS, Check, Subject
from recordings.transcribe.pool import PoolTranscriber

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
    if not any(model.speaks(language) for model in installed()):
        pytest.skip("not measured: no model. Run: callcenter models install")
    sound = SOUNDS / language / "caller_complaint.wav"
    for check in CHECKS:
        await named(check, Subject(transcriber, sound, language, SAYS[language], tmp_path))
    wrong, total = await errors_of(transcriber, language)
    assert wrong / total <= WORST[language], f"{wrong} of {total} wrong"


async def named(check: Check, subject: Subject) -> None:
    try:
        await check(subject)
    except AssertionError as error:
        error.add_note(check.__name__)
        raise


async def errors_of(transcriber: PoolTranscriber, language: str) -> tuple[int, int]:
    """Wrong words, or characters, and how many were said, over three of the acted calls."""
    wrong = total = 0
    for name in ("caller_complaint", "agent_restate", "caller_repair"):
        path = f"{language}/{name}.wav"
        heard = await transcriber.transcribe(SOUNDS / path, language)
        said = units(TEXTS[path]["text"], language)
        wrong += distance(said, units(" ".join(u.text for u in heard.utterances), language))
        total += len(said)
    return wrong, total


def units(text: str, language: str) -> list[str]:
    bare = re.sub(r"[^\w\s]", "", text.lower())
    return list("".join(bare.split())) if language == "zh" else bare.split()


def distance(said: list[str], heard: list[str]) -> int:
    """How many words to put in, leave out or change."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]
