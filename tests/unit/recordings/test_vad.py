"""Finding speech, packing it, and coming back to the times of the source."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.transcribe.types import Span
from recordings.transcribe.vad import pack, speech
from recordings.wav import RATE, Samples


def line(seconds: float, *voices: tuple[float, float], noise: float = 15, loudness: float = 3000) -> Samples:
    """A telephone line with hiss, on which somebody makes voice-like noise between the given times."""
    chance = np.random.default_rng(3)
    sound = chance.normal(0, noise, round(seconds * RATE))
    for start, end in voices:
        part = slice(round(start * RATE), round(end * RATE))
        length = part.stop - part.start
        syllables = 0.6 + 0.4 * np.sin(np.arange(length) / RATE * 2 * np.pi * 4)
        sound[part] += chance.normal(0, loudness, length) * syllables
    return sound.clip(-32768, 32767).astype(np.int16)


def ends(spans: list[Span]) -> list[object]:
    """To compare with: the exact frame does not matter."""
    return [pytest.approx((s.start_s, s.end_s), abs=0.05) for s in spans]


@pytest.mark.parametrize(
    ("sound", "found"),
    [
        (line(5), []),
        (np.zeros(5 * RATE, dtype=np.int16), []),
        (line(0), []),
        (line(6, (1, 3)), [(0.8, 3.2)]),
        (line(6, (1, 2), (2.3, 3)), [(0.8, 3.2)]),
        (line(6, (1, 2), (4, 5)), [(0.8, 2.2), (3.8, 5.2)]),
        (line(6, (1, 3), noise=0), [(0.8, 3.2)]),
        (line(6, (1, 3), noise=150), [(0.8, 3.2)]),
        (line(6, (1, 3), loudness=400), [(0.8, 3.2)]),
        (line(4, (0, 4)), [(0, 4)]),
        (line(6, (1, 1.04)), []),
    ],
    ids=["hiss", "zeros", "empty", "one", "short pause", "two", "no hiss", "noisy", "quiet", "all", "click"],
)
def test_speech_is_found(sound: Samples, found: list[tuple[float, float]]) -> None:
    assert ends(speech(sound)) == found


def test_only_what_lies_inside_the_spans_counts() -> None:
    sound = line(20, (1, 4), (6, 9), (12, 14))
    assert ends(speech(sound, [Span(5, 8), Span(10, 20)])) == [(5.8, 8), (11.8, 14.2)]
    assert speech(sound, []) == []


def test_two_agents_who_follow_each_other_at_once_are_two_stretches() -> None:
    sound = line(10, (1, 9))
    assert ends(speech(sound, [Span(0, 5), Span(5, 10)])) == [(0.8, 5), (5, 9.2)]


def test_loud_music_outside_does_not_hide_soft_speech_inside() -> None:
    sound = line(30, (0, 15), loudness=12000)
    sound[20 * RATE : 22 * RATE] = line(2, (0, 2), loudness=300)
    assert ends(speech(sound, [Span(16, 30)])) == [(19.8, 22.2)]


@given(
    st.lists(st.tuples(st.floats(0.2, 40), st.floats(0.5, 5)), min_size=1, max_size=8),
    st.floats(2, 28),
)
def test_packs_hold_all_speech_and_lead_back_to_the_source(shapes: list[tuple[float, float]], limit: float) -> None:
    stretches, now = [], 0.0
    for length, pause in shapes:
        stretches.append(Span(round(now, 2), round(now + length, 2)))
        now = round(now + length + pause, 2)
    sound = np.arange(round(now * RATE), dtype=np.int64).astype(np.int16)
    packs = list(pack(sound, stretches, limit))
    pieces = [piece for packed in packs for piece in packed.pieces]
    assert sum(p.source.duration_s for p in pieces) == pytest.approx(sum(s.duration_s for s in stretches))
    assert all(len(packed.samples) <= limit * RATE + 2 for packed in packs)
    for packed in packs:
        for piece in packed.pieces:
            middle = piece.packed_s + piece.source.duration_s / 2
            assert packed.piece_at(middle) is piece
            assert packed.samples[round(piece.packed_s * RATE)] == sound[round(piece.source.start_s * RATE)]
            assert piece.to_source(middle) == pytest.approx((piece.source.start_s + piece.source.end_s) / 2, abs=0.002)
            assert piece.to_source(piece.packed_s - 1) == pytest.approx(piece.source.start_s, abs=0.001)


def test_a_long_stretch_is_split_where_it_is_quietest() -> None:
    sound = line(40, (0, 20), (20.4, 40))
    first = next(pack(sound, [Span(0, 40)]))
    assert first.pieces[0].source.end_s == pytest.approx(20.2, abs=0.2)
