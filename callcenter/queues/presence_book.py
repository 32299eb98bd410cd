"""The agents' presence: the pure machine, fed by the agents' choices and by calls; kept in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.events import Event
from callcenter.events.calls import CallAgentLeft, CallAnswered, CallEnded, CallRinging, CallRingStopped
from callcenter.events.people import PresenceChanged
from callcenter.queues import presence
from callcenter.queues.ports import Agents, Busy
from callcenter.queues.presence import Agent, Wish
from callcenter.queues.store import keep_presence, read_presence

log = structlog.get_logger(__name__)
OfPhone = CallRinging | CallRingStopped | CallAnswered | CallAgentLeft
CALL_EVENTS = (CallRinging, CallRingStopped, CallAnswered, CallAgentLeft, CallEnded)
_RETRY_S = 1.0
# User id and extension of the one whose presence changed.
Watcher = Callable[[str, str], None]


@dataclass
class PresenceBook:
    """`wrapup` tells how long a call of each queue is written up. `watchers` are told at once, and must not block."""

    db: Database
    clock: Clock
    agents: Agents
    wrapup: dict[str, timedelta] = field(default_factory=dict)
    watchers: list[Watcher] = field(default_factory=list)
    _known: dict[str, Agent] = field(default_factory=dict)
    _unsaved: dict[str, Agent] = field(default_factory=dict)
    _events: list[PresenceChanged] = field(default_factory=list)
    _told: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self, busy: Iterable[Busy]) -> None:
        """Take up what was kept, and the phones that are busy."""
        async with self.db.read() as session:
            self._known = await read_presence(session)
        self._told = {user: (agent.state, agent.reason) for user, agent in self._known.items()}
        for phone in busy:
            if user := self.agents.get(phone.extension):
                agent, now = self.of(user), self.clock()
                self._known[user] = (
                    presence.answered(agent, phone.call_id, phone.queue, now)
                    if phone.talking
                    else presence.rang(agent, phone.call_id, now)
                )

    def of(self, user_id: str) -> Agent:
        """A user's presence."""
        return self._known.get(user_id) or Agent("offline", self.clock())

    async def choose(self, user_id: str, extension: str, wish: Wish, reason: str | None) -> None:
        """The agent chose; kept when this returns."""
        self._move(user_id, extension, presence.wished(self.of(user_id), wish, reason, self.clock()))
        await self._save()

    async def end_wrapup(self, user_id: str, extension: str) -> None:
        """The agent is done writing."""
        self._move(user_id, extension, presence.wrapup_over(self.of(user_id), self.clock()))
        await self._save()

    async def on_call(self, event: Event) -> None:
        """What a call does to the agents. A live subscriber: changes memory at once, the database soon."""
        if isinstance(event, CallEnded):
            self._forget(event)
        elif isinstance(event, OfPhone) and (user := self.agents.get(event.extension)):
            self._move(user, event.extension, self._after(self.of(user), event))

    def _after(self, agent: Agent, event: OfPhone) -> Agent:
        match event:
            case CallRinging():
                return presence.rang(agent, event.call_id, event.at)
            case CallRingStopped():
                return presence.ring_stopped(agent, event.call_id, event.at)
            case CallAnswered():
                return presence.answered(agent, event.call_id, event.queue, event.at)
            case CallAgentLeft():
                return presence.left(agent, event.call_id, self.wrapup, event.at)

    def _forget(self, event: CallEnded) -> None:
        """Nobody is busy with a call that ended, whatever was missed."""
        for extension, user in list(self.agents.items()):
            agent = self.of(user)
            if event.call_id in agent.ringing or event.call_id in agent.talking:
                self._move(user, extension, presence.left(agent, event.call_id, self.wrapup, event.at))

    async def run(self) -> None:
        """Keep what changed, and end wrap-ups when their time has come, until cancelled."""
        while True:
            self._wake.clear()
            next_end = self.end_due()
            try:
                await self._save()
            except (SQLAlchemyError, OSError):
                log.exception("presence_not_kept")
                await asyncio.sleep(_RETRY_S)
                continue
            try:
                async with asyncio.timeout(next_end):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def end_due(self) -> float | None:
        """End the wrap-ups whose time has come; seconds until the next, None when there is none."""
        now = self.clock()
        ends = [end for extension, user in list(self.agents.items()) if (end := self._end(user, extension, now))]
        return min(((end - now).total_seconds() for end in ends), default=None)

    def _end(self, user: str, extension: str, now: datetime) -> datetime | None:
        until = self.of(user).wrapup_until
        if until and until <= now:
            self._move(user, extension, presence.wrapup_over(self.of(user), now))
            return None
        return until

    def _move(self, user_id: str, extension: str, after: Agent) -> None:
        before = self.of(user_id)
        if after == before and user_id in self._known:
            return
        self._known[user_id] = after
        kept = (after.wish, after.reason, after.wrapup_until)
        if kept != (before.wish, before.reason, before.wrapup_until):
            self._unsaved[user_id] = after
        self._note(user_id, extension, after)
        self._wake.set()
        for watcher in self.watchers:
            watcher(user_id, extension)

    def _note(self, user_id: str, extension: str, after: Agent) -> None:
        """For the journal. Ringing is left out: the calls' own events tell it, and fifty phones may ring at once."""
        state, reason = after.state, after.reason if after.state == "paused" else None
        if state == "ringing" or self._told.get(user_id) == (state, reason):
            return
        self._told[user_id] = (state, reason)
        self._events.append(
            PresenceChanged(at=after.since, user_id=user_id, extension=extension, state=state, reason=reason)
        )

    async def _save(self) -> None:
        async with self._saving:
            unsaved, events = dict(self._unsaved), list(self._events)
            if not (unsaved or events):
                return
            async with self.db.transaction() as work:
                for user_id, agent in unsaved.items():
                    await keep_presence(work.session, user_id, agent)
                for event in events:
                    work.emit(event)
            del self._events[: len(events)]
            for user_id, agent in unsaved.items():
                if self._unsaved.get(user_id) is agent:
                    del self._unsaved[user_id]
