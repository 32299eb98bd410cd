"""The queues as others use them: agents' wishes, who serves what, live figures, and the link to Asterisk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import get_args

from sqlalchemy import select

from callcenter import metrics
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.events.people import PresenceState, StaffChanged
from callcenter.queues.line import Line
from callcenter.queues.model import QueueRow
from callcenter.queues.pbx import registered
from callcenter.queues.ports import PHONE, Agents, BusyAgents, Message, PbxControl
from callcenter.queues.presence import Agent, membership
from callcenter.queues.presence_book import PresenceBook
from callcenter.queues.shapes import PresenceView, QueueLive
from callcenter.queues.store import NewQueue, QueuePlan, keep_first_queues, keep_queue, keep_served, read_plan
from callcenter.queues.sync import QueueSync, Target


@dataclass
class Queues:
    """`load` first. Watchers are called at once, on the event loop, and must not block.

    One process `leads`: it hears Asterisk and tells it what to do. The others know the same from the journal and
    from what is put into `line`. `position` is the place in the journal up to which `presence` has heard.
    """

    db: Database
    clock: Clock
    agents: Agents
    busy: BusyAgents
    leads: bool = True
    position: Callable[[], int] = lambda: 0
    line: Line = field(default_factory=Line)
    _plan: QueuePlan = field(default_factory=lambda: QueuePlan((), {}))
    _serving: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    _queue_watchers: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.presence = PresenceBook(self.db, self.clock, self.agents, self.leads, self.position)
        self._syncs: dict[str, QueueSync] = {}
        self.presence.watchers.append(self._presence_changed)
        self.line.watchers.append(self._phones_changed)

    async def load(self) -> None:
        """Take up what is kept: queues, who serves them, presence, busy phones."""
        if self.leads:
            async with self.db.transaction() as work:
                if await keep_first_queues(work.session):
                    work.emit(StaffChanged(at=self.clock()))
        await self.refresh()
        await self.presence.load(await self.busy())
        for state in get_args(PresenceState):
            metrics.AGENTS.labels(state).set_function(partial(self._count, state))
        self._phones_changed()

    def watch_presence(self, watcher: Callable[[str, str], None]) -> None:
        """Have `watcher(user_id, extension)` called whenever an agent's presence or phone changes."""
        self.presence.watchers.append(watcher)

    def watch_queues(self, watcher: Callable[[], None]) -> None:
        """Have `watcher()` called whenever `live()` would answer otherwise."""
        self._queue_watchers.append(watcher)

    def view(self, user_id: str, extension: str | None) -> PresenceView:
        """A user's presence, for screens."""
        agent = self.presence.of(user_id)
        return PresenceView(
            state=agent.state,
            wish=agent.wish,
            reason=agent.reason if agent.state == "paused" else None,
            since=agent.since,
            queues=list(self._plan.served.get(user_id, ())),
            phone_registered=self.line.registered(extension or ""),
            wrapup_until=agent.wrapup_until,
            pbx_connected=self.line.connected,
        )

    def live(self) -> list[QueueLive]:
        """Every queue's figures at this moment."""
        return [self._live(queue) for queue in self._plan.queues]

    async def keep_queue(self, queue: NewQueue) -> None:
        """Make a queue, or give it new particulars."""
        async with self.db.transaction() as work:
            await keep_queue(work.session, queue)
            work.emit(StaffChanged(at=self.clock()))
        await self.refresh()

    async def serve(self, user_id: str, queues: Iterable[str]) -> None:
        """Have a user serve these queues and no others."""
        queues = list(queues)
        async with self.db.transaction() as work:
            known = set(await work.session.scalars(select(QueueRow.name)))
            for name in queues:
                if name not in known:
                    raise Problem("queue_unknown", field="queues", value=name, queues=", ".join(sorted(known)))
            await keep_served(work.session, user_id, queues)
            work.emit(StaffChanged(at=self.clock()))
        await self.refresh()

    async def leave(self, user_id: str) -> None:
        """A user is no longer at his desk: no more calls for him until he says so himself."""
        extension = next((phone for phone, user in self.agents.items() if user == user_id), None)
        if extension is not None and self.presence.of(user_id).wish != "offline":
            await self.presence.choose(user_id, extension, "offline", None)

    def sync(self, server: str) -> QueueSync:
        """What keeps the queues of one Asterisk server as the agents wish."""
        self.line.of(server)
        return self._syncs.setdefault(server, QueueSync(self._target, self.agents.keys))

    def feed(self, server: str, message: Message) -> None:
        """Take a message, at once and in order. For the AMI client's `on_message`."""
        if message.name == "DeviceStateChange":
            self._device(server, message.get("Device") or "", message.get("State") or "")
        elif self.line.of(server).board.feed(message, self.clock()):
            self._queues_changed()

    async def on_connected(self, server: str, pbx: PbxControl) -> None:
        """A server is there (again): take in what it holds and bring it to what the agents wish."""
        line = self.line.of(server)
        line.board.begin()
        snapshot = await pbx.queues()
        line.board.replace(snapshot.callers, self.clock())
        line.phones = dict(await pbx.phones())
        await self.sync(server).on_connected(pbx, snapshot.members)
        line.connected = True
        self.line.changed()

    def on_lost(self, server: str) -> None:
        """A server is gone for a while. Wishes are kept."""
        self.sync(server).on_lost()
        self.line.lost(server)

    async def refresh(self) -> None:
        """Read again which queues there are and who serves them: a command may have changed it."""
        async with self.db.read() as session:
            self._plan = await read_plan(session)
        self.presence.wrapup = self._plan.wrapup
        self._serving = self._who_serves()
        self._phones_changed()

    def _target(self, extension: str) -> Target:
        user = self.agents.get(extension, "")
        how = membership(self.presence.of(user), elsewhere=len(self._syncs) > 1)
        return Target(how, self._plan.served.get(user, ()))

    def _device(self, server: str, device: str, state: str) -> None:
        extension, phones = device.removeprefix(PHONE), self.line.of(server).phones
        if not device.startswith(PHONE) or phones.get(extension) == registered(state):
            return
        phones[extension] = registered(state)
        if user := self.agents.get(extension):
            for watcher in self.presence.watchers:
                watcher(user, extension)

    def _presence_changed(self, _user_id: str, extension: str) -> None:
        for sync in self._syncs.values():
            sync.changed(extension)
        self._tell_watchers()

    def _queues_changed(self) -> None:
        waiting = {queue.name: self.line.waiting(queue.name) for queue in self._plan.queues}
        metrics.show(metrics.CALLERS_WAITING, waiting)
        self._tell_watchers()

    def _tell_watchers(self) -> None:
        for watcher in self._queue_watchers:
            watcher()

    def _phones_changed(self, extensions: Collection[str] | None = None) -> None:
        """What is known of these phones is another; None: of all."""
        for extension in list(self.agents) if extensions is None else extensions:
            if user := self.agents.get(extension):
                for watcher in self.presence.watchers:
                    watcher(user, extension)
        self._queues_changed()

    def _count(self, state: PresenceState) -> int:
        return sum(self.presence.of(user).state == state for user in self.agents.values())

    def _who_serves(self) -> dict[str, list[tuple[str, str]]]:
        """Queue → extensions and users."""
        found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for extension, user in self.agents.items():
            for name in self._plan.served.get(user, ()):
                found[name].append((extension, user))
        return found

    def _live(self, queue: QueueRow) -> QueueLive:
        name = queue.name
        serving = [(extension, self.presence.of(user)) for extension, user in self._serving.get(name, ())]
        since = self.line.longest_since(name)
        return QueueLive(
            name=name,
            label_zh=queue.label_zh,
            label_en=queue.label_en,
            waiting=self.line.waiting(name),
            longest_wait_s=max(0, int((self.clock() - since).total_seconds())) if since else 0,
            longest_since=since,
            ready=sum(self._may_take(agent, extension) for extension, agent in serving),
            talking=sum(agent.state in ("ringing", "talking") for _, agent in serving),
            paused=sum(agent.state in ("paused", "wrapup") for _, agent in serving),
        )

    def _may_take(self, agent: Agent, extension: str) -> bool:
        return agent.state == "ready" and self.line.registered(extension)
