"""The secrets of an endpoint: a new one beside the old for a day, so that the receiver can change over (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

OVERLAP = timedelta(days=1)
_MOST_OLD = 4


def rotated(secret: str, old: Sequence[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The old secrets once `secret` has a successor: those that are still valid, the newest first."""
    latest = {"secret": secret, "until": (now + OVERLAP).isoformat()}
    return [latest, *(each for each in old if _until(each) > now)][:_MOST_OLD]


def valid(secret: str, old: Sequence[dict[str, Any]], now: datetime) -> list[str]:
    """What a message is signed with now, the newest first."""
    return [secret, *(each["secret"] for each in old if _until(each) > now)]


def old_until(old: Sequence[dict[str, Any]], now: datetime) -> datetime | None:
    """Until when some older secret is valid; None when there is none."""
    return max((until for each in old if (until := _until(each)) > now), default=None)


def _until(old: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(old["until"])
