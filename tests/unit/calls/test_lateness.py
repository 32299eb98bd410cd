"""Late events: told when they begin, get worse, last and are over; and told again when they come back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.calls.gaps import Gap, Lateness

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def heard(lateness: Lateness, at_s: float, lag_s: float) -> Gap | None:
    now = NOON + timedelta(seconds=at_s)
    return lateness.heard(now - timedelta(seconds=lag_s), now)


def test_one_time_of_late_events_from_its_beginning_to_its_end() -> None:
    lateness = Lateness("pbx", timedelta(seconds=2))
    assert heard(lateness, 0, 1.0) is None
    begun = heard(lateness, 1, 3.0)
    assert begun and (begun.why, begun.lag_s) == ("late", 3.0)
    assert heard(lateness, 2, 2.5) is None
    worse = heard(lateness, 3, 4.0)
    assert worse and (worse.id, worse.lag_s) == (begun.id, 4.0)
    assert heard(lateness, 8, 0.1) is None
    assert lateness.current
    over = heard(lateness, 14, 0.1)
    assert over and (over.id, over.ended_at) == (begun.id, NOON + timedelta(seconds=3))
    assert lateness.current is None
    assert heard(lateness, 15, 0.1) is None
    again = heard(lateness, 16, 2.5)
    assert again and again.id != begun.id


def test_what_lasts_is_told_again_after_a_minute() -> None:
    lateness = Lateness("pbx", timedelta(seconds=2))
    begun = heard(lateness, 0, 3.0)
    told = [second for second in range(1, 130) if heard(lateness, second, 3.0)]
    assert begun and lateness.current and lateness.current.id == begun.id
    assert told == [60, 120]
