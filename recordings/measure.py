"""How well and how fast a model does on sounds whose words are known: on one's own calls, for instance."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

from recordings import wav
from recordings.transcribe.types import UNSPACED, Transcriber


@dataclass(frozen=True)
class Figures:
    """`wrong` of `said` words (characters, where a language writes no spaces); seconds of work and of sound."""

    wrong: int
    said: int
    work_s: float
    sound_s: float

    @property
    def error_rate(self) -> float:
        return self.wrong / max(self.said, 1)

    def __str__(self) -> str:
        speed = self.work_s / max(self.sound_s, 1e-9)
        return f"{self.error_rate:.1%} of {self.said} wrong, {speed:.2f} s per second of sound"


def known_texts(folder: Path) -> dict[Path, str]:
    """The sounds of a folder and their words: its texts.json maps file names to texts."""
    texts: dict[str, str] = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    return {folder / name: text for name, text in texts.items()}


async def measure(transcriber: Transcriber, texts: dict[Path, str], language: str) -> Figures:
    """Transcribe every sound, one after the other."""
    wrong = said = 0
    sound_s = 0.0
    started = time.monotonic()
    for sound, text in texts.items():
        heard = await transcriber.transcribe(sound, language)
        words = _words(text, language)
        wrong += distance(words, _words(" ".join(u.text for u in heard.utterances), language))
        said += len(words)
        sound_s += wav.read_header(sound).duration_s
    return Figures(wrong, said, time.monotonic() - started, sound_s)


def _words(text: str, language: str) -> list[str]:
    bare = re.sub(r"[^\w\s]", "", text.lower())
    return list("".join(bare.split())) if language in UNSPACED else bare.split()


def distance(said: list[str], heard: list[str]) -> int:
    """How many words to put in, leave out or change to make one of the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
    return row[-1]
