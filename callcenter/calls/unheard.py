"""What Asterisk's files tell of a time in which it was not heard, without what was heard all the same."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from callcenter.asterisk.files import cel, queue_log
from callcenter.calls.evidence import Told, messages
from callcenter.calls.ports import Message

log = structlog.get_logger(__name__)
# The files give the moment of a thing, the manager that of its being told: under load they are so far apart.
MARGIN = timedelta(seconds=3)
# How long what was heard is remembered: the files are read from a margin before a gap.
REMEMBERED = 10 * MARGIN
# What tells two messages of one name on one channel apart.
_TELLING = {
    "BridgeEnter": "BridgeUniqueid",
    "BridgeLeave": "BridgeUniqueid",
    "VarSet": "Variable",
    "Newstate": "ChannelStateDesc",
    "DialBegin": "DestUniqueid",
    "AgentConnect": "DestUniqueid",
    "QueueCallerJoin": "Queue",
    "QueueCallerLeave": "Queue",
    "QueueCallerAbandon": "Queue",
}
# Whose channel a message is about, where it does not say `Uniqueid`.
_WHOSE = {"BlindTransfer": "TransfererUniqueid", "AttendedTransfer": "OrigTransfererUniqueid"}
Key = tuple[str, str, str]


def key(message: Message) -> Key:
    """The same for a thing that was heard and for its row in the files."""
    name = message.name
    telling = _TELLING.get(name)
    return name, message.get(_WHOSE.get(name, "Uniqueid")) or "", (message.get(telling) or "") if telling else ""


@dataclass(frozen=True)
class Unheard:
    """`told` in order; `boots` when Asterisk began anew, in whole seconds."""

    told: Sequence[Told]
    boots: Sequence[datetime]


@dataclass(frozen=True)
class CallFiles:
    """The folder of one server's CEL and queue_log; None: they cannot be read here."""

    folder: Path | None = None

    async def unheard(self, since: datetime, until: datetime) -> Unheard | None:
        """What they tell of a time. None when they tell nothing, because they are not there."""
        if self.folder is None or not (self.folder / cel.FILE).is_file():
            return None
        try:
            return await asyncio.to_thread(self._read, self.folder, since, until)
        except OSError as error:
            log.error("call_files_unreadable", folder=str(self.folder), reason=str(error))
            return None

    @staticmethod
    def _read(folder: Path, since: datetime, until: datetime) -> Unheard:
        queues = list(queue_log.read(folder, since, until))
        boots = [row.at for row in queues if row.event == queue_log.STARTED]
        return Unheard(messages(cel.read(folder, since, until), queues), boots)


@dataclass
class Heard:
    """What was heard of late, so that nothing is told twice."""

    _last: deque[tuple[datetime, Key]] = field(default_factory=deque)

    def note(self, at: datetime, message: Message) -> None:
        self._last.append((at, key(message)))
        while self._last[0][0] < at - REMEMBERED:
            self._last.popleft()

    def left_of(self, told: Iterable[Told], began: datetime) -> list[Told]:
        """Without what was heard before the gap began. What was not is told as of then at the earliest: the manager
        would have told it later than that."""
        known = Counter(each for at, each in self._last if at >= began - 2 * MARGIN)
        left = []
        for message in told:
            if message.at <= began + MARGIN and known[key(message)] > 0:
                known[key(message)] -= 1
            else:
                left.append(replace(message, at=max(message.at, began)))
        return left


@dataclass
class Overlap:
    """What the files told of the moments before the link was there again: it may be heard once more."""

    until: datetime
    _told: Counter[Key]

    @classmethod
    def of(cls, told: Iterable[Told], until: datetime) -> Overlap:
        return cls(until, Counter(key(message) for message in told if message.at >= until - MARGIN))

    def again(self, message: Message, at: datetime) -> bool:
        """Whether a message that is heard was told by the files. Asterisk may say something late that it stamped before
        it told us its time; then the files may have it, or not yet."""
        if at < self.until - MARGIN:
            return True
        if at > self.until + MARGIN or self._told[key(message)] <= 0:
            return False
        self._told[key(message)] -= 1
        return True
