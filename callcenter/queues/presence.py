"""An agent's presence: what he wishes, what his phone does, and what follows from both. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from callcenter.events.people import PresenceState, Wish

WRAPUP = "wrapup"
TALKING = "talking"


@dataclass(frozen=True)
class Agent:
    """One agent. `talking` maps his calls to their queues (None: of no queue); `since` is when `state` began."""

    wish: Wish
    since: datetime
    reason: str | None = None
    wrapup_until: datetime | None = None
    ringing: frozenset[str] = frozenset()
    talking: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def state(self) -> PresenceState:
        """What others see."""
        if self.talking:
            return "talking"
        if self.ringing:
            return "ringing"
        if self.wrapup_until:
            return "wrapup"
        return self.wish


@dataclass(frozen=True)
class Membership:
    """How Asterisk should hold an agent in his queues."""

    member: bool
    paused: bool = False
    reason: str = ""


def membership(agent: Agent, *, elsewhere: bool = False) -> Membership:
    """Calls go to an agent who wishes them and is not writing up the last one. Asterisk itself sees a busy phone, but
    not that of another server: with several of them (`elsewhere`) one who talks is held as paused."""
    if agent.wish == "offline":
        return Membership(member=False)
    if agent.wish == "paused":
        return Membership(member=True, paused=True, reason=agent.reason or "")
    if elsewhere and agent.talking:
        return Membership(member=True, paused=True, reason=TALKING)
    writing = agent.wrapup_until is not None
    return Membership(member=True, paused=writing, reason=WRAPUP if writing else "")


def wished(agent: Agent, wish: Wish, reason: str | None, at: datetime) -> Agent:
    """The agent chose. It ends his wrap-up; a running call goes on."""
    return _since(agent, replace(agent, wish=wish, reason=reason, wrapup_until=None), at)


def rang(agent: Agent, call_id: str, at: datetime) -> Agent:
    """His phone rings. A call that he has already does not ring."""
    if call_id in agent.talking:
        return agent
    return _since(agent, replace(agent, ringing=agent.ringing | {call_id}), at)


def ring_stopped(agent: Agent, call_id: str, at: datetime) -> Agent:
    """It rings no more."""
    return _since(agent, replace(agent, ringing=agent.ringing - {call_id}), at)


def answered(agent: Agent, call_id: str, queue: str | None, at: datetime) -> Agent:
    """He has the call; a wrap-up is over with that."""
    talking = {**agent.talking, call_id: queue}
    after = replace(agent, ringing=agent.ringing - {call_id}, talking=talking, wrapup_until=None)
    return _since(agent, after, at)


def left(agent: Agent, call_id: str, wrapup: Mapping[str, timedelta], at: datetime, told: datetime) -> Agent:
    """His part in a call is over since `at`. A queue's call is written up, by one who is at work, from when he is
    `told`: on his screen it goes on until then."""
    if call_id not in agent.talking:
        return ring_stopped(agent, call_id, at)
    talking = {key: queue for key, queue in agent.talking.items() if key != call_id}
    length = wrapup.get(agent.talking[call_id] or "", timedelta(0))
    until = told + length if length and not talking and agent.wish != "offline" else agent.wrapup_until
    return _since(agent, replace(agent, talking=talking, wrapup_until=until), at)


def as_told(agent: Agent, state: PresenceState, until: datetime | None, at: datetime) -> Agent:
    """Another process says what he is since when, and until when he writes up; what his phone does is known here."""
    if state == "wrapup" and not agent.talking:
        agent = replace(agent, wrapup_until=until)
    return replace(agent, since=at) if agent.state == state else agent


def wrapup_over(agent: Agent, at: datetime) -> Agent:
    """The wrap-up ends: by time, or because the agent says so."""
    return _since(agent, replace(agent, wrapup_until=None), at)


def _since(before: Agent, after: Agent, at: datetime) -> Agent:
    same = before.state == after.state and before.reason == after.reason
    return after if same else replace(after, since=at)
