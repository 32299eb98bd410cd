"""From AMI messages to the ledger. `feed` never waits; one task applies and writes.

What an agent's screen waits for is written at once, together with all else that is there. What nobody waits for (a
new call, a menu's choice, a leg) goes along with the next write or waits a moment, so that a ringing phone, which
follows within milliseconds, does not find the database busy.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callcenter import metrics
from callcenter.calls import log_lines
from callcenter.calls.model import PbxBootRow
from callcenter.calls.ports import Agents, Message, NumberReader, PbxSnapshot, PbxState
from callcenter.calls.session import CallSession
from callcenter.calls.store import LedgerWriter, last_boot, open_calls
from callcenter.calls.term import LedgerTerm
from callcenter.calls.tracker import CallTracker, Change, wanted
from callcenter.clock import Clock
from callcenter.db import Database, away, told
from callcenter.events import Event
from callcenter.events.calls import CallClassified, CallQueued, CallStarted

log = structlog.get_logger(__name__)
_BATCH = 500
_MOMENT_S = 0.05
_PATIENT = (CallStarted, CallClassified, CallQueued)
_RETRY_S = 1.0


@dataclass
class Listener:
    """The ledger's ear on one Asterisk server. `agents` may change while it runs."""

    db: Database
    server: str
    agents: Agents
    read_number: NumberReader
    clock: Clock
    _inbox: asyncio.Queue[Message | PbxSnapshot] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self._tracker = CallTracker(self.server, self.agents)
        self._writer = LedgerWriter(self.read_number)
        self.term = LedgerTerm(self.db, self.server)
        self._boot: str | None = None
        self._boot_unsaved = False
        self._events: list[Event] = []
        self._touched: dict[str, CallSession] = {}
        self._quiet = asyncio.Event()
        self._quiet.set()

    def feed(self, message: Message) -> None:
        """Take a message; at once and in order. For the AMI client's `on_message`."""
        if wanted(message):
            self._inbox.put_nowait(message)
            self._quiet.clear()

    async def resync(self, pbx: PbxState) -> None:
        """Have the ledger agree with what is alive. For the AMI client's `on_connected`."""
        self._inbox.put_nowait(await pbx.snapshot())
        self._quiet.clear()

    async def run(self) -> None:
        """Apply and write until cancelled; after `load`. Raise TermOver when another process writes this ledger."""
        while True:
            await self._gather()
            await self._write_surely()

    async def load(self) -> None:
        """Begin a term as the one who writes, and take up the calls that the ledger left open."""
        await self.term.begin()
        async with self.db.read() as session:
            self._boot = await last_boot(session, self.server)
            calls = await open_calls(session, self.server, self.agents)
        for call in calls:
            self._tracker.adopt(call)
            self._writer.committed(call)

    def unwritten(self) -> int:
        """How many messages wait to be applied and written."""
        return self._inbox.qsize()

    async def written(self) -> None:
        """Until `run` has applied and written all that was fed so far."""
        await self._quiet.wait()

    async def drain(self) -> None:
        """Apply and write all that was fed so far, where nobody runs; for tests."""
        while not self._inbox.empty():
            self._take(self._inbox.get_nowait())
        await self._write()

    async def _gather(self) -> None:
        """Wait for something to write: an event that is waited for, or the end of the moment that others may wait."""
        loop = asyncio.get_running_loop()
        due: float | None = None
        while all(isinstance(event, _PATIENT) for event in self._events):
            if self._inbox.empty() and not (self._touched or self._boot_unsaved):
                self._quiet.set()
            if due is None and (self._touched or self._boot_unsaved):
                due = loop.time() + _MOMENT_S
            try:
                async with asyncio.timeout_at(due):
                    self._take(await self._inbox.get())
            except TimeoutError:
                return
            for _ in range(min(self._inbox.qsize(), _BATCH)):
                self._take(self._inbox.get_nowait())

    def _take(self, item: Message | PbxSnapshot) -> None:
        try:
            for call, events in self._changes(item):
                self._events += events
                if events or self._writer.differs(call):
                    self._touched[call.record.id] = call
        except Exception:  # one message that nobody foresaw must not end the ledger
            log.exception("ledger_message_failed", message=repr(item))

    def _changes(self, item: Message | PbxSnapshot) -> list[Change]:
        if not isinstance(item, PbxSnapshot):
            return self._tracker.apply(item, self.clock())
        restarted = self._boot is not None and self._boot != item.boot
        self._boot_unsaved = self._boot != item.boot
        self._boot = item.boot
        changes = self._tracker.reconcile(item, restarted, self.clock())
        log.info("ledger_reconciled", server=self.server, restarted=restarted, calls=len(changes))
        return changes

    async def _write_surely(self) -> None:
        try:
            await self._write()
        except SQLAlchemyError:
            log.exception("ledger_batch_refused", calls=sorted(self._touched))
            await self._write_each()

    async def _write_each(self) -> None:
        """One call that the database refuses must not hold up the others: each by itself."""
        calls, events = list(self._touched.values()), self._events
        for call in calls:
            self._touched = {call.record.id: call}
            self._events = [event for event in events if event.call_id == call.record.id]
            try:
                await self._write()
            except SQLAlchemyError:
                log.exception("ledger_call_refused", call_id=call.record.id)
        self._events, self._touched = [], {}

    async def _write(self) -> None:
        """Everything that changed, in one transaction, tried until the database has it. What it refuses is raised."""
        while self._boot_unsaved or self._touched:
            try:
                await self._write_calls(list(self._touched.values()), self._events)
            except Exception as error:
                if not away(error):
                    raise
                log.warning("ledger_write_failed", waiting=self._inbox.qsize(), reason=told(error))
                if not await self._was_kept():
                    continue
            self._written()
        self._events = []

    async def _was_kept(self) -> bool:
        """Whether the database kept the write whose end we did not hear; asked until it answers."""
        while True:
            await asyncio.sleep(_RETRY_S)
            try:
                return await self.term.kept()
            except Exception as error:
                if not away(error):
                    raise
                log.debug("ledger_unanswered", waiting=self._inbox.qsize())

    def _written(self) -> None:
        metrics.LEDGER_WRITES.inc()
        metrics.LEDGER_EVENTS.inc(len(self._events))
        metrics.OPEN_CALLS.set(len(self._tracker.sessions))
        self.term.signed()
        for call in self._touched.values():
            self._writer.committed(call)
        log_lines.tell(self._events)
        self._events, self._touched, self._boot_unsaved = [], {}, False

    async def _write_calls(self, calls: list[CallSession], events: list[Event]) -> None:
        with metrics.LEDGER_SECONDS.time():
            await self._commit(calls, events)

    async def _commit(self, calls: list[CallSession], events: list[Event]) -> None:
        async with self.db.transaction() as work:
            await self.term.sign(work.session)
            for call in calls:
                await self._writer.write(work.session, call)
            if self._boot_unsaved:
                await work.session.merge(PbxBootRow(server=self.server, boot=self._boot or ""))
            for event in events:
                work.emit(event)
