"""Whom a word about the line concerns."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime

from callcenter.queues.line import Line, LineState, ServerState

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
PHONES = {"1001": True, "1002": False}


def state(*, connected: bool = True, phones: dict[str, bool] = PHONES, waiting: int = 0) -> LineState:
    callers = {f"caller-{place}": NOON for place in range(waiting)}
    return LineState({"pbx": ServerState(connected=connected, phones=phones, waiting={"complaint": callers})})


def told(*states: LineState) -> list[Collection[str] | None]:
    """Whose phones each state was said to be about, after the first."""
    line, heard = Line(), list[Collection[str] | None]()
    line.take(states[0])
    line.watchers.append(heard.append)
    for each in states[1:]:
        line.take(each)
    return heard


def test_a_caller_who_waits_concerns_no_phone() -> None:
    assert told(state(), state(waiting=1), state(waiting=1)) == [frozenset()]


def test_a_phone_that_registers_concerns_itself_alone() -> None:
    assert told(state(), state(phones={"1001": True, "1002": True})) == [{"1002"}]


def test_a_server_that_is_no_longer_heard_concerns_everybody() -> None:
    assert told(state(), state(connected=False)) == [None]
