"""A ticket's number is of the month that the firm's calendar shows."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from callcenter.complaints.numbering import period_of, shown


@pytest.mark.parametrize(
    ("moment", "zone", "period"),
    [
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), "Asia/Shanghai", "202610"),
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), "Asia/Shanghai", "202611"),
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), "Europe/Berlin", "202610"),
    ],
)
def test_period(moment: datetime, zone: str, period: str) -> None:
    assert period_of(moment, ZoneInfo(zone)) == period


def test_shown() -> None:
    assert [shown("202611", number) for number in (42, 12345)] == ["202611-0042", "202611-12345"]
