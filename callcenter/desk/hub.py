"""The desk sockets: who is connected, and what waits to be sent to each. Nobody waits for a slow one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
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
# What is told to every tab but urgent to none: to so many, then a breath.
_AT_ONCE, _BREATH_S = 20, 0.02
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
    _by_user: dict[str, set[Connection]] = field(default_factory=lambda: defaultdict(set))
    _by_extension: dict[str, set[Connection]] = field(default_factory=lambda: defaultdict(set))
    _watchers: list[Callable[[], None]] = field(default_factory=list)
    _opened: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def watch(self, watcher: Callable[[], None]) -> None:
        """Have `watcher()` called, at once, whenever a tab has come or gone."""
        self._watchers.append(watcher)

    def join(self, identity: Identity, snapshot: Snapshot, backlog: int = BACKLOG) -> Connection:
        """A new tab. It gets the snapshot, which must be of this very moment, and every message from now on."""
        connection = Connection(identity, backlog)
        connection.offer(snapshot.model_dump_json())
        self._all.add(connection)
        self._by_user[identity.user_id].add(connection)
        if identity.extension:
            self._by_extension[identity.extension].add(connection)
        self._changed()
        return connection

    def leave(self, connection: Connection) -> None:
        """The tab is gone."""
        self._all.discard(connection)
        who = connection.identity
        for index, key in ((self._by_user, who.user_id), (self._by_extension, who.extension or "")):
            index[key].discard(connection)
            if not index[key]:
                del index[key]
        self._changed()

    def sign_out(self, user_id: str, session: str | None) -> None:
        """A session is over (None: all of the user's): its tabs get nothing more from this moment."""
        for connection in list(self._by_user.get(user_id, ())):
            if session in (None, connection.identity.session):
                self.leave(connection)
                connection.end(SIGNED_OUT)

    def send_away(self) -> None:
        """Have every tab connect again, to a process that goes on."""
        for connection in self._all:
            connection.end(WSCloseCode.SERVICE_RESTART)

    def send_pops(self, messages: Iterable[tuple[str, PopMessage]]) -> None:
        """Each message to the tabs of its extension."""
        packed = _Packed()
        for extension, message in messages:
            if tabs := self._by_extension.get(extension):
                _send(tabs, packed.text(message))
                if isinstance(message, PopOpened):
                    self._note_opened(message.pop.call_id, extension)
                    metrics.POPS_OPENED.inc()
                    metrics.POP_DELAY.observe(metrics.age_s(message.pop.ringing_at))

    def send_to_user(self, user_id: str, message: BaseModel) -> None:
        """A message to the tabs of one user."""
        if tabs := self._by_user.get(user_id):
            _send(tabs, message.model_dump_json())

    def send_to_all(self, message: BaseModel) -> None:
        """A message to every tab."""
        if self._all:
            _send(self._all, message.model_dump_json())

    async def spread(self, message: BaseModel) -> None:
        """A message to every tab, a few at a time: nobody's pop waits behind it."""
        text, tabs = message.model_dump_json(), list(self._all)
        for some in range(0, len(tabs), _AT_ONCE):
            _send(tabs[some : some + _AT_ONCE], text)
            await asyncio.sleep(_BREATH_S)

    def users(self) -> set[str]:
        """Who has a tab open."""
        return set(self._by_user)

    def anybody(self) -> bool:
        """Whether any tab is open."""
        return bool(self._all)

    def at_phone(self, extension: str) -> bool:
        """Whether anybody looks at the screen that belongs to a phone."""
        return extension in self._by_extension

    def has_user(self, user_id: str) -> bool:
        """Whether a user has a tab open."""
        return user_id in self._by_user

    def _note_opened(self, call_id: str, extension: str) -> None:
        """For the log, where all phones of a call that ring at once are one line, written when they have their pops."""
        if not self._opened:
            asyncio.get_running_loop().call_soon(self._log_opened)
        self._opened[call_id].append(extension)

    def _log_opened(self) -> None:
        for call_id, extensions in self._opened.items():
            log.info("pop_opened", call_id=call_id, extensions=extensions)
        self._opened.clear()

    def _changed(self) -> None:
        metrics.DESK_SOCKETS.set(len(self._all))
        for watcher in self._watchers:
            watcher()


@dataclass
class _Packed:
    """Messages as text. One that goes to many is packed once."""

    _last: BaseModel | None = None
    _text: str = ""

    def text(self, message: BaseModel) -> str:
        if message is not self._last:
            self._last, self._text = message, message.model_dump_json()
        return self._text


def _send(connections: Collection[Connection], text: str) -> None:
    metrics.DESK_MESSAGES.inc(len(connections))
    for connection in connections:
        connection.offer(text)
