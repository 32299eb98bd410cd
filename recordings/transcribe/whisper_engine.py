"""Whisper through faster-whisper: many languages, here for Mandarin."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from recordings import wav
from recordings.transcribe.types import Span, Utterance, Word, utterance
from recordings.transcribe.vad import Pack, pack, speech
from recordings.wav import Samples

# Simplified characters and punctuation in the prompt make Whisper answer in both.
_PROMPTS = {"zh": "以下是普通话的句子，来自客户服务电话。"}
_REPEATED = 6  # characters; fewer may well have been said
_BEAM = 5
_NARROW = ",.?!:;"
_WIDE = str.maketrans(_NARROW, "，。？！：；")
# Each further temperature decodes the half minute again, so few are allowed.
_TEMPERATURES = (0.0, 0.4, 0.8)
_WHISPER_RATE = 16000


class WhisperEngine:
    """A loaded CTranslate2 Whisper model. No network is used."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        os.environ["HF_HUB_OFFLINE"] = "1"  # or the library waits for a hub
        from faster_whisper import WhisperModel  # reads the environment when imported

        self._model = WhisperModel(
            str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
        )

    def transcribe(self, sound: Path, language: str, spans: Sequence[Span] | None = None) -> list[Utterance]:
        """See `Transcriber`."""
        samples = wav.read(sound)
        found: list[Utterance] = []
        for packed in pack(samples, speech(samples, spans)):
            for words in self._decode(packed, language):
                found.append(utterance(words, language))
        return found

    def _decode(self, packed: Pack, language: str) -> Iterator[list[Word]]:
        prompt = _PROMPTS.get(language)
        segments, _ = self._model.transcribe(
            upsampled(packed.samples),
            language=language,
            beam_size=_BEAM,
            temperature=_TEMPERATURES,
            initial_prompt=prompt,
            condition_on_previous_text=False,
            word_timestamps=True,
        )
        for segment in segments:
            if segment.words and not _repeats(segment.text, prompt):
                yield from _by_piece(segment.words, packed, language)


def _by_piece(words: Sequence[Any], packed: Pack, language: str) -> Iterator[list[Word]]:
    """Whisper's words in source time, a new list wherever the source had a pause."""
    placed = [(packed.piece_at((word.start + word.end) / 2), word) for word in words]
    for piece, group in itertools.groupby(placed, key=lambda pair: pair[0]):
        yield [
            Word(
                piece.to_source(float(word.start)),
                piece.to_source(float(word.end)),
                _written(word.word, language),
                round(float(word.probability), 3),
            )
            for _, word in group
        ]


def _written(text: str, language: str) -> str:
    """The word as its language writes it: Chinese in simplified characters with wide punctuation behind."""
    text = text.strip()
    if language != "zh":
        return text
    core = text.rstrip(_NARROW)
    return str(_simplifier().convert(core)) + text[len(core) :].translate(_WIDE)


@cache
def _simplifier() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def _repeats(text: str, prompt: str | None) -> bool:
    """On a noise Whisper may say the prompt, or much of it. Nobody said that."""
    said = "".join(filter(str.isalnum, text))
    return prompt is not None and len(said) >= _REPEATED and said in "".join(filter(str.isalnum, prompt))


def upsampled(samples: Samples) -> npt.NDArray[np.float32]:
    """8 kHz samples as 16 kHz floats, band-limited: the new upper half of the spectrum stays empty."""
    if not len(samples):
        return np.zeros(0, dtype=np.float32)
    spectrum = np.fft.rfft(samples.astype(np.float64) / 32768)
    double = 2 * len(samples)
    return np.asarray(np.fft.irfft(spectrum, n=double) * (_WHISPER_RATE / wav.RATE), dtype=np.float32)
