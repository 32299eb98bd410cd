"""An agent's presence as a table: what happens, and what others see afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.queues import presence
from callcenter.queues.presence import Agent, Membership, membership

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
WRAPUP = {"complaint": timedelta(seconds=15)}

READY, PAUSED = Membership(member=True), Membership(member=True, paused=True, reason="meal")
WRITING, GONE = Membership(member=True, paused=True, reason="wrapup"), Membership(member=False)

TABLES: dict[str, list[tuple[str, str, Membership]]] = {
    "a queue's call": [
        ("ready", "ready", READY),
        ("ring c1", "ringing", READY),
        ("answer c1 complaint", "talking", READY),
        ("leave c1", "wrapup", WRITING),
        ("over", "ready", READY),
    ],
    "a ring that another takes": [
        ("ready", "ready", READY),
        ("ring c1", "ringing", READY),
        ("stop c1", "ready", READY),
        ("stop c1", "ready", READY),
    ],
    "a call of no queue is not written up": [
        ("ready", "ready", READY),
        ("answer c1", "talking", READY),
        ("leave c1", "ready", READY),
    ],
    "a pause chosen in mid-call holds after it": [
        ("ready", "ready", READY),
        ("answer c1 complaint", "talking", READY),
        ("pause meal", "talking", PAUSED),
        ("leave c1", "wrapup", PAUSED),
        ("over", "paused", PAUSED),
    ],
    "going home in mid-call": [
        ("ready", "ready", READY),
        ("answer c1 complaint", "talking", READY),
        ("offline", "talking", GONE),
        ("leave c1", "offline", GONE),
    ],
    "ready ends the wrap-up": [
        ("ready", "ready", READY),
        ("answer c1 complaint", "talking", READY),
        ("leave c1", "wrapup", WRITING),
        ("ready", "ready", READY),
    ],
    "two calls on one phone": [
        ("ready", "ready", READY),
        ("answer c1 complaint", "talking", READY),
        ("ring c2", "talking", READY),
        ("answer c2", "talking", READY),
        ("leave c1", "talking", READY),
        ("leave c2", "ready", READY),
    ],
    "the end comes without the answer": [
        ("ready", "ready", READY),
        ("ring c1", "ringing", READY),
        ("leave c1", "ready", READY),
    ],
}


def step(agent: Agent, what: str, at: datetime) -> Agent:
    verb, *rest = what.split()
    match verb:
        case "ready":
            return presence.wished(agent, "ready", None, at)
        case "offline":
            return presence.wished(agent, "offline", None, at)
        case "pause":
            return presence.wished(agent, "paused", rest[0], at)
        case "ring":
            return presence.rang(agent, rest[0], at)
        case "stop":
            return presence.ring_stopped(agent, rest[0], at)
        case "answer":
            return presence.answered(agent, rest[0], rest[1] if rest[1:] else None, at)
        case "leave":
            return presence.left(agent, rest[0], WRAPUP, at, at)
        case "over":
            return presence.wrapup_over(agent, at)
    raise AssertionError(what)


@pytest.mark.parametrize("name", TABLES)
def test_presence(name: str) -> None:
    agent = Agent("offline", NOON)
    for second, (what, state, held) in enumerate(TABLES[name]):
        agent = step(agent, what, NOON + timedelta(seconds=second))
        assert (agent.state, membership(agent)) == (state, held), what


def test_since_is_the_beginning_of_the_visible_state() -> None:
    agent = step(Agent("offline", NOON), "ready", NOON)
    agent = step(agent, "answer c1 complaint", NOON + timedelta(seconds=5))
    agent = step(agent, "pause meal", NOON + timedelta(seconds=9))
    assert agent.state == "talking"
    agent = step(agent, "leave c1", NOON + timedelta(seconds=20))
    assert agent.since == NOON + timedelta(seconds=20)
    assert agent.wrapup_until == NOON + timedelta(seconds=35)
