"""Tells apart what was heard and what only Asterisk's files tell: nothing is taken twice, nothing left out. Pure.

The files give the moment of a thing, the manager that of its being told, which is later.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.calls.ports import Message
from callcenter.calls.reading import text

# Under load they are so far apart.
MARGIN = timedelta(seconds=3)
# How long what was heard is remembered: the files are read from a margin before a gap.
REMEMBERED = 10 * MARGIN
# A queue's row gets the time of another row, which may be that much later.
_EARLIER = timedelta(seconds=0.1)
_BRIDGED = ("BridgeEnter", "BridgeLeave")
# What tells two messages of one name on one channel apart.
_TELLING = {
    "BridgeEnter": ("BridgeUniqueid",),
    "BridgeLeave": ("BridgeUniqueid",),
    "VarSet": ("Variable", "Value"),
    "Newstate": ("ChannelStateDesc",),
    "DialBegin": ("DestUniqueid",),
    "AgentConnect": ("DestUniqueid",),
    "QueueCallerJoin": ("Queue",),
    "QueueCallerLeave": ("Queue",),
    "QueueCallerAbandon": ("Queue",),
}
# Whose channel a message is about, where it does not say `Uniqueid`.
_WHOSE = {"BlindTransfer": "TransfererUniqueid", "AttendedTransfer": "OrigTransfererUniqueid"}
Key = tuple[str, ...]


def key(message: Message) -> Key:
    """The same for a thing that was heard and for its row in the files."""
    name = message.name
    return name, _channel(message), *(text(message, each) for each in _TELLING.get(name, ()))


def _channel(message: Message) -> str:
    return text(message, _WHOSE.get(message.name, "Uniqueid"))


@dataclass
class Heard:
    """What was heard of late."""

    _last: deque[tuple[datetime, Key]] = field(default_factory=deque)

    def note(self, at: datetime, message: Message) -> None:
        self._last.append((at, key(message)))
        while self._last[0][0] < at - REMEMBERED:
            self._last.popleft()

    def before(self, gap: datetime) -> Known:
        """What was heard before a gap began at that moment."""
        known = Known(gap + MARGIN)
        for at, each in sorted(self._last):
            if at >= gap - 2 * MARGIN:
                known.add(each, at)
        return known


@dataclass
class Known:
    """Things heard, each to be found once; asked in the order of time. `until`: what happened later was not heard."""

    until: datetime
    _times: dict[Key, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))

    def add(self, heard: Key, at: datetime) -> None:
        self._times[heard].append(at)

    def has(self, message: Message, at: datetime) -> bool:
        """Whether what happened at that moment was heard: then, or up to a margin later."""
        times = self._times.get(key(message))
        if not times or at > self.until:
            return False
        while times and times[0] < at - _EARLIER:
            times.popleft()
        if not times or times[0] > at + MARGIN:
            return False
        times.popleft()
        return True


@dataclass
class Overlap:
    """What the files told of the moments before `until`, when the link was there again: it may be heard once more."""

    until: datetime
    _told: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    _moves: dict[str, list[tuple[datetime, Key]]] = field(default_factory=lambda: defaultdict(list))

    def note(self, message: Message, at: datetime) -> None:
        """The files told it; in the order of time."""
        if at < self.until - MARGIN:
            return
        if message.name in _BRIDGED:
            self._moves[_channel(message)].append((at, key(message)))
        else:
            self._told[key(message)] += 1

    def again(self, message: Message, at: datetime) -> bool:
        """Whether a message that is heard was told by the files. Asterisk may say something late that it stamped before
        it told us its time; then the files may have it, or not yet."""
        if at < self.until - MARGIN:
            return True
        if at > self.until + MARGIN:
            return False
        if message.name in _BRIDGED:
            return self._moved(message, at)
        if self._told.get(key(message), 0) <= 0:
            return False
        self._told[key(message)] -= 1
        return True

    def _moved(self, message: Message, at: datetime) -> bool:
        """A channel comes and goes between the same bridges: with the first move that the files did not tell all that
        follow are news, too. The last that they told changes nothing when it is taken again, and is newer than what
        Asterisk shows."""
        moves, wanted = self._moves.pop(_channel(message), []), key(message)
        places = [place for place, (told, each) in enumerate(moves) if each == wanted and told <= at + _EARLIER]
        if not places:
            return False
        rest = self._moves[_channel(message)] = moves[places[-1] + 1 :]
        return bool(rest) or at <= self.until
