"""What every transcriber takes and gives. Times are seconds from the start of the sound file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# Languages written without spaces between words.
UNSPACED = frozenset({"zh", "ja", "yue"})


@dataclass(frozen=True)
class Span:
    """A stretch of time."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True)
class Word:
    """A word, in Chinese one to a few characters with the punctuation that follows. Confidence is 0 to 1."""

    start_s: float
    end_s: float
    text: str
    confidence: float


@dataclass(frozen=True)
class Utterance:
    """Speech without a long pause; `text` is its words, joined as the language is written."""

    start_s: float
    end_s: float
    text: str
    confidence: float
    words: tuple[Word, ...]


@dataclass(frozen=True)
class Heard:
    """The words of one sound file, in order of time, and who found them."""

    engine: str
    model: str
    utterances: tuple[Utterance, ...]


class Transcriber(Protocol):
    """Finds the words of a sound file."""

    async def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> Heard:
        """Transcribe what was said inside `spans`, by default in the whole file.

        Raise SoundMissing, SoundUnreadable, ModelMissing, or an Engine... error.
        """


class Engine(Protocol):
    """A recogniser with its model loaded. Blocks; lives in a process of its own."""

    def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> list[Utterance]:
        """As `Transcriber.transcribe`."""


def utterance(words: Sequence[Word], language: str) -> Utterance:
    """Words, at least one, as an utterance."""
    joiner = "" if language in UNSPACED else " "
    text = joiner.join(word.text.strip() for word in words).strip()
    confidence = sum(word.confidence for word in words) / len(words)
    return Utterance(words[0].start_s, words[-1].end_s, text, round(confidence, 3), tuple(words))
