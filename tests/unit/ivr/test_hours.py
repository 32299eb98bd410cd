from __future__ import annotations

from datetime import date, datetime

import pytest

from callcenter.ivr.hours import is_open, parse_week

WEEK = parse_week({"mon-fri": "08:30-12:00, 13:30-18:00", "sat": "00:00-24:00"})


@pytest.mark.parametrize(
    ("now", "open_"),
    [
        ("2026-11-23T08:29:59+08:00", False),
        ("2026-11-23T08:30:00+08:00", True),
        ("2026-11-23T12:00:00+08:00", False),
        ("2026-11-23T13:30:00+08:00", True),
        ("2026-11-23T17:59:59+08:00", True),
        ("2026-11-23T18:00:00+08:00", False),
        ("2026-11-23T00:30:00Z", True),  # 08:30 in Shanghai
        ("2026-11-27T16:00:00Z", True),  # already Saturday there
        ("2026-11-28T15:59:00Z", True),
        ("2026-11-28T16:00:00Z", False),  # already Sunday
        ("2026-11-24T10:00:00+08:00", False),  # closed on that day
    ],
)
def test_is_open(now: str, open_: bool) -> None:
    moment = datetime.fromisoformat(now)
    assert is_open(WEEK, (date(2026, 11, 24),), "Asia/Shanghai", moment) is open_


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"monday": "08:00-09:00"}, "no day"),
        ({"fri-mon": "08:00-09:00"}, "backwards"),
        ({"mon": "8-9"}, "no span"),
        ({"mon": "08:00-24:01"}, "no clock"),
        ({"mon": "08:60-09:00"}, "no clock"),
        ({"mon": "22:00-06:00"}, "two spans"),
        ({"mon": "08:00-08:00"}, "ends before"),
        ({"mon-wed": "08:00-09:00", "tue": "08:00-09:00"}, "tue is named twice"),
    ],
)
def test_what_cannot_be_read(written: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_week(written)
