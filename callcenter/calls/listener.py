"""From AMI messages to the ledger. `feed` never waits; one task applies and writes.

What an agent's screen waits for is written at once, together with all else that is there. What nobody waits for (a
new call, a menu's choice, a leg) goes along with the next write or waits a moment, so that a ringing phone, which
follows within milliseconds, does not find the database busy.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from callcenter.calls.model import PbxBootRow
from callcenter.calls.ports import Agents, Message, NumberReader, PbxSnapshot, PbxState
from callcenter.calls.session import CallSession
from callcenter.calls.store import LedgerWriter, last_boot, open_calls
from callcenter.calls.tracker import CallTracker, Change, wanted
from callcenter.clock import Clock
from callcenter.db import Database
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
        self._boot: str | None = None
        self._boot_unsaved = False
        self._events: list[Event] = []
        self._touched: dict[str, CallSession] = {}

    def feed(self, message: Message) -> None:
        """Take a message; at once and in order. For the AMI client's `on_message`."""
        if wanted(message):
            self._inbox.put_nowait(message)

    async def resync(self, pbx: PbxState) -> None:
        """Have the ledger agree with what is alive. For the AMI client's `on_connected`."""
        self._inbox.put_nowait(await pbx.snapshot())

    async def run(self) -> None:
        """Apply and write until cancelled."""
        await self.load()
        while True:
            await self._gather()
            await self._write_surely()

    async def load(self) -> None:
        """Take up the calls that the ledger left open; `run` does it first."""
        async with self.db.read() as session:
            self._boot = await last_boot(session, self.server)
            calls = await open_calls(session, self.server, self.agents)
        for call in calls:
            self._tracker.adopt(call)
            self._writer.committed(call)

    async def drain(self) -> None:
        """Apply and write all that was fed so far; for tests and for the end of a process."""
        while not self._inbox.empty():
            self._take(self._inbox.get_nowait())
        await self._write()

    async def _gather(self) -> None:
        """Wait for something to write: an event that is waited for, or the end of the moment that others may wait."""
        loop = asyncio.get_running_loop()
        due: float | None = None
        while all(isinstance(event, _PATIENT) for event in self._events):
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
        while True:
            try:
                return await self._write()
            except (IntegrityError, DataError):
                log.exception("ledger_batch_refused", calls=sorted(self._touched))
                return await self._write_each()
            except (SQLAlchemyError, OSError):
                log.exception("ledger_write_failed", waiting=self._inbox.qsize())
                await asyncio.sleep(_RETRY_S)

    async def _write(self) -> None:
        """Everything that changed, in one transaction. What fails is kept for the next try."""
        if self._boot_unsaved or self._touched:
            await self._write_calls(list(self._touched.values()), self._events)
        self._events, self._touched, self._boot_unsaved = [], {}, False

    async def _write_each(self) -> None:
        """One call that the database refuses must not hold up the others: each by itself."""
        calls, events = list(self._touched.values()), self._events
        self._events, self._touched = [], {}
        for call in calls:
            try:
                await self._write_calls([call], [event for event in events if event.call_id == call.record.id])
            except (IntegrityError, DataError):
                log.exception("ledger_call_refused", call_id=call.record.id)

    async def _write_calls(self, calls: list[CallSession], events: list[Event]) -> None:
        async with self.db.transaction() as work:
            for call in calls:
                await self._writer.write(work.session, call)
            if self._boot_unsaved:
                await work.session.merge(PbxBootRow(server=self.server, boot=self._boot or ""))
            for event in events:
                work.emit(event)
        for call in calls:
            self._writer.committed(call)
