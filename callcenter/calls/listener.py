"""From AMI messages to the ledger. `feed` never waits; one task applies and writes.

What an agent's screen waits for is written at once, together with all else that is there. What nobody waits for (a
new call, a menu's choice, a leg) goes along with the next write or waits a moment, so that a ringing phone, which
follows within milliseconds, does not find the database busy.

While Asterisk is not heard, what is left to apply waits: when it is heard again, first comes what its files tell of the
time between, then what was heard since, then what it shows when it is asked.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import get_args

import structlog

from callcenter import metrics
from callcenter.asterisk.ami.buffer import SpillBuffer
from callcenter.calls import journal_store
from callcenter.calls.applier import Applier
from callcenter.calls.batch import BatchWriter
from callcenter.calls.closing import Beat, Lost, Shown
from callcenter.calls.gaps import Gap, Lateness, Why
from callcenter.calls.ports import Agents, Message, NumberReader, PbxState
from callcenter.calls.reading import when
from callcenter.calls.store import LedgerWriter
from callcenter.calls.term import LedgerTerm
from callcenter.calls.tracker import wanted
from callcenter.calls.unheard import CallFiles
from callcenter.clock import Clock
from callcenter.db import Database, away, told

log = structlog.get_logger(__name__)
_BATCH = 500
_MOMENT_S = 0.05
_BEAT_S = 5.0
_TRIM_BEATS = 12
_SPILL = Path(tempfile.gettempdir()) / "callcenter-spill"
_NO_FILES = CallFiles()


@dataclass
class Listener:
    """The ledger's ear on one Asterisk server. `agents` may change while it runs. `spill` is a folder for messages that
    find no room in memory while the database is away; `late` how long an event may be on its way, `keep` how long the
    journal is kept."""

    db: Database
    server: str
    agents: Agents
    read_number: NumberReader
    clock: Clock
    files: CallFiles = _NO_FILES
    late: timedelta = timedelta(seconds=2)
    spill: Path = _SPILL
    keep: timedelta = timedelta(days=90)

    def __post_init__(self) -> None:
        self.term = LedgerTerm(self.db, self.server)
        known = LedgerWriter(self.read_number)
        self._applier = Applier(self.server, self.term, known, self.files, self.clock)
        self._writer = BatchWriter(self.db, self.server, known, self.term)
        self._inbox: SpillBuffer[object] = SpillBuffer(self.spill, on_lost=self._overflowed)
        self._shown: deque[Shown] = deque()
        self._asking = asyncio.Lock()
        self._news, self._quiet = asyncio.Event(), asyncio.Event()
        self._quiet.set()
        self._lateness = Lateness(self.server, self.late)
        self._pbx: PbxState | None = None
        self._losing: Why | None = None  # said to the inbox, and not shown anything since
        # Shown from the start: an alarm that asks for an increase does not see a series come into being at 1.
        metrics.LEDGER_LATE.labels(self.server)
        for why in get_args(Why):
            metrics.LEDGER_GAPS.labels(self.server, why)

    def feed(self, message: Message) -> None:
        """Take a message; at once and in order. For the AMI client's `on_message`."""
        if wanted(message):
            now = self.clock()
            if late := self._lateness.heard(when(message, now), now):
                self._tell_late(late)
            self._put(message)

    def lost(self, why: Why) -> None:
        """Asterisk is not heard, until the next `resync`. For the AMI client's `on_lost`, and for a beginning."""
        if self._losing is None:
            self._losing = why
            self._put(Lost(why))

    async def resync(self, pbx: PbxState) -> None:
        """Have the ledger agree with Asterisk. For the AMI client's `on_connected`. One after the other: each closes a
        gap of its own."""
        async with self._asking:
            self.lost("link")
            since = await pbx.now() or self.clock()
            shown = Shown(replace(await pbx.snapshot(), since=since), since)
            self._pbx, self._losing = pbx, None
            self._shown.append(shown)
            self._put(shown)

    async def run(self) -> None:
        """Apply and write until cancelled; after `load`. What is not written by then is dropped: Asterisk's files tell
        it to whoever leads next. Raise TermOver when another process writes this ledger."""
        try:
            while True:
                await self._gather()
                await self._write()
        finally:
            self._inbox.close()

    async def beat(self) -> None:
        """Again and again take note of how far Asterisk has been heard, until cancelled; beside `run`."""
        for beat in itertools.count(1):
            await asyncio.sleep(_BEAT_S)
            if beat % _TRIM_BEATS == 0:
                await self._trim()
            if self._pbx is not None and self._losing != "link":
                await self._beat(self._pbx)

    async def _beat(self, pbx: PbxState) -> None:
        try:
            if self._losing == "buffer":
                await self.resync(pbx)
            elif at := await pbx.now():
                self._put(Beat(at))
        except Exception as error:  # the link is gone: whoever holds it says so
            log.debug("ledger_beat_missed", server=self.server, reason=repr(error))

    async def _trim(self) -> None:
        """Remove what is older than it is kept, a bit at a time: nobody's ringing phone waits for it."""
        try:
            while True:
                async with self.db.transaction() as work:
                    trimmed = await journal_store.trim(work.session, self.server, self.clock() - self.keep)
                if trimmed < journal_store.TRIMMED:
                    return
                await asyncio.sleep(_MOMENT_S)
        except Exception as error:
            if not away(error):
                raise
            log.debug("journal_untrimmed", server=self.server, reason=told(error))

    async def load(self) -> None:
        """Begin a term as the one who writes, and take up the calls that the ledger left open."""
        await self.term.begin()
        await self._applier.load(self.db, self.agents)
        if (gap := self._applier.gap) is not None:
            self._writer.keeps(gap)

    def unwritten(self) -> int:
        """How many messages wait to be applied and written."""
        return self._inbox.qsize()

    async def written(self) -> None:
        """Until `run` has applied and written all that was fed so far."""
        await self._quiet.wait()

    async def drain(self) -> None:
        """Apply and write all that was fed so far, where nobody runs; for tests."""
        while self._ready():
            await self._take_some()
        if batch := self._applier.take_batch():
            await self._writer.write(batch)

    def _put(self, item: object) -> None:
        self._inbox.put(item)
        self._news.set()
        self._quiet.clear()

    def _overflowed(self, count: int) -> Lost:
        """Messages found no room: nobody knows what they said. From their place on Asterisk is not heard."""
        log.error("ledger_messages_lost", server=self.server, count=count)
        self._losing = self._losing or "buffer"
        return Lost("buffer")

    def _tell_late(self, late: Gap) -> None:
        self._applier.batch.gaps[late.id] = late
        if self._lateness.current is None:
            log.info("ledger_events_in_time_again", server=self.server, worst_s=late.lag_s)
            return
        metrics.LEDGER_LATE.labels(self.server).inc()
        log.warning("ledger_events_late", server=self.server, lag_s=late.lag_s)

    async def _gather(self) -> None:
        """Wait for something to write: an event that is waited for, or the end of the moment that others may wait."""
        loop = asyncio.get_running_loop()
        due: float | None = None
        while self._applier.batch.patient:
            if not self._applier.batch and not self._ready():
                self._quiet.set()
            if due is None and self._applier.batch:
                due = loop.time() + _MOMENT_S
            try:
                async with asyncio.timeout_at(due):
                    while not self._ready():
                        self._news.clear()
                        await self._news.wait()
            except TimeoutError:
                return
            await self._take_some()

    def _ready(self) -> bool:
        return bool(self._shown) if self._applier.deaf else not self._inbox.empty()

    async def _take_some(self) -> None:
        if self._applier.deaf:
            async for _part in self._applier.hear_again(self._shown.popleft()):
                await self._write()
        for _ in range(min(self._inbox.qsize(), _BATCH)):
            if self._applier.deaf:
                return
            self._applier.take(self._inbox.get_nowait())

    async def _write(self) -> None:
        if batch := self._applier.take_batch():
            await self._writer.write_surely(batch)
            await asyncio.sleep(0)  # who waits for it is told before more is applied
        metrics.OPEN_CALLS.set(self._applier.alive())
