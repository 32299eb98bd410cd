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
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import get_args

import structlog

from callcenter import metrics
from callcenter.asterisk.ami.buffer import SpillBuffer
from callcenter.calls import journal, journal_store
from callcenter.calls.batch import Batch, BatchWriter
from callcenter.calls.gaps import Gap, Lateness, Why, left_open, opened
from callcenter.calls.ports import Agents, Message, NumberReader, PbxSnapshot, PbxState
from callcenter.calls.reading import when
from callcenter.calls.store import LedgerWriter, last_boot, open_calls
from callcenter.calls.term import LedgerTerm
from callcenter.calls.tracker import Change, wanted
from callcenter.calls.unheard import MARGIN, CallFiles, Heard, Overlap, Unheard
from callcenter.clock import Clock
from callcenter.db import Database, away, told
from callcenter.events.calls import CallEnded, CallStarted

log = structlog.get_logger(__name__)
_BATCH = 500
_MOMENT_S = 0.05
_BEAT_S = 5.0
_TRIM_BEATS = 12
_FILES_TRIES, _FILES_PAUSE_S = 4, 0.25
_SPILL = Path(tempfile.gettempdir()) / "callcenter-spill"
_NO_FILES = CallFiles()


@dataclass(frozen=True)
class Lost:
    """From here on Asterisk is not heard."""

    why: Why


@dataclass(frozen=True)
class Shown:
    """Asterisk is heard again, since `since` by its own clock, and this is what was alive a moment later."""

    snapshot: PbxSnapshot
    since: datetime


@dataclass(frozen=True)
class Beat:
    """All that Asterisk said up to this moment, by its own clock, has been heard."""

    at: datetime


