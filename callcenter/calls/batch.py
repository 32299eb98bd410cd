"""What a listener has to write, and its writing: in one transaction, tried until the database has it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import structlog
from sqlalchemy.exc import SQLAlchemyError

from callcenter import metrics
from callcenter.calls import gaps, journal_store, log_lines
from callcenter.calls.gaps import Gap
from callcenter.calls.journal import Entry
from callcenter.calls.model import PbxBootRow
from callcenter.calls.session import CallSession
from callcenter.calls.store import LedgerWriter
from callcenter.calls.term import AlreadyKept, LedgerTerm
from callcenter.db import Database, away, told
from callcenter.events import Event
from callcenter.events.calls import CallClassified, CallQueued, CallRinging, CallRingStopped, CallStarted

log = structlog.get_logger(__name__)
_PATIENT = (CallStarted, CallClassified, CallQueued)
_RETRY_S = 1.0


@dataclass
class Batch:
    """Rows and events that belong together. `boot`: Asterisk's, when it is another than before.

    Entries alone are not worth a write: they changed no row, and go along with the next one.
    """

    calls: dict[str, CallSession] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    gaps: dict[str, Gap] = field(default_factory=dict)
    boot: str | None = None
    # Nothing but the moment up to which Asterisk was heard.
    beat: bool = False

    def __bool__(self) -> bool:
        return bool(self.calls or self.gaps or self.boot is not None or self.beat)

    @property
    def patient(self) -> bool:
        """Whether nobody waits for any of it."""
        return all(isinstance(event, _PATIENT) for event in self.events)

    def told(self) -> list[Event]:
        """The events as they are told: a phone that has stopped to ring by now rings for nobody any more."""
        stopped = {event.ring_id for event in self.events if isinstance(event, CallRingStopped)}
        return [
            event.model_copy(update={"over": True})
            if isinstance(event, CallRinging) and event.ring_id in stopped
            else event
            for event in self.events
        ]

    def of_call(self, call: CallSession) -> Batch:
        """The part of one call."""
        mine = call.record.id
        return Batch(
            {mine: call},
            [event for event in self.events if event.call_id == mine],
            [entry for entry in self.entries if entry.call_id == mine],
        )

    def rest(self, refused: Collection[str]) -> Batch:
        """The part of no call that is to be written: entries of calls whose rows have not changed, gaps, boot.
        `refused`: the calls that the database does not take."""
        entries = [entry for entry in self.entries if entry.call_id not in self.calls]
        kept = {key: replace(gap, calls=gap.calls.difference(refused)) for key, gap in self.gaps.items()}
        return Batch({}, [], entries, kept, self.boot, self.beat)


class BatchWriter:
    """Writes one server's batches."""

    def __init__(self, db: Database, server: str, writer: LedgerWriter, term: LedgerTerm) -> None:
        self._db, self._server, self._writer, self._term = db, server, writer, term
        self._gaps_kept: set[str] = set()

    def keeps(self, gap: Gap) -> None:
        """Take note that the database has this gap."""
        self._gaps_kept.add(gap.id)

    async def write_surely(self, batch: Batch) -> None:
        """Write it. A call that the database refuses is left out and logged."""
        try:
            await self.write(batch)
        except SQLAlchemyError:
            log.exception("ledger_batch_refused", calls=sorted(batch.calls))
            calls = list(batch.calls.values())
            refused = [call.record.id for call in calls if not await self._takes(batch.of_call(call), call.record.id)]
            await self._takes(batch.rest(refused), None)

    async def write(self, batch: Batch) -> None:
        """Tried until the database has it. What it refuses is raised."""
        while batch:
            try:
                with metrics.LEDGER_SECONDS.time():
                    await self._commit(batch)
            except AlreadyKept:
                log.info("ledger_write_was_kept")
            except Exception as error:
                if not away(error):
                    raise
                log.warning("ledger_write_failed", reason=told(error))
                if not await self._was_kept():
                    continue
            self._written(batch)
            return

    async def _takes(self, batch: Batch, call_id: str | None) -> bool:
        """Write it; whether the database took it."""
        try:
            await self.write(batch)
        except SQLAlchemyError:
            log.exception("ledger_call_refused", call_id=call_id)
            return False
        return True

    async def _was_kept(self) -> bool:
        """Whether the database kept the write whose end we did not hear; asked until it answers."""
        while True:
            await asyncio.sleep(_RETRY_S)
            try:
                return await self._term.kept()
            except Exception as error:
                if not away(error):
                    raise
                log.debug("ledger_unanswered")

    async def _commit(self, batch: Batch) -> None:
        async with self._db.transaction() as work:
            await self._term.sign(work.session)
            await self._writer.write(work.session, *batch.calls.values())
            await journal_store.add(work.session, self._server, batch.entries)
            for gap in batch.gaps.values():
                await gaps.write(work.session, gap, gap.id in self._gaps_kept)
            if batch.boot is not None:
                await work.session.merge(PbxBootRow(server=self._server, boot=batch.boot))
            for event in batch.told():
                work.emit(event)

    def _written(self, batch: Batch) -> None:
        metrics.LEDGER_WRITES.inc()
        metrics.LEDGER_EVENTS.inc(len(batch.events))
        self._term.signed()
        self._gaps_kept.update(batch.gaps)
        for call in batch.calls.values():
            self._writer.committed(call)
        log_lines.tell(batch.events)
