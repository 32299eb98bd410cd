"""A transcriber that knows beforehand what is said: for tests, and for a demo without models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from recordings import wav
from recordings.transcribe.types import UNSPACED, Heard, Span, Utterance, Word, utterance
from recordings.transcribe.vad import speech


class FakeTranscriber:
    """Says `texts[stem of the file]`, or `otherwise`, spread over the stretches in which there is speech."""

    def __init__(self, texts: Mapping[str, str] | None = None, otherwise: str = "…") -> None:
        self._texts = dict(texts or {})
        self._otherwise = otherwise

    async def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> Heard:
        """See `Transcriber`."""
        text = self._texts.get(sound.stem, self._otherwise)
        words = list(text) if language in UNSPACED else text.split()
        stretches = speech(wav.read(sound), spans)
        shares = zip(_shares(words, stretches), stretches, strict=True)
        found = [_spoken(share, stretch, language) for share, stretch in shares if share]
        return Heard("fake", "fake", tuple(found))


def _shares(words: Sequence[str], stretches: Sequence[Span]) -> list[list[str]]:
    """The words, in order, to each stretch by its part of the speech."""
    total = sum(s.duration_s for s in stretches)
    shares: list[list[str]] = []
    spoken, given = 0.0, 0
    for stretch in stretches:
        spoken += stretch.duration_s
        upto = round(len(words) * spoken / total)
        shares.append(list(words[given:upto]))
        given = upto
    return shares


def _spoken(words: Sequence[str], stretch: Span, language: str) -> Utterance:
    step = stretch.duration_s / len(words)
    times = [stretch.start_s + step * i for i in range(len(words) + 1)]
    return utterance(
        [Word(round(times[i], 3), round(times[i + 1], 3), word, 1.0) for i, word in enumerate(words)], language
    )
