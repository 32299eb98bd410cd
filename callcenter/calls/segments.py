"""Where in a recording the menu, the wait and each talk lie. Pure; seconds from the start of the recording."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from callcenter.calls.model import CallRow, CallTalkRow
from recordings.service import Segment

Kind = Literal["menu", "queue", "talk"]


def segments(call: CallRow, talks: Iterable[CallTalkRow]) -> tuple[Segment, ...]:
    """The stretches of an ended call in order of time. Between two talks the caller waits; what comes after the last
    talk is in none. A call that was not recorded has none."""
    start, end = call.recording_started_at, call.ended_at
    if start is None or end is None:
        return ()
    talks = sorted(talks, key=lambda talk: talk.started_at)
    found = [_segment(start, start, call.queued_at or _first(talks, end), "menu")]
    waiting_since = call.queued_at
    for talk in talks:
        if waiting_since:
            found.append(_segment(start, waiting_since, talk.started_at, "queue"))
        found.append(_segment(start, talk.started_at, talk.ended_at or end, "talk", talk.extension))
        waiting_since = max(waiting_since or start, talk.ended_at or end)
    if call.queued_at and not talks:
        found.append(_segment(start, call.queued_at, end, "queue"))
    return tuple(segment for segment in found if segment.end_s > segment.start_s)


def _first(talks: list[CallTalkRow], end: datetime) -> datetime:
    return talks[0].started_at if talks else end


def _segment(zero: datetime, start: datetime, end: datetime, kind: Kind, agent: str | None = None) -> Segment:
    return Segment(_seconds(zero, start), _seconds(zero, end), kind, agent)


def _seconds(zero: datetime, at: datetime) -> float:
    return round(max((at - zero).total_seconds(), 0.0), 3)
