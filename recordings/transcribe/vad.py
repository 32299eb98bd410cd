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
    """The stretches of speech, in order, within `spans` (default: everywhere). None reaches over two spans."""
    loud = levels(samples, FRAME_S)
    whole = Span(0.0, len(samples) / RATE)
    limits = [whole] if spans is None else [Span(s.start_s, min(s.end_s, whole.end_s)) for s in spans]
    parts = [loud[round(s.start_s / FRAME_S) : round(s.end_s / FRAME_S)] for s in limits]
    considered = np.concatenate([np.zeros(0), *parts])
    considered = considered[considered > SILENCE_DB]
    if not len(considered):
        return []
    threshold = _threshold(considered)
    return [
        stretch for part, limit in zip(parts, limits, strict=True) for stretch in _stretches(part > threshold, limit)
    ]


def _stretches(active: npt.NDArray[np.bool_], limit: Span) -> Iterator[Span]:
    """Where the frames are active, which begin with `limit` and stay inside it."""
    for run in _joined([r for r in _runs(active) if r.duration_s >= _SHORTEST_S]):
        start, end = limit.start_s + run.start_s, limit.start_s + run.end_s
        yield Span(max(start - _MARGIN_S, limit.start_s), min(end + _MARGIN_S, limit.end_s))


def _threshold(loud: npt.NDArray[np.float64]) -> float:
    background, loudest = np.percentile(loud, [10, 95])
    above = max(background + _ABOVE_BACKGROUND_DB, _QUIETEST_SPEECH_DB)
    # Speech without a pause has no background in it: do not take its softer half for silence.
    return float(min(above, max(loudest - _BELOW_SPEECH_DB, _QUIETEST_SPEECH_DB)))


def _runs(active: npt.NDArray[np.bool_]) -> Iterator[Span]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    for first, last in edges.reshape(-1, 2):
        yield Span(float(first) * FRAME_S, float(last) * FRAME_S)


def _joined(runs: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for run in runs:
        if joined and run.start_s - joined[-1].end_s < _PAUSE_S:
            joined[-1] = Span(joined[-1].start_s, run.end_s)
        else:
            joined.append(run)
    return joined


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
