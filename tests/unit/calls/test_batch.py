"""What is written together is told as it is by then."""

from __future__ import annotations

from datetime import UTC, datetime

from callcenter.calls.batch import Batch
from callcenter.events.calls import CallRinging, CallRingStopped

AT = datetime(2026, 11, 2, 8, tzinfo=UTC)


def _rings(ring: str) -> CallRinging:
    return CallRinging(at=AT, call_id="call", ring_id=ring, extension="1001", queue="complaint")


def _stops(ring: str) -> CallRingStopped:
    return CallRingStopped(at=AT, call_id="call", ring_id=ring, extension="1001", reason="no_answer")


def test_a_phone_that_has_stopped_rings_for_nobody() -> None:
    told = Batch(events=[_rings("first"), _stops("first"), _rings("second")]).told()
    assert [event.over for event in told if isinstance(event, CallRinging)] == [True, False]
    assert len(told) == 3


def test_a_phone_that_stops_later_was_told_of() -> None:
    assert [event.over for event in Batch(events=[_rings("first")]).told()] == [False]  # type: ignore[attr-defined]
    assert Batch(events=[_stops("first")]).told() == [_stops("first")]
