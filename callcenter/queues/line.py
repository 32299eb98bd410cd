"""What Asterisk says of phones and queues at this moment, in the process that hears it and in those that are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel

from callcenter.queues.board import WaitingBoard


class LineState(BaseModel):
    """For other processes. `phones`: extension → registered; `waiting`: queue → caller's channel → since when."""

    connected: bool
    phones: dict[str, bool]
    waiting: dict[str, dict[str, datetime]]


@dataclass
class Line:
    """`phone_watchers` are told the extension, `watchers` of anything else; at once, and must not block."""

    connected: bool = False
    phones: dict[str, bool] = field(default_factory=dict)
    board: WaitingBoard = field(default_factory=WaitingBoard)
    watchers: list[Callable[[], None]] = field(default_factory=list)

    def state(self) -> LineState:
        """All of it."""
        return LineState(connected=self.connected, phones=self.phones, waiting=self.board.waiting())

    def take(self, state: LineState) -> None:
        """Another process says what it heard."""
        if state != self.state():
            self.connected, self.phones = state.connected, dict(state.phones)
            self.board.take(state.waiting)
            self.changed()

    def lost(self) -> None:
        """Nobody hears Asterisk for a while."""
        if self.connected:
            self.connected = False
            self.changed()

    def changed(self) -> None:
        """Tell the watchers."""
        for watcher in self.watchers:
            watcher()
