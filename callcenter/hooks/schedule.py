"""When a delivery is tried again, and when an endpoint has failed for too long (pure)."""

from __future__ import annotations

from datetime import datetime, timedelta

# Seconds between attempts: quick at first, for a restart of the receiver; then for longer than a day.
DELAYS_S: tuple[float, ...] = (5, 60, 300, 1800, 7200, 18000, 36000, 36000)
_JITTER = 0.2
KEPT_TRIES = 20


def next_try(attempts: int, now: datetime, chance: float, asked_s: float | None = None) -> datetime | None:
    """The moment of the next try after `attempts` failed ones; None when there is to be none.

    `chance` in [0, 1) spreads those that failed together. `asked_s`: the receiver asked for that pause at least.
    """
    if attempts > len(DELAYS_S):
        return None
    pause = DELAYS_S[attempts - 1] * (1 + _JITTER * chance)
    return now + timedelta(seconds=max(pause, asked_s or 0.0))


def given_up(failing_since: datetime | None, now: datetime, after: timedelta) -> bool:
    """Whether an endpoint that has failed since then is to be switched off."""
    return failing_since is not None and now - failing_since >= after
