"""Applies what a listener took: messages, a time unheard, what Asterisk shows after it. Collects what is to be written.

A time unheard is closed in this order: what Asterisk's files tell of it, what was heard since, what is alive.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import metrics
from callcenter.calls import journal, journal_store
from callcenter.calls.batch import Batch
from callcenter.calls.evidence import Told
from callcenter.calls.gaps import Gap, Why, left_open, opened
from callcenter.calls.log_lines import about
from callcenter.calls.ports import Agents, Message, PbxSnapshot
from callcenter.calls.reading import when
from callcenter.calls.store import LedgerWriter, last_boot, open_calls
from callcenter.calls.term import LedgerTerm
from callcenter.calls.tracker import Change, wanted
from callcenter.calls.unheard import MARGIN, REMEMBERED, CallFiles, Heard, Overlap, Unheard
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.events.calls import CallEnded, CallStarted

log = structlog.get_logger(__name__)
_FILES_TRIES, _FILES_PAUSE_S = 4, 0.25
_AT_ONCE = 500


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
        self._closing: _Closing | None = None
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
                if "h" in entry.body:
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
                self._note_heard(item.at)
                self.batch.beat = True
            else:
                self._hear(item)  # type: ignore[arg-type]  # nothing else is put there
        except Exception:  # one message that nobody foresaw must not end the ledger
            log.exception("ledger_message_failed", **about(item))

    def _hear(self, message: Message) -> None:
        now = self._clock()
        at = when(message, now)
        if self._closing and self._closing.overlap and self._closing.overlap.again(message, at):
            return
        if self._apply(message, at, filed=False):
            self._heard.note(at, message)
        self._note_heard(at)

    def _note_heard(self, at: datetime) -> None:
        self._term.heard_at = max(self._term.heard_at or at, at)

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
        ids = dict.fromkeys(call.record.id for call, _events in changes)
        for order, call_id in enumerate(ids):
            mine = {**body, "n": order} if order else body
            self.batch.entries.append(journal.Entry(self._place, call_id, at, name, mine, len(ids) > 1))

    def _note(self, changes: list[Change]) -> None:
        for call, events in changes:
            self.batch.events += events
            if call.record.id not in self.batch.calls and (events or self._known.differs(call)):
                self.batch.calls[call.record.id] = call
            if self._closing:
                self._closing.found.update(e.call_id for e in events if isinstance(e, CallStarted))
                self._closing.ended.update(e.call_id for e in events if isinstance(e, CallEnded))

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

    async def hear_again(self, shown: Shown) -> None:
        """What the files tell comes first."""
        gap, restarted = self.gap, self._boot not in (None, shown.snapshot.boot)
        alive = {call.record.id for call in self._tracker.sessions}
        told = await self._unheard(gap, shown, restarted) if gap else None
        overlap = Overlap.of(told.told, shown.since) if told else None
        self._closing = _Closing(shown, replace(gap, why="restart") if gap and restarted else gap, overlap, alive)
        self.deaf = False
        if gap and told:
            await self._tell(gap, told, restarted)
        elif not told:
            self._unsure = True
            self._note(self._tracker.missed())

    async def _tell(self, gap: Gap, unheard: Unheard, restarted: bool) -> None:
        """They may tell much: meanwhile Asterisk is read, and the lease renewed."""
        boots = [boot for boot in unheard.boots if boot > gap.began_at - timedelta(seconds=1)] if restarted else []
        last = gap.began_at
        for place, message in enumerate(self._heard.left_of(unheard.told, gap.began_at)):
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)
            while boots and message.at >= boots[0]:
                self._died(last)
                boots.pop(0)
            last = max(last, message.at)
            if wanted(message):
                self._apply_filed(message)
        if boots:
            self._died(last)

    def _apply_filed(self, message: Told) -> None:
        try:
            if self._apply(message, message.at, filed=True):
                self._heard.note(message.at, message)
        except Exception:  # nor must a row
            log.exception("ledger_message_failed", **about(message))

    def _died(self, at: datetime) -> None:
        """Asterisk began anew: whatever lived then ended when it was last heard of."""
        self._reconcile(PbxSnapshot("", ()), restarted=True, at=at)

    async def _unheard(self, gap: Gap, shown: Shown, restarted: bool) -> Unheard | None:
        """What the files tell, read again while they do not tell the end of a channel that is no longer there."""
        there = {channel.uniqueid for channel in shown.snapshot.channels}
        told: Unheard | None = None
        for _ in range(_FILES_TRIES):
            told = await self._files.unheard(gap.began_at - MARGIN, shown.since)
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
        snapshot, now, self._unsure = shown.snapshot, self._clock(), False
        restarted = self._boot not in (None, snapshot.boot)
        if self._boot != snapshot.boot:
            self._boot = self.batch.boot = snapshot.boot
        told = bool(self._closing and self._closing.overlap)
        if restarted and not told and self._term.heard_at:
            self._died(min(now, max([self._term.heard_at, *self._last_seen()])))
        marked = self._reconcile(snapshot, restarted=restarted, at=now, told=told)
        self._note_heard(shown.since)
        self._close(marked)
        log.info("ledger_reconciled", server=self._server, restarted=restarted, calls=len(self._tracker.sessions))

    def _last_seen(self) -> list[datetime]:
        return [leg.started_at for call in self._tracker.sessions for leg in call.legs.values()]

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
        gap = replace(
            closing.gap,
            ended_at=closing.shown.since,
            closed_by="files" if closing.overlap else "snapshot",
            found=len(closing.found),
            ended=len(closing.ended & closing.alive),
            calls=frozenset(marked),
        )
        self.batch.gaps[gap.id] = gap
        log.info(
            "ledger_gap_closed", server=self._server, why=gap.why, closed_by=gap.closed_by, found=gap.found,
            ended=gap.ended, marked=len(marked),
        )  # fmt: skip
