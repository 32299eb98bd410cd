"""When is it tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.hooks.schedule import DELAYS_S, given_up, next_try
from callcenter.hooks.secrets import old_until, rotated, valid

NOW = datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


def pauses(chance: float) -> list[float]:
    moments = [next_try(attempts, NOW, chance) for attempts in range(1, len(DELAYS_S) + 1)]
    return [(each - NOW).total_seconds() for each in moments if each is not None]


def test_for_longer_than_a_day_and_then_no_more() -> None:
    assert pauses(0.0) == list(DELAYS_S)
    assert timedelta(days=1) < timedelta(seconds=sum(DELAYS_S)) < timedelta(days=1.5)
    assert next_try(len(DELAYS_S) + 1, NOW, 0.0) is None


def test_those_that_failed_together_are_spread() -> None:
    assert all(late > early for early, late in zip(pauses(0.0), pauses(0.9), strict=True))
    assert all(late < early * 1.2 for early, late in zip(pauses(0.0), pauses(0.999), strict=True))


def test_a_longer_pause_that_is_asked_for() -> None:
    assert next_try(1, NOW, 0.0, 90.0) == NOW + timedelta(seconds=90)
    assert next_try(2, NOW, 0.0, 1.0) == NOW + timedelta(seconds=60)


def test_given_up_after_days() -> None:
    assert not given_up(None, NOW, timedelta(days=3))
    assert not given_up(NOW - timedelta(days=2.9), NOW, timedelta(days=3))
    assert given_up(NOW - timedelta(days=3), NOW, timedelta(days=3))


def test_a_secret_changed_twice_in_a_day() -> None:
    """Whoever still has the very first one is not locked out before its day is over."""
    once = rotated("first", [], NOW)
    twice = rotated("second", once, NOW + timedelta(hours=1))
    assert valid("third", twice, NOW + timedelta(hours=2)) == ["third", "second", "first"]
    assert valid("third", twice, NOW + timedelta(hours=24)) == ["third", "second"]
    assert old_until(twice, NOW + timedelta(hours=2)) == NOW + timedelta(hours=25)
    assert old_until(twice, NOW + timedelta(days=2)) is None