@dataclass
class _Closing:
    """A gap that is being closed. `alive`: the calls that lived when it began."""

    shown: Shown
    gap: Gap | None
    overlap: Overlap | None
    alive: set[str]
    found: set[str] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)


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
        self._fold = journal.Fold(self.server)
        self._tracker = self._fold.tracker
        self._known = LedgerWriter(self.read_number)
        self.term = LedgerTerm(self.db, self.server)
        self._writer = BatchWriter(self.db, self.server, self._known, self.term)
        self._inbox: SpillBuffer[object] = SpillBuffer(self.spill, on_lost=self._overflowed)
        self._shown: deque[Shown] = deque()
        self._news, self._quiet = asyncio.Event(), asyncio.Event()
        self._quiet.set()
        self._boot: str | None = None
        self._batch = Batch()
        self._place = 0
        self._heard = Heard()
        self._lateness = Lateness(self.server, self.late)
        self._pbx: PbxState | None = None
        self._losing: Why | None = None  # said to the inbox, and not shown anything since
        self._overflow = False
        self._deaf = False  # from `Lost` until what comes next has been shown
        self._unsure = False  # from then until it has been applied, where no file tells what was missed
        self._gap: Gap | None = None
        self._left_open: Gap | None = None  # by a process before this one
        self._closing: _Closing | None = None
        # Shown from the start: an alarm that asks for an increase does not see a series come into being at 1.
        metrics.LEDGER_LATE.labels(self.server)
        for why in get_args(Why):
            metrics.LEDGER_GAPS.labels(self.server, why)

    def feed(self, message: Message) -> None:
        """Take a message; at once and in order. For the AMI client's `on_message`."""
        if self._overflow:
            self._overflow = False
            self.lost("buffer")
        if wanted(message):
            now = self.clock()
            if self._lateness.heard(when(message, now), now) and (late := self._lateness.current):
                self._tell_late(late)
            self._put(message)

    def lost(self, why: Why) -> None:
        """Asterisk is not heard, until the next `resync`. For the AMI client's `on_lost`, and for a beginning."""
        if self._losing is None:
            self._losing = why
            self._put(Lost(why))

    async def resync(self, pbx: PbxState) -> None:
        """Have the ledger agree with Asterisk. For the AMI client's `on_connected`."""
        self.lost("link")
        since = await pbx.now() or self.clock()
        shown = Shown(replace(await pbx.snapshot(), since=since), since)
        self._pbx, self._losing = pbx, None
        self._shown.append(shown)
        self._put(shown)

    async def run(self) -> None:
        """Apply and write until cancelled; after `load`. Raise TermOver when another process writes this ledger."""
        while True:
            await self._gather()
            await self._write()

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
            async with self.db.transaction() as work:
                await journal_store.trim(work.session, self.server, self.clock() - self.keep)
        except Exception as error:
            if not away(error):
                raise
            log.debug("journal_untrimmed", server=self.server, reason=told(error))

    async def load(self) -> None:
        """Begin a term as the one who writes, and take up the calls that the ledger left open."""
        await self.term.begin()
        self._place = self.term.number << 32
        async with self.db.read() as session:
            self._boot = await last_boot(session, self.server)
            if (left := await left_open(session, self.server)) is not None:
                self._left_open = left
                self._writer.keeps(left)
            kept = await open_calls(session, self.server, self.agents)
            group = await journal_store.connected(session, [call.record.id for call in kept])
            self._fold.apply(await journal_store.entries(session, group))
            for entry in await journal_store.last(session, self.server, _BATCH):
                if "h" in entry.body:
                    self._heard.note(entry.at, journal.Again(entry.name, entry.body["h"]))
        folded = {call.record.id for call in self._tracker.sessions}
        for call in kept:
            self._known.committed(call)
            if call.record.id not in folded:
                self._tracker.adopt(call)
        self._fold.go_live(self.agents)

    def unwritten(self) -> int:
        """How many messages wait to be applied and written."""
        return self._inbox.qsize()

    async def written(self) -> None:
        """Until `run` has applied and written all that was fed so far."""
        await self._quiet.wait()

    async def drain(self) -> None:
        """Apply and write all that was fed so far, where nobody runs; for tests."""
        while self._shown if self._deaf else not self._inbox.empty():
            await self._take_some()
        if self._batch:
            await self._writer.write(self._batch)
            self._batch = Batch()

    def close(self) -> None:
        """Drop what was not written."""
        self._inbox.close()

    def _put(self, item: object) -> None:
        self._inbox.put(item)
        self._news.set()
        self._quiet.clear()

    def _overflowed(self, count: int) -> None:
        """Messages found no room: nobody knows what they said."""
        log.error("ledger_messages_lost", server=self.server, count=count)
        self._overflow = True

    def _tell_late(self, late: Gap) -> None:
        metrics.LEDGER_LATE.labels(self.server).inc()
        log.warning("ledger_events_late", server=self.server, lag_s=late.lag_s)
        self._batch.gaps[late.id] = late

    async def _gather(self) -> None:
        """Wait for something to write: an event that is waited for, or the end of the moment that others may wait."""
        loop = asyncio.get_running_loop()
        due: float | None = None
        while self._batch.patient:
            if not self._batch and not self._ready():
                self._quiet.set()
            if due is None and self._batch:
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
        return bool(self._shown) if self._deaf else not self._inbox.empty()

    async def _take_some(self) -> None:
        if self._deaf:
            await self._hear_again(self._shown.popleft())
        for _ in range(min(self._inbox.qsize(), _BATCH)):
            if self._deaf:
                return
            self._take(self._inbox.get_nowait())

    async def _write(self) -> None:
        if self._batch:
            batch, self._batch = self._batch, Batch()
            await self._writer.write_surely(batch)
        metrics.OPEN_CALLS.set(len(self._tracker.sessions))

    def _take(self, item: object) -> None:
        try:
            if isinstance(item, Shown):
                self._see(item)
            elif isinstance(item, Lost):
                self._lose(item.why)
            elif isinstance(item, Beat):
                self._note_heard(item.at)
                self._batch.beat = True
            else:
                self._hear(item)  # type: ignore[arg-type]  # nothing else is put there
        except Exception:  # one message that nobody foresaw must not end the ledger
            log.exception("ledger_message_failed", message=repr(item))

    def _hear(self, message: Message) -> None:
        now = self.clock()
        at = when(message, now)
        if self._closing and self._closing.overlap and self._closing.overlap.again(message, at):
            return
        if self._apply(message, at, filed=False):
            self._heard.note(at, message)
        self._note_heard(at)

    def _note_heard(self, at: datetime) -> None:
        self.term.heard_at = max(self.term.heard_at or at, at)

    def _apply(self, message: Message, at: datetime, *, filed: bool) -> bool:
        """Whether the message belonged to a call."""
        changes = self._tracker.apply(message, at)
        asked = self._fold.agents.told()
        if changes:
            self._journal(
                changes, at, message.name, journal.of_message(message, asked, filed=filed, unsure=self._unsure)
            )
            self._note(changes)
        return bool(changes)

    def _journal(self, changes: list[Change], at: datetime, name: str, body: dict[str, object]) -> None:
        self._place += 1
        for order, call_id in enumerate(dict.fromkeys(call.record.id for call, _events in changes)):
            mine = {**body, "n": order} if order else body
            self._batch.entries.append(journal.Entry(self._place, call_id, at, name, mine))

    def _note(self, changes: list[Change]) -> None:
        for call, events in changes:
            self._batch.events += events
            if events or self._known.differs(call):
                self._batch.calls[call.record.id] = call
            if self._closing:
                self._closing.found.update(e.call_id for e in events if isinstance(e, CallStarted))
                self._closing.ended.update(e.call_id for e in events if isinstance(e, CallEnded))

    def _lose(self, why: Why) -> None:
        if self._closing is not None:
            return  # it is shown later than that
        self._deaf = True
        self._gap, self._left_open = self._left_open, None
        if self._gap is None and self.term.heard_at is not None:
            self._gap = opened(self.server, why, self.term.heard_at)
        if self._gap is not None:
            self._batch.gaps[self._gap.id] = self._gap
            metrics.LEDGER_GAPS.labels(self.server, why).inc()
            log.warning("ledger_gap_began", server=self.server, why=why, since=self._gap.began_at.isoformat())

    async def _hear_again(self, shown: Shown) -> None:
        """What the files tell comes first."""
        gap, restarted = self._gap, self._boot not in (None, shown.snapshot.boot)
        alive = {call.record.id for call in self._tracker.sessions}
        told = await self._unheard(gap, shown, restarted) if gap else None
        overlap = Overlap.of(told.told, shown.since) if told else None
        self._closing = _Closing(shown, replace(gap, why="restart") if gap and restarted else gap, overlap, alive)
        self._deaf = False
        if gap and told:
            self._tell(gap, told, restarted)
        elif not told:
            self._unsure = True
            self._note(self._tracker.missed())

    def _tell(self, gap: Gap, unheard: Unheard, restarted: bool) -> None:
        boots = [boot for boot in unheard.boots if boot > gap.began_at - timedelta(seconds=1)] if restarted else []
        last = gap.began_at
        for message in self._heard.left_of(unheard.told, gap.began_at):
            while boots and message.at >= boots[0]:
                self._died(last)
                boots.pop(0)
            last = max(last, message.at)
            if wanted(message):
                self._apply(message, message.at, filed=True)
        if boots:
            self._died(last)

    def _died(self, at: datetime) -> None:
        """Asterisk began anew: whatever lived then ended when it was last heard of."""
        self._reconcile(PbxSnapshot("", ()), restarted=True, at=at)

    async def _unheard(self, gap: Gap, shown: Shown, restarted: bool) -> Unheard | None:
        """What the files tell, read again while they do not tell the end of a channel that is no longer there."""
        there = {channel.uniqueid for channel in shown.snapshot.channels}
        told: Unheard | None = None
        for _ in range(_FILES_TRIES):
            told = await self.files.unheard(gap.began_at - MARGIN, shown.since)
            if told is None or restarted:
                break
            ended = {message.get("Uniqueid") for message in told.told if message.name == "Hangup"}
            legs = (leg for call in self._tracker.sessions for leg in call.legs.values())
            if all(leg.uniqueid in ended or leg.uniqueid in there for leg in legs if leg.alive):
                break
            await asyncio.sleep(_FILES_PAUSE_S)
        return told

    def _see(self, shown: Shown) -> None:
        """What Asterisk shows is the last word on what is alive."""
        snapshot, now, self._unsure = shown.snapshot, self.clock(), False
        restarted = self._boot not in (None, snapshot.boot)
        if self._boot != snapshot.boot:
            self._boot = self._batch.boot = snapshot.boot
        if restarted and self.term.heard_at:
            self._died(min(now, max([self.term.heard_at, *self._last_seen()])))
        told = bool(self._closing and self._closing.overlap)
        marked = self._reconcile(snapshot, restarted=restarted, at=now, told=told)
        self._note_heard(shown.since)
        self._close(marked)
        log.info("ledger_reconciled", server=self.server, restarted=restarted, calls=len(self._tracker.sessions))

    def _last_seen(self) -> list[datetime]:
        return [leg.started_at for call in self._tracker.sessions for leg in call.legs.values()]

    def _reconcile(self, snapshot: PbxSnapshot, *, restarted: bool, at: datetime, told: bool = False) -> set[str]:
        """The calls that may lack something."""
        changes = [] if told else self._tracker.missed()
        changes += self._tracker.reconcile(snapshot, restarted, at)
        asked = self._fold.agents.told()
        self._place += 1
        for order, call in enumerate({call.record.id: call for call, _events in changes}.values()):
            body = journal.of_snapshot(call, snapshot, asked, restarted=restarted, told=told)
            self._batch.entries.append(
                journal.Entry(self._place, call.record.id, at, journal.SHOWN, {**body, "n": order})
            )
        self._note(changes)
        return {call.record.id for call, _events in changes if call.record.gap}

    def _close(self, marked: set[str]) -> None:
        closing, self._closing, self._gap = self._closing, None, None
        if closing is None or closing.gap is None:
            return
        gap = replace(
            closing.gap,
            ended_at=closing.shown.since,
            closed_by="files" if closing.overlap else "snapshot",
            found=len(closing.found),
            ended=len(closing.ended & closing.alive),
            calls=frozenset(marked),
        )
        self._batch.gaps[gap.id] = gap
        log.info(
            "ledger_gap_closed", server=self.server, why=gap.why, closed_by=gap.closed_by, found=gap.found,
            ended=gap.ended, marked=len(marked),
        )  # fmt: skip
