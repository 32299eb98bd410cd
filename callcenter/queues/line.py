"""What Asterisk says of phones and queues at this moment, in the process that hears it and in those that are told."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel, RootModel

from callcenter.queues.board import WaitingBoard


class ServerState(BaseModel):
    """One Asterisk server. `phones`: extension → registered; `waiting`: queue → caller's channel → since when."""

    connected: bool
    phones: dict[str, bool]
    waiting: dict[str, dict[str, datetime]]


class LineState(RootModel[dict[str, ServerState]]):
    """For other processes: every server by its name."""


@dataclass
class ServerLine:
    """What one server says."""

    connected: bool = False
    phones: dict[str, bool] = field(default_factory=dict)
    board: WaitingBoard = field(default_factory=WaitingBoard)

    def state(self) -> ServerState:
        """All of it."""
        return ServerState(connected=self.connected, phones=self.phones, waiting=self.board.waiting())

    def take(self, state: ServerState) -> None:
        """What another process heard."""
        self.connected, self.phones = state.connected, dict(state.phones)
        self.board.take(state.waiting)


@dataclass
class Line:
    """All servers together: a phone counts as registered when it is at one of them. `watchers` are told of any change,
    and whose phones it is about (None: everybody's); at once, and must not block."""

    servers: dict[str, ServerLine] = field(default_factory=dict)
    watchers: list[Callable[[Collection[str] | None], None]] = field(default_factory=list)

    def of(self, server: str) -> ServerLine:
        """One server's; from its first mention on it counts as one that should be heard."""
        line = self.servers.get(server)  # asked for every message: nothing is made for those that are known
        if line is None:
            line = self.servers[server] = ServerLine()
        return line

    @property
    def connected(self) -> bool:
        """Every server is heard."""
        return bool(self.servers) and all(server.connected for server in self.servers.values())

    def registered(self, extension: str) -> bool:
        """Whether calls can reach the phone."""
        return any(server.phones.get(extension, False) for server in self.servers.values())

    def waiting(self, queue: str) -> int:
        """How many callers wait in a queue."""
        return sum(server.board.count(queue) for server in self.servers.values())

    def longest_since(self, queue: str) -> datetime | None:
        """Since when the first of them waits."""
        firsts = (server.board.longest_since(queue) for server in self.servers.values())
        return min((first for first in firsts if first), default=None)

    def state(self) -> LineState:
        """All of it."""
        return LineState({name: server.state() for name, server in self.servers.items()})

    def take(self, state: LineState) -> None:
        """Another process says what it heard."""
        if state == self.state():
            return
        connected, phones = self.connected, self._registered()
        for gone in self.servers.keys() - state.root.keys():
            del self.servers[gone]
        for name, server in state.root.items():
            self.of(name).take(server)
        # A caller who waits or leaves changes no agent: with five hundred of them that would be felt.
        self.changed(phones ^ self._registered() if connected == self.connected else None)

    def lost(self, *names: str) -> None:
        """Nobody hears these servers for a while; without names: any of them."""
        heard = [self.of(name) for name in names or self.servers if self.of(name).connected]
        for server in heard:
            server.connected = False
        if heard:
            self.changed()

    def changed(self, extensions: Collection[str] | None = None) -> None:
        """Tell the watchers."""
        for watcher in self.watchers:
            watcher(extensions)

    def _registered(self) -> frozenset[str]:
        return frozenset(phone for server in self.servers.values() for phone, here in server.phones.items() if here)
