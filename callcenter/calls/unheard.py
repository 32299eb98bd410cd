"""What Asterisk's files tell of a time in which it was not heard, part by part: it may be hours."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from callcenter.asterisk.files import cel, queue_log
from callcenter.asterisk.files.cel import CelRow
from callcenter.asterisk.files.queue_log import QueueRow
from callcenter.calls.evidence import Telling, Told, told_before

# Rows are written within so long after each other in another order than they happened.
_DISORDER = timedelta(seconds=5)
# A queue's row, of a whole second, gets its time from one that may be so much younger.
_SECOND = timedelta(seconds=1)
# The row of an application's end is that much younger than what the manager says of it.
_AFTERWARDS = timedelta(seconds=0.05)


class FilesUnreadable(Exception):
    """They are there, and the rest of them cannot be read."""


@dataclass(frozen=True)
class Unheard:
    """A part: `told` in order; `boots` when Asterisk began anew, in whole seconds, those of what the next parts tell at
    the latest; `until`: what happened before has been told."""

    told: Sequence[Told]
    boots: Sequence[datetime]
    until: datetime


@dataclass(frozen=True)
class CallFiles:
    """The folder of one server's CEL and queue_log; None: they cannot be read here. `rows`: how many make a part."""

    folder: Path | None = None
    rows: int = 2000

    def there(self) -> bool:
        return self.folder is not None and (self.folder / cel.FILE).is_file()

    async def unheard(self, since: datetime, until: datetime) -> AsyncIterator[Unheard]:
        """What they tell of a time, by parts. Raise FilesUnreadable."""
        assert self.folder is not None
        parts = self._parts(self.folder, since, until)
        while part := await asyncio.to_thread(_next, parts):
            yield part

    def _parts(self, folder: Path, since: datetime, until: datetime) -> Iterator[Unheard]:
        telling, last, before = Telling(), until + _AFTERWARDS, since
        read: tuple[Iterator[CelRow | QueueRow], ...] = (
            cel.read(folder, since, until + _SECOND),
            queue_log.read(folder, since, until),
        )
        rows: Iterator[CelRow | QueueRow] = heapq.merge(*read, key=lambda row: row.at)
        while some := list(itertools.islice(rows, self.rows)):
            before = max(before, min(some[-1].at - _DISORDER, last))
            told = telling.take(*_parted(some), before)
            boots = [row.at for row in some if isinstance(row, QueueRow) and row.event == queue_log.STARTED]
            yield Unheard(told, boots, told_before(before))
        yield Unheard([each for each in telling.take((), ()) if each.at <= last], [], until)


def _next(parts: Iterator[Unheard]) -> Unheard | None:
    try:
        return next(parts, None)
    except (OSError, EOFError, zlib.error) as error:
        raise FilesUnreadable(str(error)) from error


def _parted(rows: Sequence[CelRow | QueueRow]) -> tuple[list[CelRow], list[QueueRow]]:
    return [row for row in rows if isinstance(row, CelRow)], [row for row in rows if isinstance(row, QueueRow)]
