"""The agents' presence: the pure machine, fed by the agents' choices and by calls.

Every process that needs it folds the same events of the journal, and so comes to the same. One of them leads: it
keeps wrap-ups in the database and tells the journal what followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.db import DATABASE_ERRORS, Database, told
from callcenter.events import Event
from callcenter.events.calls import CallAgentLeft, CallAnswered, CallEnded, CallRinging, CallRingStopped
from callcenter.events.people import PresenceChanged, PresenceChosen, Wish, WrapupEnded
from callcenter.queues import presence
from callcenter.queues.ports import Agents, Busy
from callcenter.queues.presence import Agent
from callcenter.queues.store import Kept, keep_choice, keep_wrapups, read_presence

log = structlog.get_logger(__name__)
OfPhone = CallRinging | CallRingStopped | CallAnswered | CallAgentLeft
EVENTS: tuple[type[Event], ...] = (
    CallRinging,
    CallRingStopped,
    CallAnswered,
    CallAgentLeft,
    CallEnded,
    PresenceChosen,
    WrapupEnded,
    PresenceChanged,
)
_RETRY_S = 1.0
_LATE = timedelta(seconds=2)
# User id and extension of the one whose presence changed.
Watcher = Callable[[str, str], None]


@dataclass
class PresenceBook:
    """`wrapup` tells how long a call of each queue is written up. `watchers` are told at once, and must not block.

    `position` is the place in the journal up to which `on_event` has heard.
    """

    db: Database
    clock: Clock
    agents: Agents
    leads: bool = True
    position: Callable[[], int] = lambda: 0
    wrapup: dict[str, timedelta] = field(default_factory=dict)
    watchers: list[Watcher] = field(default_factory=list)
    # Part of each transaction of the one who leads; raises when he does no longer.
    guard: Callable[[AsyncSession], Awaitable[None]] | None = None
    _known: dict[str, Agent] = field(default_factory=dict)
    _unsaved: dict[str, Agent] = field(default_factory=dict)
    _events: list[PresenceChanged] = field(default_factory=list)
    _told: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self, busy: Iterable[Busy]) -> None:
        """Take up what was kept, and the phones that are busy. What an earlier term has not kept is forgotten."""
        self._unsaved.clear()
        self._events.clear()
        async with self.db.read() as session:
            self._known = await read_presence(session)
        self._told = {user: (agent.state, agent.reason) for user, agent in self._known.items()}
        for phone in busy:
            if user := self.agents.get(phone.extension):
                agent = self.of(user)
                self._known[user] = (
                    presence.answered(agent, phone.call_id, phone.queue, phone.since)
                    if phone.talking
                    else presence.rang(agent, phone.call_id, phone.since)
                )

    def of(self, user_id: str) -> Agent:
        """A user's presence."""
        return self._known.get(user_id) or Agent("offline", self.clock())

    async def choose(self, user_id: str, extension: str, wish: Wish, reason: str | None) -> None:
        """The agent chose; kept when this returns."""
        now = self.clock()
        chosen = PresenceChosen(at=now, user_id=user_id, extension=extension, wish=wish, reason=reason)
        async with self.db.transaction() as work:
            await keep_choice(work.session, user_id, wish, reason, now)
            work.emit(chosen)
        await self._foretell(work.journalled())

    async def end_wrapup(self, user_id: str, extension: str) -> None:
        """The agent is done writing."""
        async with self.db.transaction() as work:
            await keep_wrapups(work.session, [Kept(user_id, None, self.clock())])
            work.emit(WrapupEnded(at=self.clock(), user_id=user_id, extension=extension))
        await self._foretell(work.journalled())

    async def _foretell(self, journalled: list[tuple[int, Event]]) -> None:
        """Show what was just chosen at once. It is heard again in its place, behind what came before it."""
        for seq, event in journalled:
            if seq > self.position():
                await self.on_event(event)

    async def on_event(self, event: Event) -> None:
        """What the journal says of calls and choices. A live subscriber: changes memory, the database soon."""
        match event:
            case CallEnded():
                self._forget(event)
            case PresenceChosen():
                chosen = presence.wished(self.of(event.user_id), event.wish, event.reason, event.at)
                self._move(event.user_id, event.extension, chosen)
            case WrapupEnded():
                self._move(event.user_id, event.extension, presence.wrapup_over(self.of(event.user_id), event.at))
            case PresenceChanged():
                self._hear_leader(event)
            case CallRinging() | CallRingStopped() | CallAnswered() | CallAgentLeft():
                if user := self.agents.get(event.extension):
                    self._move(user, event.extension, self._after(self.of(user), event))

    def _hear_leader(self, event: PresenceChanged) -> None:
        """For a process that started between what happened and the moment it was kept."""
        if not self.leads:
            agent = presence.as_told(self.of(event.user_id), event.state, event.wrapup_until, event.at)
            self._move(event.user_id, event.extension, agent)

    def _after(self, agent: Agent, event: OfPhone) -> Agent:
        match event:
            case CallRinging():
                return presence.rang(agent, event.call_id, event.at)
            case CallRingStopped():
                return presence.ring_stopped(agent, event.call_id, event.at)
            case CallAnswered():
                return presence.answered(agent, event.call_id, event.queue, event.at)
            case CallAgentLeft():
                return self._left(agent, event)

    def _left(self, agent: Agent, event: CallAgentLeft | CallEnded) -> Agent:
        """The end of a call that nobody heard is told when Asterisk is heard again, by all processes at about the same
        time; until when he writes is then what the one who leads says."""
        now = self.clock()
        told = now if now - event.at > _LATE else event.at
        return presence.left(agent, event.call_id, self.wrapup, event.at, told)

    def _forget(self, event: CallEnded) -> None:
        """Nobody is busy with a call that ended, whatever was missed."""
        for extension, user in list(self.agents.items()):
            agent = self.of(user)
            if event.call_id in agent.ringing or event.call_id in agent.talking:
                self._move(user, extension, self._left(agent, event))

    async def run(self) -> None:
        """Keep what changed, and end wrap-ups when their time has come, until cancelled."""
        while True:
            self._wake.clear()
            next_end = self.end_due()
            try:
                await self.save()
            except DATABASE_ERRORS as error:
                log.warning("presence_not_kept", reason=told(error))
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
        if self.leads:
            kept = (after.wrapup_until, after.since) == (before.wrapup_until, before.since)
            if not kept and after.state not in ("talking", "ringing"):
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
        until = after.wrapup_until if state == "wrapup" else None
        self._events.append(
            PresenceChanged(
                at=after.since, user_id=user_id, extension=extension, state=state, reason=reason, wrapup_until=until
            )
        )

    async def save(self) -> None:
        """Keep what waits; `run` does it soon."""
        unsaved, events = dict(self._unsaved), list(self._events)
        if not (unsaved or events):
            return
        async with self.db.transaction() as work:
            if self.guard:
                await self.guard(work.session)
            kept = (Kept(user_id, agent.wrapup_until, agent.since) for user_id, agent in unsaved.items())
            await keep_wrapups(work.session, kept)
            for event in events:
                work.emit(event)
        del self._events[: len(events)]
        for user_id, agent in unsaved.items():
            if self._unsaved.get(user_id) is agent:
                del self._unsaved[user_id]
