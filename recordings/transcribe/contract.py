"""What every Transcriber must do, as checks. Run them against one of your own before using it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from recordings import wav
from recordings.errors import RecordingError, SoundMissing, SoundUnreadable
from recordings.transcribe.types import UNSPACED, Span, Transcriber

_ROUNDING_S = 0.001


@dataclass(frozen=True)
class Subject:
    """A transcriber, a sound file in which somebody says all of `says`, and an empty folder to work in."""

    transcriber: Transcriber
    sound: Path
    language: str
    says: tuple[str, ...]
    folder: Path

    @property
    def duration_s(self) -> float:
        return wav.read_header(self.sound).duration_s


Check = Callable[[Subject], Awaitable[None]]


async def says_what_was_said(subject: Subject) -> None:
    heard = await subject.transcriber.transcribe(subject.sound, subject.language)
    text = "\n".join(utterance.text for utterance in heard.utterances)
    assert [word for word in subject.says if word not in text] == [], text
    assert heard.engine
    assert heard.model


async def times_are_in_order_and_inside_the_file(subject: Subject) -> None:
    heard = await subject.transcriber.transcribe(subject.sound, subject.language)
    starts = [utterance.start_s for utterance in heard.utterances]
    assert starts == sorted(starts)
    for utterance in heard.utterances:
        assert 0 <= utterance.start_s <= utterance.end_s <= subject.duration_s + _ROUNDING_S
        assert all(utterance.start_s <= w.start_s <= w.end_s <= utterance.end_s for w in utterance.words)
        assert 0 <= utterance.confidence <= 1


async def text_is_its_words_as_the_language_is_written(subject: Subject) -> None:
    heard = await subject.transcriber.transcribe(subject.sound, subject.language)
    joiner = "" if subject.language in UNSPACED else " "
    for utterance in heard.utterances:
        assert utterance.text == joiner.join(word.text for word in utterance.words)
        assert subject.language not in UNSPACED or " " not in utterance.text


async def listens_inside_the_spans_only(subject: Subject) -> None:
    later = Span(subject.duration_s / 2, subject.duration_s)
    heard = await subject.transcriber.transcribe(subject.sound, subject.language, [later])
    assert heard.utterances
    assert all(u.start_s >= later.start_s - _ROUNDING_S for u in heard.utterances)
    assert not (await subject.transcriber.transcribe(subject.sound, subject.language, [])).utterances


async def hears_nothing_in_silence(subject: Subject) -> None:
    quiet = subject.folder / "quiet.wav"
    hiss = np.random.default_rng(7).normal(0, 12, 5 * wav.RATE).astype(np.int16)
    wav.write(quiet, hiss)
    assert not (await subject.transcriber.transcribe(quiet, subject.language)).utterances
    wav.write(quiet, hiss[:0])
    assert not (await subject.transcriber.transcribe(quiet, subject.language)).utterances


async def names_what_is_wrong_with_a_file(subject: Subject) -> None:
    text = subject.folder / "text.wav"
    text.write_text("not a sound at all, and long enough to be looked at as one")
    assert isinstance(await _error(subject, text), SoundUnreadable)
    assert isinstance(await _error(subject, subject.folder / "none.wav"), SoundMissing)


async def _error(subject: Subject, sound: Path) -> RecordingError | None:
    try:
        await subject.transcriber.transcribe(sound, subject.language)
    except RecordingError as error:
        return error
    return None


CHECKS: tuple[Check, ...] = (
    says_what_was_said,
    times_are_in_order_and_inside_the_file,
    text_is_its_words_as_the_language_is_written,
    listens_inside_the_spans_only,
    hears_nothing_in_silence,
    names_what_is_wrong_with_a_file,
)
