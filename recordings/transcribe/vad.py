"""Where in a sound somebody speaks, and packing that speech for an engine that thinks in half minutes.

The decision is by loudness against the sound's own background, which is enough on a telephone line with one
speaker per file; what an engine then makes of a cough is its affair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from recordings.transcribe.types import Span
from recordings.wav import RATE, SILENCE_DB, Samples, levels

FRAME_S = 0.02
_ABOVE_BACKGROUND_DB = 10.0
_BELOW_SPEECH_DB = 22.0
_QUIETEST_SPEECH_DB = -55.0
_PAUSE_S = 0.5  # a shorter silence does not end a stretch
_SHORTEST_S = 0.1  # a shorter noise is no speech
_MARGIN_S = 0.2  # soft beginnings and ends of words
_GAP_S = 0.3  # silence between packed stretches


def speech(samples: Samples, spans: Sequence[Span] | None = None) -> list[Span]:
    """The stretches of speech, in order, within `spans` (default: everywhere)."""
    loud = levels(samples, FRAME_S)
    inside = _frames_inside(spans, len(loud))
    considered = loud[inside & (loud > SILENCE_DB)]
    if not len(considered):
        return []
    active = inside & (loud > _threshold(considered))
    stretches = [s for s in _runs(active) if s.duration_s >= _SHORTEST_S]
    limits = spans if spans is not None else [Span(0.0, len(samples) / RATE)]
    return [_widened(stretch, limits) for stretch in _joined(stretches, limits)]


def _threshold(loud: npt.NDArray[np.float64]) -> float:
    background, loudest = np.percentile(loud, [10, 95])
    above = max(background + _ABOVE_BACKGROUND_DB, _QUIETEST_SPEECH_DB)
    # Speech without a pause has no background in it: do not take its softer half for silence.
    return float(min(above, max(loudest - _BELOW_SPEECH_DB, _QUIETEST_SPEECH_DB)))


def _frames_inside(spans: Sequence[Span] | None, count: int) -> npt.NDArray[np.bool_]:
    inside = np.full(count, spans is None)
    for span in spans or ():
        inside[round(span.start_s / FRAME_S) : round(span.end_s / FRAME_S)] = True
    return inside


def _runs(active: npt.NDArray[np.bool_]) -> Iterator[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        yield Span(float(first) * FRAME_S, float(last) * FRAME_S)


def _joined(stretches: Sequence[Span], limits: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for stretch in stretches:
        if joined and _belong(joined[-1], stretch, limits):
            joined[-1] = Span(joined[-1].start_s, stretch.end_s)
        else:
            joined.append(stretch)
    return joined


def _belong(before: Span, after: Span, limits: Sequence[Span]) -> bool:
    close = after.start_s - before.end_s < _PAUSE_S
    return close and _limit(before, limits) is _limit(after, limits)


def _limit(stretch: Span, limits: Sequence[Span]) -> Span:
    middle = (stretch.start_s + stretch.end_s) / 2
    return min(limits, key=lambda s: max(s.start_s - middle, middle - s.end_s))


def _widened(stretch: Span, limits: Sequence[Span]) -> Span:
    limit = _limit(stretch, limits)
    return Span(max(stretch.start_s - _MARGIN_S, limit.start_s, 0.0), min(stretch.end_s + _MARGIN_S, limit.end_s))


@dataclass(frozen=True)
class Piece:
    """A stretch of the source and where it begins in the pack."""

    source: Span
    packed_s: float

    def to_source(self, packed_s: float) -> float:
        """The time in the source, inside this piece's stretch."""
        moved = self.source.start_s + packed_s - self.packed_s
        return round(min(max(moved, self.source.start_s), self.source.end_s), 3)


@dataclass(frozen=True)
class Pack:
    """Stretches of speech put together, short silences between them."""

    pieces: tuple[Piece, ...]
    samples: Samples

    def piece_at(self, packed_s: float) -> Piece:
        """The piece that sounds at this time of the pack, or the nearest."""
        return min(self.pieces, key=lambda p: _distance(p, packed_s))


def _distance(piece: Piece, packed_s: float) -> float:
    return max(piece.packed_s - packed_s, packed_s - piece.packed_s - piece.source.duration_s, 0.0)


def pack(samples: Samples, stretches: Sequence[Span], limit_s: float = 28.0) -> Iterator[Pack]:
    """Put stretches together into packs of at most `limit_s`, splitting longer ones where they are quietest."""
    waiting: list[Span] = []
    length = 0.0
    for stretch in stretches:
        for part in _split(samples, stretch, limit_s):
            if waiting and length + _GAP_S + part.duration_s > limit_s:
                yield _packed(samples, waiting)
                waiting, length = [], 0.0
            length += part.duration_s + (_GAP_S if waiting else 0.0)
            waiting.append(part)
    if waiting:
        yield _packed(samples, waiting)


def _split(samples: Samples, stretch: Span, limit_s: float) -> Iterator[Span]:
    while stretch.duration_s > limit_s:
        # Looking at the later half only keeps the number of parts small.
        first = stretch.start_s + limit_s / 2
        loud = levels(cut(samples, Span(first, stretch.start_s + limit_s)), 0.1)
        at = first + float(np.argmin(loud)) * 0.1 + 0.05
        yield Span(stretch.start_s, at)
        stretch = Span(at, stretch.end_s)
    yield stretch


def _packed(samples: Samples, stretches: Sequence[Span]) -> Pack:
    gap = np.zeros(round(_GAP_S * RATE), dtype=np.int16)
    pieces: list[Piece] = []
    sounds: list[Samples] = []
    position = 0
    for stretch in stretches:
        if sounds:
            sounds.append(gap)
            position += len(gap)
        pieces.append(Piece(stretch, position / RATE))
        sounds.append(cut(samples, stretch))
        position += len(sounds[-1])
    return Pack(tuple(pieces), np.concatenate(sounds))


def cut(samples: Samples, span: Span) -> Samples:
    """The samples of a stretch."""
    return samples[round(span.start_s * RATE) : round(span.end_s * RATE)]
