"""The desk sockets: who is connected, and what waits to be sent to each. Nobody waits for a slow one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog
from aiohttp import WSCloseCode
from pydantic import BaseModel

from callcenter import metrics
from callcenter.desk.protocol import PopMessage, PopOpened, Snapshot
from callcenter.web.identity import Identity

log = structlog.get_logger(__name__)
# Enough for a storm of calls while a browser tab sleeps; a longer list is cheaper to fetch anew.
BACKLOG = 256
# Of the codes that an application may choose: the session is over, sign in again.
SIGNED_OUT = 4401


@dataclass(eq=False)
class Connection:
    """One browser tab."""

    identity: Identity
    backlog: int = BACKLOG
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    code: int = WSCloseCode.OK
    _queue: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def offer(self, text: str) -> None:
        """Have a message sent in its turn. A client too far behind gets no more: it must connect again."""
        if self._queue.qsize() < self.backlog:
            self._queue.put_nowait(text)
        elif not self.ended.is_set():
            metrics.DESKS_SENT_AWAY.inc()
            self.end(WSCloseCode.TRY_AGAIN_LATER)

    def end(self, code: int) -> None:
        """Have the tab sent away; the first reason counts."""
        if not self.ended.is_set():
            self.code = code
            self.ended.set()

    async def next(self) -> str:
        """The next message to send."""
        return await self._queue.get()


@dataclass
class Hub:
    """Every connected tab, by user and by extension."""

    _all: set[Connection] = field(default_factory=set)
    _watchers: list[Callable[[], None]] = field(default_factory=list)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher()` called, at once, whenever a tab has come or gone."""
        self._watchers.append(watcher)

    def join(self, identity: Identity, snapshot: Snapshot, backlog: int = BACKLOG) -> Connection:
        """A new tab. It gets the snapshot, which must be of this very moment, and every message from now on."""
        connection = Connection(identity, backlog)
        connection.offer(snapshot.model_dump_json())
        self._all.add(connection)
        self._changed()
        return connection

    def leave(self, connection: Connection) -> None:
        """The tab is gone."""
        self._all.discard(connection)
        self._changed()

    def sign_out(self, user_id: str, session: str | None) -> None:
        """A session is over (None: all of the user's): its tabs get nothing more from this moment."""
        for connection in [each for each in self._all if each.identity.user_id == user_id]:
            if session in (None, connection.identity.session):
                self.leave(connection)
                connection.end(SIGNED_OUT)

    def send_away(self) -> None:
        """Have every tab connect again, to a process that goes on."""
        for connection in self._all:
            connection.end(WSCloseCode.SERVICE_RESTART)

    def send_pops(self, messages: Iterable[tuple[str, PopMessage]]) -> None:
        """Each message to the tabs of its extension."""
        for extension, message in messages:
            tabs = [each for each in self._all if each.identity.extension == extension]
            _send(tabs, message)
            if tabs and isinstance(message, PopOpened):
                log.info("pop_opened", call_id=message.pop.call_id, extension=extension, tabs=len(tabs))
                metrics.POPS_OPENED.inc()
                metrics.POP_DELAY.observe(metrics.age_s(message.pop.ringing_at))

    def send_to_user(self, user_id: str, message: BaseModel) -> None:
        """A message to the tabs of one user."""
        _send([each for each in self._all if each.identity.user_id == user_id], message)

    def send_to_all(self, message: BaseModel) -> None:
        """A message to every tab."""
        _send(list(self._all), message)

    def users(self) -> set[str]:
        """Who has a tab open."""
        return {each.identity.user_id for each in self._all}

    def at_phone(self, extension: str) -> bool:
        """Whether anybody looks at the screen that belongs to a phone."""
        return any(each.identity.extension == extension for each in self._all)

    def _changed(self) -> None:
        metrics.DESK_SOCKETS.set(len(self._all))
        for watcher in self._watchers:
            watcher()

    def has_user(self, user_id: str) -> bool:
        """Whether a user has a tab open."""
        return any(each.identity.user_id == user_id for each in self._all)


def _send(connections: list[Connection], message: BaseModel) -> None:
    if connections:
        text = message.model_dump_json()
        metrics.DESK_MESSAGES.inc(len(connections))
        for connection in connections:
            connection.offer(text)
