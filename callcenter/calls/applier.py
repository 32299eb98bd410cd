"""Applies what a listener took: messages, a time unheard, what Asterisk shows after it. Collects what is to be written.

A time unheard is closed in this order: what Asterisk's files tell of it, what was heard since, what is alive.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import metrics
from callcenter.calls import journal, journal_store
from callcenter.calls.batch import Batch
from callcenter.calls.closing import Beat, Closing, Lost, Retold, Shown
from callcenter.calls.evidence import Told
from callcenter.calls.gaps import Gap, Why, left_open, opened
from callcenter.calls.heard import MARGIN, REMEMBERED, Heard, Overlap
from callcenter.calls.log_lines import about
from callcenter.calls.ports import Agents, Message, PbxSnapshot
from callcenter.calls.reading import when
from callcenter.calls.store import LedgerWriter, last_boot, open_calls
from callcenter.calls.term import LedgerTerm
from callcenter.calls.tracker import Change, wanted
from callcenter.calls.unheard import CallFiles, FilesUnreadable
from callcenter.clock import Clock
from callcenter.db import Database

log = structlog.get_logger(__name__)
_FILES_TRIES, _FILES_PAUSE_S = 4, 0.25
_AT_ONCE = 500
_SECOND = timedelta(seconds=1)


class Applier:
    """The calls of one server in memory. `batch` is what has to be written; `deaf`: nothing may be taken before
    `hear_again`; `gap` is the one that is open."""

    def __init__(self, server: str, term: LedgerTerm, known: LedgerWriter, files: CallFiles, clock: Clock) -> None:
        self._server, self._term, self._known, self._files, self._clock = server, term, known, files, clock
        self._fold = journal.Fold(server)
        self._tracker = self._fold.tracker
        self._heard = Heard()
        self._boot: str | None = None
        self._place = 0
        self._unsure = False  # something was missed that no file tells, and what is alive has not been applied
        self._closing: Closing | None = None
        self._overlap: Overlap | None = None  # outlives the gap: what the files told may be said a moment later
        self.batch, self.deaf = Batch(), False
        self.gap: Gap | None = None

    async def load(self, db: Database, agents: Agents) -> None:
        """Take up the calls that the ledger left open; after the term began."""
        self._place = self._term.number << 32
        async with db.read() as session:
            self._boot = await last_boot(session, self._server)
            self.gap = await left_open(session, self._server)
            await self._load_calls(session, agents)
            for entry in await journal_store.since(session, self._server, self._remembered()):
                if "h" in entry.body and not entry.order:  # one of several calls has it first
                    self._heard.note(entry.at, journal.Again(entry.name, entry.body["h"]))

    async def _load_calls(self, session: AsyncSession, agents: Agents) -> None:
        """Fold their journals; a call whose beginning is in none, from an older version, is taken as its rows say."""
        kept = await open_calls(session, self._server, agents)
        group = await journal_store.connected(session, [call.record.id for call in kept])
        for some in journal.in_parts(await journal_store.whole(session, group), _AT_ONCE):
            self._fold.apply(some)
            await asyncio.sleep(0)  # they may be many, and the lease must be renewed meanwhile
        folded = {call.record.id for call in self._tracker.sessions}
        for call in kept:
            self._known.committed(call)
            if call.record.id not in folded:
                self._tracker.adopt(call)
        self.go_live(agents)

    def go_live(self, agents: Agents) -> None:
        """From now on Asterisk is heard: the end of `load`, and all there is to do where nothing is to be loaded."""
        self._fold.go_live(agents)

    def _remembered(self) -> datetime:
        """From when on what is in the journal may be told again by the files."""
        return (self._term.heard_at or self._clock()) - REMEMBERED

    def alive(self) -> int:
        """How many calls are."""
        return len(self._tracker.sessions)

    def take_batch(self) -> Batch:
        """What has to be written, which is nobody else's from now on; with nothing worth a write, an empty one."""
        if not self.batch:
            return Batch()
        batch, self.batch = self.batch, Batch()
        return batch

    def take(self, item: object) -> None:
        try:
            if isinstance(item, Shown):
                self._see(item)
            elif isinstance(item, Lost):
                self._lose(item.why)
            elif isinstance(item, Beat):
                self._leave_overlap(item.at)
                self._note_heard(item.at)
                self.batch.beat = True
            else:
                self._hear(item)  # type: ignore[arg-type]  # nothing else is put there
        except Exception:  # one message that nobody foresaw must not end the ledger
            log.exception("ledger_message_failed", **about(item))

    def _hear(self, message: Message) -> None:
        now = self._clock()
        at = when(message, now)
        if self._overlap and self._overlap.again(message, at):
            return
        self._leave_overlap(at)
        if self._apply(message, at, filed=False):
            self._heard.note(at, message)
        self._note_heard(at)

    def _leave_overlap(self, at: datetime) -> None:
        """Once Asterisk is well past the gap, or its clock was set back, nothing of it is said again."""
        if self._overlap and not self._closing and abs(at - self._overlap.until) > MARGIN:
            self._overlap = None

    def _note_heard(self, at: datetime) -> None:
        """The latest moment counts, until Asterisk's clock is set back."""
        heard = self._term.heard_at
        if heard is None or at > heard or (not self._closing and heard - at > MARGIN):
            self._term.heard_at = at

    def _apply(self, message: Message, at: datetime, *, filed: bool) -> bool:
        """Whether the message belonged to a call."""
        changes = self._tracker.apply(message, at, filed=filed)
        asked = self._fold.agents.told()
        if changes:
            self._journal(
                changes, at, message.name, journal.of_message(message, asked, filed=filed, unsure=self._unsure)
            )
            self._note(changes)
        return bool(changes)

    def _journal(self, changes: list[Change], at: datetime, name: str, body: dict[str, object]) -> None:
        self._place += 1
        ids = dict.fromkeys(call.record.id for call, _events in changes)
        for order, call_id in enumerate(ids):
            mine = {**body, "n": order} if order else body
            self.batch.entries.append(journal.Entry(self._place, call_id, at, name, mine, len(ids) > 1))

    def _note(self, changes: list[Change]) -> None:
        if self._closing:
            self._closing.note(changes)
        for call, events in changes:
            self.batch.events += events
            if call.record.id not in self.batch.calls and (events or self._known.differs(call)):
                self.batch.calls[call.record.id] = call

    def _lose(self, why: Why) -> None:
        if self._closing is not None:
            return  # it is shown later than that
        self.deaf = True
        if self.gap is None and self._term.heard_at is not None:
            self.gap = opened(self._server, why, self._term.heard_at)
        if self.gap is not None:
            self.batch.gaps[self.gap.id] = self.gap
            metrics.LEDGER_GAPS.labels(self._server, why).inc()
            log.warning("ledger_gap_began", server=self._server, why=why, since=self.gap.began_at.isoformat())

    async def hear_again(self, shown: Shown) -> AsyncIterator[None]:
        """What the files tell comes first, in parts: what one changed should be written before the next is told."""
        alive = {call.record.id for call in self._tracker.sessions}
        restarted = self._boot not in (None, shown.snapshot.boot)
        self._overlap = None
        gap = replace(self.gap, why="restart") if self.gap and restarted else self.gap
        set_back = gap is not None and gap.began_at - shown.since > MARGIN
        if gap and set_back:  # when it began by the clock of now nobody knows
            gap = replace(gap, began_at=shown.since)
            self._term.heard_at = shown.since
        closing = self._closing = Closing(shown, gap, alive, restarted)
        if gap and self._files.there() and not set_back:
            try:
                async for _part in self._told(closing, gap):
                    self.batch.gaps[gap.id] = closing.so_far(gap)
                    yield
                self._mark_unheard(shown.since)
            except FilesUnreadable as error:
                log.error("call_files_unreadable", server=self._server, reason=str(error))
        if not closing.told:
            self._unsure = True
            self._note(self._tracker.missed())
        self.deaf = False

    async def _told(self, closing: Closing, gap: Gap) -> AsyncIterator[None]:
        """Whoever was killed over it has left word how far he came."""
        shown = closing.shown
        since = max(gap.began_at, self._term.heard_at or gap.began_at)
        retold = Retold(since, self._heard.before(since), Overlap(shown.since))
        async for part in self._files.unheard(since - MARGIN, shown.since):
            if closing.restarted:
                retold.boots += [boot for boot in part.boots if boot > since - _SECOND]
            await self._tell(part.told, retold)
            self._note_heard(min(part.until, shown.since))
            yield
        if retold.boots:
            self._died(retold.last)
        await self._tell_rest(closing, retold)
        self._overlap, closing.told = retold.overlap, True

    async def _tell_rest(self, closing: Closing, retold: Retold) -> None:
        """What is written late: the end of a channel that is no longer there."""
        shown, tries = closing.shown, itertools.repeat(None, _FILES_TRIES)
        there = {channel.uniqueid for channel in shown.snapshot.channels}
        while not closing.restarted and self._misses(there, shown.since) and next(tries, True) is None:
            await asyncio.sleep(_FILES_PAUSE_S)
            retold.known = self._heard.before(shown.since)
            async for part in self._files.unheard(shown.since - MARGIN, shown.since):
                await self._tell(part.told, retold)

    def _misses(self, there: set[str], since: datetime) -> bool:
        legs = (leg for call in self._tracker.sessions for leg in call.legs.values())
        return any(leg.alive and leg.started_at <= since and leg.uniqueid not in there for leg in legs)

    async def _tell(self, messages: Sequence[Told], retold: Retold) -> None:
        """They may be many: meanwhile Asterisk is read, and the lease renewed. What was not heard is told as of the
        gap's beginning at the earliest: the manager would have told it later than that."""
        for place, message in enumerate(messages):
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)
            if retold.known.has(message, message.at):
                continue
            while retold.boots and message.at >= retold.boots[0]:
                self._died(retold.last)
                retold.boots.pop(0)
            told = replace(message, at=max(message.at, retold.since))
            retold.last = max(retold.last, told.at)
            if wanted(told) and self._apply_filed(told):
                retold.overlap.note(told, told.at)

    def _mark_unheard(self, until: datetime) -> None:
        """What goes on may have been held meanwhile: that is told by no file."""
        changes = self._tracker.unheard(until)
        for change in changes:  # each with a place of its own: they have nothing to do with each other
            self._journal([change], until, journal.UNHEARD, {})
        self._note(changes)

    def _apply_filed(self, message: Told) -> bool:
        try:
            if applied := self._apply(message, message.at, filed=True):
                self._heard.note(message.at, message)
            return applied
        except Exception:  # nor must a row
            log.exception("ledger_message_failed", **about(message))
            return False

    def _died(self, at: datetime) -> None:
        """Asterisk began anew: whatever lived then ended when it was last heard of."""
        self._reconcile(PbxSnapshot("", ()), restarted=True, at=at)

    def _see(self, shown: Shown) -> None:
        """What Asterisk shows is the last word on what is alive."""
        snapshot, now, self._unsure = shown.snapshot, self._clock(), False
        restarted = self._boot not in (None, snapshot.boot)
        if self._boot != snapshot.boot:
            self._boot = self.batch.boot = snapshot.boot
        told = bool(self._closing and self._closing.told)
        if restarted and not told and self._term.heard_at:
            began = [leg.started_at for call in self._tracker.sessions for leg in call.legs.values()]
            self._died(min(now, max([self._term.heard_at, *began])))
        marked = self._reconcile(snapshot, restarted=restarted, at=now, told=told)
        self._note_heard(shown.since)
        self._close(marked)
        log.info("ledger_reconciled", server=self._server, restarted=restarted, calls=len(self._tracker.sessions))

    def _reconcile(self, snapshot: PbxSnapshot, *, restarted: bool, at: datetime, told: bool = False) -> set[str]:
        """The calls that may lack something."""
        changes = self._tracker.reconcile(snapshot, restarted, at, told=told)
        asked = self._fold.agents.told()
        self._place += 1
        for order, call in enumerate({call.record.id: call for call, _events in changes}.values()):
            body = journal.of_snapshot(call, snapshot, asked, restarted=restarted, told=told)
            self.batch.entries.append(
                journal.Entry(self._place, call.record.id, at, journal.SHOWN, {**body, "n": order})
            )
        self._note(changes)
        return {call.record.id for call, _events in changes if call.record.gap}

    def _close(self, marked: set[str]) -> None:
        closing, self._closing, self.gap = self._closing, None, None
        if closing is None or closing.gap is None:
            return
        gap = closing.closed(closing.gap, marked)
        self.batch.gaps[gap.id] = gap
        log.info(
            "ledger_gap_closed", server=self._server, why=gap.why, closed_by=gap.closed_by, found=gap.found,
            ended=gap.ended, marked=len(marked), holds=gap.holds,
        )  # fmt: skip
