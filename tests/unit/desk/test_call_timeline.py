"""The course of a call as its page tells it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.desk.call_timeline import timeline
from callcenter.events import Event
from callcenter.events.calls import CallClassified, CallEnded, CallNoted, CallQueued, CallRinging, CallTransferred

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
AGENTS = {"1001": "陈静", "1002": "王磊"}


def handed_on(to: str, to_extension: str | None = None) -> CallTransferred:
    return CallTransferred(
        at=NOON, call_id="c", kind="blind", from_extension="1001", to=to, to_extension=to_extension
    )  # fmt: skip


def queued(seconds: float) -> CallQueued:
    return CallQueued(at=NOON + timedelta(seconds=seconds), call_id="c", queue="repair", position=1)


def classified(menu_path: str) -> CallClassified:
    return CallClassified(at=NOON, call_id="c", menu_path=menu_path, kind="complaint", language="zh")


def rings() -> CallRinging:
    return CallRinging(at=NOON, call_id="c", ring_id="1", extension="1002", queue=None)


@pytest.mark.parametrize(
    ("events", "told"),
    [
        ([handed_on("1002", "1002"), rings()], ("1002", "1002", "王磊", None)),
        ([handed_on("1003", "1003")], ("1003", "1003", None, None)),
        ([handed_on("6001"), queued(0.002)], ("6001", None, None, "repair")),
        ([handed_on("013900139000"), queued(30)], ("013900139000", None, None, None)),
        ([handed_on("6002"), rings(), queued(0.5)], ("6002", None, None, None)),
        ([handed_on("")], (None, None, None, None)),
    ],
    ids=["colleague", "no user", "queue", "outside, and a queue later", "phones, then a queue", "unknown"],
)
def test_a_transfer_says_from_whom_to_whom(events: list[Event], told: tuple[str | None, ...]) -> None:
    entry = timeline(events, AGENTS)[0]
    assert (entry.kind, entry.extension, entry.agent_name) == ("transferred", "1001", "陈静")
    assert (entry.number, entry.to_extension, entry.to_agent_name, entry.to_queue) == told


def test_it_is_in_order_of_time_and_leaves_out_what_is_no_part_of_it() -> None:
    ended = CallEnded(at=NOON + timedelta(seconds=9), call_id="c", outcome="answered", cause="normal")
    noted = CallNoted(at=NOON, call_id="c", user_id="u", extension="1001")
    told = timeline([ended, noted, classified(""), queued(3), classified("main/complaint")], {})
    assert [entry.kind for entry in told] == ["classified", "queued", "ended"]
