"""Business hours as written in a flow: parsed once, asked with an aware moment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_MIDNIGHT = 24 * 60

Span = tuple[int, int]  # minutes since midnight: open from, closed from


@dataclass(frozen=True)
class Week:
    """The spans of each day, Monday first."""

    days: tuple[tuple[Span, ...], ...]

    def is_open(self, at: time, weekday: int) -> bool:
        minute = at.hour * 60 + at.minute
        return any(start <= minute < end for start, end in self.days[weekday])


def parse_week(written: dict[str, str]) -> Week:
    """`{"mon-fri": "08:30-18:00", "sat": "09:00-12:00, 13:00-17:00"}`; days not named are closed.

    ValueError says what cannot be read.
    """
    days: dict[int, tuple[Span, ...]] = {}
    for names, spans in written.items():
        for day in _days(names):
            if day in days:
                raise ValueError(f"{DAYS[day]} is named twice")
            days[day] = _spans(spans)
    return Week(tuple(days.get(day, ()) for day in range(7)))


def is_open(week: Week, closed_on: tuple[date, ...], timezone: str, now: datetime) -> bool:
    """Whether `now` (aware) falls into the hours, as the clock stands in `timezone`."""
    local = now.astimezone(ZoneInfo(timezone))
    return local.date() not in closed_on and week.is_open(local.time(), local.weekday())


def _days(names: str) -> list[int]:
    first, _, last = (part.strip().lower() for part in names.partition("-"))
    unknown = [day for day in (first, last or first) if day not in DAYS]
    if unknown:
        raise ValueError(f"{unknown[0]!r} is no day: use {', '.join(DAYS)}, or mon-fri")
    start, end = DAYS.index(first), DAYS.index(last or first)
    if end < start:
        raise ValueError(f"{names!r} runs backwards")
    return list(range(start, end + 1))


def _spans(written: str) -> tuple[Span, ...]:
    return tuple(sorted(_span(part.strip()) for part in written.split(",")))


def _span(written: str) -> Span:
    match = _SPAN.fullmatch(written)
    if match is None:
        raise ValueError(f"{written!r} is no span: write 08:30-18:00")
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or end > _MIDNIGHT:
        raise ValueError(f"{written!r} has a time that no clock shows")
    if start >= end:
        raise ValueError(f"{written!r} ends before it begins: write a night as two spans, up to 24:00 and from 00:00")
    return start, end
