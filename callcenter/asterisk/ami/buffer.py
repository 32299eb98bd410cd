"""What was read and waits for its consumer. In order; in memory up to a bound, then on the disk.

Reading never stops, so while a consumer stands still (a database that is away) messages pile up.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar, cast

import structlog

from callcenter import metrics
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.asterisk.ami.spool import Spool

T = TypeVar("T")

log = structlog.get_logger(__name__)

_CHUNK_BYTES = 256_000
_MEMORY_BYTES = 8_000_000
_DISK_BYTES = 2_000_000_000
_all: weakref.WeakSet[SpillBuffer[object]] = weakref.WeakSet()
metrics.AMI_BUFFERED.set_function(lambda: sum(buffer.qsize() for buffer in _all))


class SpillBuffer(Generic[T]):
    """One reader puts, one consumer gets: messages, and whatever else (`T`) must stay in order with them.

    `put` never waits and never fails. Where disk and memory are full, messages are dropped: counted in `lost`, and
    told to `on_lost` (how many) once for each run of them. What that answers is got in their place, so that a gap can
    be marked where it is. What is no message stays in memory and is never dropped.
    """

    def __init__(
        self,
        folder: Path,
        *,
        memory_bytes: int = _MEMORY_BYTES,
        disk_bytes: int = _DISK_BYTES,
        on_lost: Callable[[int], T | None] | None = None,
    ) -> None:
        self.lost = 0
        self._on_lost = on_lost
        self._memory_bytes = memory_bytes
        self._first: deque[AmiMessage | T] = deque()  # taken before what is on the disk
        self._first_bytes = 0
        self._disk = Spool(folder, disk_bytes)
        self._kept: deque[AmiMessage | T] = deque()  # whose places on the disk are empty blocks
        self._last: list[AmiMessage | T] = []  # taken after it; written when there is enough
        self._last_bytes = 0
        self._news = asyncio.Event()
        _all.add(cast("SpillBuffer[object]", self))

    def put(self, item: AmiMessage | T) -> None:
        """Add at the end."""
        size = len(_bytes(item))
        if self._first_bytes + size <= self._memory_bytes and not self._last and not len(self._disk):
            self._first.append(item)
            self._first_bytes += size
        else:
            self._last.append(item)
            self._last_bytes += size
            if self._last_bytes >= _CHUNK_BYTES:
                self._spill()
        self._news.set()

    async def get(self) -> AmiMessage | T:
        """The next in order, when there is one."""
        while True:
            try:
                return self.get_nowait()
            except asyncio.QueueEmpty:
                self._news.clear()
                await self._news.wait()

    def get_nowait(self) -> AmiMessage | T:
        """The next in order; asyncio.QueueEmpty when there is none."""
        while not self._first and not self.empty():
            self._refill()
        if not self._first:
            raise asyncio.QueueEmpty
        item = self._first.popleft()
        self._first_bytes -= len(_bytes(item))
        return item

    def qsize(self) -> int:
        return len(self._first) + len(self._disk) + len(self._last)

    def empty(self) -> bool:
        return not (self._first or self._last or len(self._disk))

    def close(self) -> None:
        """Drop everything."""
        self._disk.close()
        for items in (self._first, self._last, self._kept):
            items.clear()
        self._first_bytes = self._last_bytes = 0

    def _spill(self) -> None:
        """Write what is to be taken last. What finds no room is lost, but for what is no message."""
        blocks = [_bytes(item) for item in self._last]
        kept = [item for item, block in zip(self._last, blocks, strict=True) if not block]
        try:
            self._disk.append(blocks)
        except OSError as error:
            before = next(place for place, block in enumerate(blocks) if block)
            instead = self._lose(len(self._last) - len(kept), error)
            self._last, self._last_bytes = [*kept[:before], *instead, *kept[before:]], 0
            return
        self._kept.extend(kept)
        metrics.AMI_SPILLED.inc(len(self._last))
        self._last, self._last_bytes = [], 0

    def _refill(self) -> None:
        """Take up what comes next from the disk, or what was not written yet."""
        if not len(self._disk):
            self._first.extend(self._last)
            self._last, self._last_bytes = [], 0
        else:
            self._first.extend(self._unspilled())
        self._first_bytes = sum(len(_bytes(item)) for item in self._first)

    def _unspilled(self) -> list[AmiMessage | T]:
        try:
            return [AmiMessage(block) if block else self._kept.popleft() for block in self._disk.take()]
        except OSError as error:
            lost, kept = len(self._disk) - len(self._kept), list(self._kept)
            self._disk.close()
            self._kept.clear()
            return [*self._lose(lost, error), *kept]

    def _lose(self, count: int, error: OSError) -> list[AmiMessage | T]:
        """Tell it; what stands in their place."""
        self.lost += count
        metrics.AMI_DROPPED.inc(count)
        log.error("ami.messages_lost", count=count, reason=str(error))
        instead = self._on_lost(count) if self._on_lost is not None else None
        return [] if instead is None else [instead]


def _bytes(item: object) -> bytes:
    """What of it may wait on the disk."""
    return item.raw if isinstance(item, AmiMessage) else b""
