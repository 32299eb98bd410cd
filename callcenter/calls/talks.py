"""Stretches of time that begin and end: talks, holds, waits in queues. Pure; each call returns the new tuple."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from callcenter.calls.record import Hold, QueueEnd, QueueVisit, Talk

# A Local channel that optimises itself away, or a merge of bridges, takes both parties out for a moment.
_SAME_TALK = timedelta(seconds=0.2)


def begun(talks: tuple[Talk, ...], leg: str, extension: str, at: datetime) -> tuple[Talk, ...]:
    """With an agent's talk running: the same one when it ended only a moment ago."""
    last = next((talk for talk in reversed(talks) if talk.uniqueid == leg), None)
    if last and last.ended_at is None:
        return talks
    if last and last.ended_at and timedelta(0) <= at - last.ended_at < _SAME_TALK:
        return tuple(replace(talk, ended_at=None) if talk is last else talk for talk in talks)
    return (*talks, Talk(leg, extension, at))


def ended(talks: tuple[Talk, ...], leg: str, at: datetime) -> tuple[Talk, ...]:
    """With an agent's talk over, if it ran."""
    if not running(talks, leg):
        return talks
    return tuple(
        replace(talk, ended_at=at) if talk.uniqueid == leg and talk.ended_at is None else talk for talk in talks
    )


def running(talks: tuple[Talk, ...], leg: str) -> bool:
    return any(talk.uniqueid == leg and talk.ended_at is None for talk in talks)


def held(holds: tuple[Hold, ...], leg: str, extension: str | None, at: datetime) -> tuple[Hold, ...]:
    """With a hold begun, unless it runs."""
    if any(hold.uniqueid == leg and hold.ended_at is None for hold in holds):
        return holds
    return (*holds, Hold(leg, extension, at))


def resumed(holds: tuple[Hold, ...], leg: str, at: datetime) -> tuple[Hold, ...]:
    """With a hold over, if it ran."""
    if not any(hold.uniqueid == leg and hold.ended_at is None for hold in holds):
        return holds
    return tuple(
        replace(hold, ended_at=at) if hold.uniqueid == leg and hold.ended_at is None else hold for hold in holds
    )


def joined(visits: tuple[QueueVisit, ...], queue: str, at: datetime) -> tuple[QueueVisit, ...]:
    """With a wait begun; one that was left without a word ended by a key."""
    return (*over(visits, at, "exit"), QueueVisit(queue, at))


def last_in(visits: tuple[QueueVisit, ...], queue: str) -> bool:
    """Whether the last wait is, or was, in that queue."""
    return bool(visits) and visits[-1].queue == queue


def waits(visits: tuple[QueueVisit, ...], queue: str) -> bool:
    """Whether the caller is in that queue."""
    return last_in(visits, queue) and visits[-1].left_at is None


def left(visits: tuple[QueueVisit, ...], at: datetime) -> tuple[QueueVisit, ...]:
    """Out of the queue. Why may have been said, or will be."""
    return _last(visits, lambda visit: visit if visit.left_at else replace(visit, left_at=at))


def decided(visits: tuple[QueueVisit, ...], at: datetime, outcome: QueueEnd) -> tuple[QueueVisit, ...]:
    """What became of the last wait. A later word is the better one: a wait that timed out is first called abandoned."""
    return _last(visits, lambda visit: replace(visit, left_at=visit.left_at or at, outcome=outcome))


def over(visits: tuple[QueueVisit, ...], at: datetime, outcome: QueueEnd) -> tuple[QueueVisit, ...]:
    """With the last wait ended in this way, if nothing was said of its end."""
    return visits if not visits or visits[-1].outcome else decided(visits, at, outcome)


def _last(visits: tuple[QueueVisit, ...], change: Callable[[QueueVisit], QueueVisit]) -> tuple[QueueVisit, ...]:
    return (*visits[:-1], change(visits[-1])) if visits else visits
