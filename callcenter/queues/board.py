"""Who waits in which queue, kept up to date by Asterisk's messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from callcenter.queues.ports import Message, QueueCaller


@dataclass
class WaitingBoard:
    """Queue → unique id of the caller's channel → since when he waits."""

    _waiting: dict[str, dict[str, datetime]] = field(default_factory=lambda: defaultdict(dict))
    _left: set[str] = field(default_factory=set)

    def feed(self, message: Message, now: datetime) -> bool:
        """Take in a message; whether it changed anything."""
        uniqueid = message.get("Uniqueid") or ""
        if message.name == "QueueCallerJoin":
            self._waiting[message.get("Queue") or ""][uniqueid] = _when(message, now)
            return True
        if message.name == "QueueCallerLeave":
            self._left.add(uniqueid)
            return self._waiting[message.get("Queue") or ""].pop(uniqueid, None) is not None
        return False

    def begin(self) -> None:
        """Asterisk is about to be asked: note who leaves meanwhile."""
        self._left.clear()

    def replace(self, callers: Iterable[QueueCaller], now: datetime) -> None:
        """What Asterisk answered."""
        self._waiting.clear()
        for caller in callers:
            if caller.uniqueid not in self._left:
                self._waiting[caller.queue][caller.uniqueid] = now - timedelta(seconds=caller.waited_s)

    def waiting(self) -> dict[str, dict[str, datetime]]:
        """Queue → unique id of the caller's channel → since when he waits."""
        return {queue: dict(callers) for queue, callers in self._waiting.items() if callers}

    def take(self, waiting: dict[str, dict[str, datetime]]) -> None:
        """What another process's board holds."""
        self._waiting.clear()
        self._waiting.update({queue: dict(callers) for queue, callers in waiting.items()})

    def count(self, queue: str) -> int:
        """How many wait."""
        return len(self._waiting.get(queue, ()))

    def longest_since(self, queue: str) -> datetime | None:
        """Since when the first of them waits."""
        return min(self._waiting.get(queue, {}).values(), default=None)


def _when(message: Message, now: datetime) -> datetime:
    stamp = message.get("Timestamp")
    try:
        return datetime.fromtimestamp(float(stamp), UTC) if stamp else now
    except (ValueError, OverflowError, OSError):
        return now
