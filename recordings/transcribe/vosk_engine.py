"""Vosk: small models made for one language."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import vosk

from recordings import wav
from recordings.transcribe.types import Span, Utterance, Word, utterance
from recordings.transcribe.vad import cut, speech
from recordings.wav import RATE, Samples

_CHUNK_BYTES = 8000
_TAIL = b"\0" * (RATE * 2 * 3 // 10)  # lets the last word end
_UNKNOWN = "[unk]"


class VoskEngine:
    """A loaded Vosk model; its mfcc.conf must allow upsampling from 8 kHz."""

    def __init__(self, folder: Path) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(model_path=str(folder))

    def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> list[Utterance]:
        """See `Transcriber`."""
        samples = wav.read(sound)
        found: list[Utterance] = []
        for stretch in speech(samples, spans):
            for words in self._decode(cut(samples, stretch), stretch):
                found.append(utterance(words, language))
        return found

    def _decode(self, samples: Samples, stretch: Span) -> Iterator[list[Word]]:
        recogniser = vosk.KaldiRecognizer(self._model, RATE)
        recogniser.SetWords(True)
        data = samples.astype("<i2").tobytes() + _TAIL
        for start in range(0, len(data), _CHUNK_BYTES):
            if recogniser.AcceptWaveform(data[start : start + _CHUNK_BYTES]):
                yield from _words(recogniser.Result(), stretch)
        yield from _words(recogniser.FinalResult(), stretch)


def _words(result: str, stretch: Span) -> Iterator[list[Word]]:
    """The words of a result, if it has any, moved to where the stretch lies."""
    entries: list[dict[str, Any]] = json.loads(result).get("result", [])
    words = [_word(entry, stretch) for entry in entries if entry["word"] != _UNKNOWN]
    if words:
        yield words


def _word(entry: dict[str, Any], stretch: Span) -> Word:
    start, end = (min(stretch.start_s + entry[key], stretch.end_s) for key in ("start", "end"))
    return Word(round(start, 3), round(end, 3), entry["word"], round(float(entry["conf"]), 3))
