"""What the caller was in when: menu, queue, ringing, a talk. Pure; seconds from the start of the recording."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from callcenter.calls.model import CallLegRow, CallRow, CallTalkRow, CallVisitRow
from recordings.service import Segment, SegmentKind

# Between the messages that make one change some milliseconds pass, which are no stretch of their own.
_MOMENT = timedelta(seconds=0.5)


@dataclass(frozen=True)
class _Span:
    """`kind` None: somebody outside is there."""

    start: datetime
    end: datetime
    kind: SegmentKind | None
    extension: str | None = None


def segments(
    call: CallRow, legs: Iterable[CallLegRow], talks: Iterable[CallTalkRow], visits: Iterable[CallVisitRow]
) -> tuple[Segment, ...]:
    """The stretches of an ended call in order of time. Phones that ring while the caller is in a queue are part of that
    wait; talks of two agents may overlap. In no stretch is the time with somebody outside, as agents' talks alone are
    written down, and what comes after all else. A call that was not recorded has none."""
    began, end = call.recording_started_at, call.ended_at
    if began is None or end is None:
        return ()
    spoken = [_Span(talk.started_at, talk.ended_at or end, "talk", talk.extension) for talk in talks]
    queued = [_Span(visit.joined_at, visit.left_at or end, "queue") for visit in visits]
    rung = [span for leg in legs for span in _of_leg(leg, end)]
    between = _between([*spoken, *queued, *rung], began, end)
    found = sorted([*spoken, *between], key=lambda span: span.start)
    return tuple(_segment(began, span) for span in found if span.end > max(span.start, began))


def _of_leg(leg: CallLegRow, end: datetime) -> Iterator[_Span]:
    """Nobody tells when a phone outside begins to ring: it is taken to ring as soon as it is called."""
    outside = leg.role == "other"
    rang = leg.started_at if outside else leg.ringing_at
    if rang is not None and leg.role != "caller":
        yield _Span(rang, leg.answered_at or leg.ended_at or end, "ringing", leg.extension)
    if outside and leg.answered_at:
        yield _Span(leg.answered_at, leg.ended_at or end, None)


def _between(known: Sequence[_Span], began: datetime, end: datetime) -> Iterator[_Span]:
    """What lies outside the talks."""
    marks = {began, end, *(span.start for span in known), *(span.end for span in known)}
    pieces = pairwise(sorted(mark for mark in marks if began <= mark <= end))
    for _, group in groupby((_piece(known, *piece) for piece in pieces), lambda piece: (piece.kind, piece.extension)):
        stretch = list(group)
        first, last = stretch[0], stretch[-1]
        if first.kind in ("menu", "queue") or (first.kind and last.end - first.start >= _MOMENT):
            yield _Span(first.start, last.end, first.kind, first.extension)


def _piece(known: Sequence[_Span], start: datetime, end: datetime) -> _Span:
    """What a time is in which nothing begins or ends. Where nothing is known it is the menu before everything else, and
    a wait between two stretches."""
    within = [span for span in known if span.start <= start and end <= span.end]
    if any(span.kind == "talk" for span in within):
        return _Span(start, end, None)
    for kind in ("queue", "ringing", None):
        for span in within:
            if span.kind == kind:
                return _Span(start, end, kind, span.extension)
    return _Span(start, end, _unknown(known, end))


def _unknown(known: Sequence[_Span], end: datetime) -> SegmentKind | None:
    later = [span for span in known if span.start >= end]
    if len(later) == len(known):
        return "menu"
    return "waiting" if later else None


def _segment(began: datetime, span: _Span) -> Segment:
    assert span.kind
    return Segment(_seconds(began, span.start), _seconds(began, span.end), span.kind, span.extension)


def _seconds(began: datetime, at: datetime) -> float:
    return round(max((at - began).total_seconds(), 0.0), 3)
