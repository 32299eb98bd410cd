"""What is known of one call, and what follows from it. Pure; `session` says what happens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Self

from callcenter.calls import talks
from callcenter.calls.bridges import Bridges
from callcenter.calls.ports import Agents
from callcenter.calls.reading import endpoint, is_machinery
from callcenter.calls.record import CallRecord, Hold, Leg, QueueEnd, Role, Talk
from callcenter.calls.rings import Rings
from callcenter.events.calls import Outcome, RingEnd

# Messages of one Asterisk come in the order of their time but for less than this.
_CLOCK_SET = timedelta(seconds=1)


class KnownCall:
    """A call's record, legs, talks, holds and bridges."""

    def __init__(self, record: CallRecord, agents: Agents) -> None:
        self.record = record
        self.legs: dict[str, Leg] = {}
        self.talks: tuple[Talk, ...] = ()
        self.holds: tuple[Hold, ...] = ()
        self.bridges = Bridges()
        self.left_by_caller = False
        self.called: dict[str, str] = {}  # by which number a leg was reached
        self._agents = agents
        self._classified = (record.menu_path, record.kind, record.language) if record.queued_at else ("", "", "")
        self._rings = Rings()
        self._has_it: set[str] = set()  # agents' legs of which CallAnswered was said
        self._heard: set[int | None] = set()
        self._absorbed: CallRecord | None = None
        self._number_missed = False
        self._latest = record.started_at

    @classmethod
    def restored(
        cls, record: CallRecord, legs: Iterable[Leg], talked: Iterable[Talk], agents: Agents, holds: Iterable[Hold] = ()
    ) -> Self:
        """The session of a call that the ledger left open."""
        session = cls(record, agents)
        session.legs = {leg.uniqueid: leg for leg in legs}
        session.talks, session.holds = tuple(talked), tuple(holds)
        first, heard = session.first(), {talk.uniqueid for talk in session.talks}
        for leg in session.legs.values():
            if not leg.alive or leg.extension is None:
                continue
            if leg.uniqueid in heard or (leg.answered_at and leg.uniqueid != first):
                session._has_it.add(leg.uniqueid)
            elif leg.ringing_at:
                session._rings.begin(leg.extension, leg.uniqueid)
        for talk in session.talks:
            if talk.ended_at is None:
                session.bridges.suppose(talk.uniqueid, session.far_id())
        return session

    @property
    def ended(self) -> bool:
        return self.record.outcome is not None

    def known(self) -> tuple[object, ...]:
        """All that is known of the call, to be compared with what was known before."""
        return self.record, dict(self.legs), self.talks, self.holds

    def moment(self, at: datetime) -> datetime:
        """Time does not run backwards in a call, whatever the clock does; but then not all is known of it."""
        if at < self._latest - _CLOCK_SET:
            self.change(gap=True)
        self._latest = max(at, self._latest)
        return self._latest

    def unheard(self, at: datetime) -> bool:
        """Up to that moment nobody heard what happened, but for what Asterisk's files tell: who has picked up may have
        held meanwhile, and the number that is called may have been said. Whether anything of that may be."""
        held = any(leg.alive and leg.answered_at and leg.answered_at <= at for leg in self.legs.values())
        unsaid = self.record.direction == "outbound" and not self.record.number
        self._number_missed |= unsaid
        self.change(holds_gap=self.record.holds_gap or held)
        return held or unsaid

    def settle(self) -> None:
        """The call is over, and what was not said will not be."""
        if self._number_missed and not self.record.number:
            self.change(gap=True)

    def alive(self) -> bool:
        """Some leg still is."""
        return any(leg.alive for leg in self.legs.values())

    def far(self) -> Leg | None:
        """The party with whom the agents talk: who called in, or was called outside. None in an internal call."""
        if self.record.direction == "outbound":
            outside = [leg for leg in self.legs.values() if leg.extension is None]
            return next((leg for leg in outside if leg.alive), outside[0] if outside else None)
        return next((leg for leg in self.legs.values() if leg.role == "caller"), None)

    def far_id(self) -> str | None:
        far = self.far()
        return far.uniqueid if far else None

    def change(self, **values: object) -> None:
        if any(getattr(self.record, key) != value for key, value in values.items()):
            self.record = replace(self.record, **values)  # type: ignore[arg-type]  # named as the fields are

    def open_leg(self, uniqueid: str, channel: str, at: datetime) -> None:
        self.bridges.name(uniqueid, channel)
        if uniqueid in self.legs or is_machinery(channel):
            return
        extension = endpoint(channel)
        known = extension in self._agents
        role: Role = "agent" if known else "other" if self.far() or self.record.direction != "inbound" else "caller"
        self.legs[uniqueid] = Leg(uniqueid, channel, role, extension if known else None, at)

    def why_cancelled(self, uniqueid: str) -> RingEnd:
        """Who made a phone stop: another one, picked up since it began to ring, the caller, or nobody."""
        mine = self.legs.get(uniqueid)
        others = (leg for leg in self.legs.values() if leg.extension and leg.uniqueid != uniqueid and leg.alive)
        if mine and any(leg.answered_at and leg.answered_at >= mine.started_at for leg in others):
            return "answered_elsewhere"
        return "abandoned" if self.left_by_caller else "no_answer"

    def reached(self, target: str, by: str) -> str:
        """The agent at a channel, or the number by which it was reached."""
        agent = next((leg.extension for leg in self.agents_legs(self.bridges.heard(target) - {by})), None)
        return agent or self.bridges.local(target) or self.called.get(target, "")

    def youngest(self, by: str) -> str:
        """The last leg that came, but for who handed on and the far party."""
        others = (leg.uniqueid for leg in reversed(self.legs.values()) if leg.alive)
        return next((uniqueid for uniqueid in others if uniqueid not in (by, self.far_id())), "")

    def decide(self, outcome: QueueEnd, at: datetime) -> None:
        """What became of the wait in the queue."""
        self.change(visits=talks.decided(self.record.visits, at, outcome))

    def outcome_now(self, far: Leg) -> Outcome:
        if self.record.answered_at:
            return "answered"
        if visits := self.record.visits:
            return "abandoned" if self.left_by_caller or visits[-1].outcome == "abandoned" else "failed"
        served = self.record.direction == "inbound" or not any(leg.extension for leg in self.legs.values())
        return "in_menu" if served and far.answered_at else "failed"

    def set_leg(self, uniqueid: str, **values: object) -> None:
        """Change what is known of a leg."""
        self.legs[uniqueid] = replace(self.legs[uniqueid], **values)  # type: ignore[arg-type]  # as above

    def first(self) -> str:
        """The leg that the call began with."""
        return next(iter(self.legs), "")

    def agents_legs(self, uniqueids: Iterable[str]) -> list[Leg]:
        """Those of agents among living legs, in the order in which they came."""
        wanted = set(uniqueids)
        return [leg for leg in self.legs.values() if leg.extension and leg.alive and leg.uniqueid in wanted]

    def holders(self, extension: str) -> list[Leg]:
        """The legs by which an agent has the call."""
        return [self.legs[uniqueid] for uniqueid in self._has_it if self.legs[uniqueid].extension == extension]

    def serves(self, leg: Leg, at: datetime) -> None:
        """The call is this agent's now."""
        agent = self._agents.get(leg.extension or "")
        self.change(answered_at=self.record.answered_at or at, extension=leg.extension, agent_id=agent)
