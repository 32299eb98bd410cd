"""The way of a ticket to the firm's own CRM: sent once, tried again for more than a day, never lost.

One durable job per ticket and round. Whatever a job needs to know it reads anew at each attempt, and it stops as
soon as the ticket has arrived or a person has begun a new round.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from callcenter import logs, metrics
from callcenter.bus import Subscriber
from callcenter.clock import Clock
from callcenter.complaints.model import TicketRow
from callcenter.complaints.ports import CallBook, CustomerBook, Jobs, RecordingLink, Run
from callcenter.db import Database
from callcenter.events import Event
from callcenter.events.complaints import CrmState, TicketCrmChanged, TicketOpened
from crm_adapter.ports import CrmAdapter, CrmError, ExternalTicket, TicketCall, TicketCustomer, TicketDraft

log = structlog.get_logger(__name__)
JOB = "crm.send"
# Seconds between attempts: quick at first, for a restart of the CRM; then hourly, for longer than a day.
DELAYS_S: tuple[float, ...] = (1, 5, 30, 120, 600, *([3600] * 27))
_AT_ONCE = 4
_OWN_TRIES = 8


@dataclass
class CrmFlow:
    """Sends tickets. `delays_s` are the pauses between attempts; after the last one the ticket is `failed`."""

    db: Database
    clock: Clock
    crm: CrmAdapter
    jobs: Jobs
    customers: CustomerBook
    calls: CallBook
    recording_link: RecordingLink
    delays_s: tuple[float, ...] = DELAYS_S
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def register(self) -> None:
        """Make the job known, before the engine is launched."""
        self.jobs.register(JOB, self.send)

    def subscribers(self) -> list[Subscriber]:
        """What starts the job; for the workers."""
        return [Subscriber(self.wake, (TicketOpened, TicketCrmChanged), durable="complaints.crm")]

    async def wake(self, event: Event) -> None:
        """See that a job is under way for a ticket that waits to be sent."""
        assert isinstance(event, TicketOpened | TicketCrmChanged)
        if isinstance(event, TicketCrmChanged) and event.state != "pending":
            return
        row = await self._row(event.ticket_id)
        if row is not None and row.crm_state == "pending":
            key = f"{row.id}.{row.crm_round}"
            await self.jobs.start(JOB, key, key)

    async def send(self, run: Run, argument: str) -> None:
        """The job: attempts with pauses between them."""
        ticket_id, _, round_ = argument.partition(".")
        for number, pause in enumerate((*self.delays_s, None), start=1):
            attempt = partial(self.attempt, ticket_id, int(round_), pause)
            # Only our own database can make the step itself fail; what the CRM does is a result.
            again_s = await run.step(f"attempt {number}", attempt, tries=_OWN_TRIES)
            if again_s is None:
                return
            await run.sleep(again_s)

    async def attempt(self, ticket_id: str, round_: int, pause_s: float | None) -> float | None:
        """Try once. Seconds until the next attempt; None when there is to be none. `pause_s` None: it is the last."""
        row = await self._row(ticket_id)
        if row is None or row.crm_state != "pending" or row.crm_round != round_:
            return None
        with logs.of_call(row.call_id):
            return await self._attempt(row, pause_s)

    async def _attempt(self, row: TicketRow, pause_s: float | None) -> float | None:
        draft = await self._draft(row)
        try:
            async with self._turns:
                ticket = await self.crm.create_ticket(draft)
        except CrmError as error:
            return await self._failed(row, error, pause_s)
        except Exception as error:
            # An adapter that breaks its contract must not leave a ticket waiting that nobody sends.
            log.exception("crm_adapter_broken", ticket_id=row.id)
            broken = CrmError("crm_adapter_broken", permanent=True, reason=type(error).__name__)
            return await self._failed(row, broken, pause_s)
        await self._sent(row.id, ticket)
        return None

    async def _sent(self, ticket_id: str, ticket: ExternalTicket) -> None:
        async with self.db.transaction() as work:
            row = await work.session.get_one(TicketRow, ticket_id, with_for_update=True)
            row.crm_state = state = _sent_state(self.crm.remote)
            row.crm_attempts += 1
            row.crm_external_id = ticket.external_id if self.crm.remote else None
            row.crm_url = ticket.url
            row.crm_last_error, row.crm_next_try_at = None, None
            work.emit(TicketCrmChanged(at=self.clock(), call_id=row.call_id, ticket_id=row.id, state=state))
        if self.crm.remote:
            metrics.CRM_TICKETS.labels("sent").inc()
            log.info("ticket_sent", ticket_id=ticket_id, external_id=ticket.external_id)

    async def _failed(self, sent: TicketRow, error: CrmError, pause_s: float | None) -> float | None:
        """Record a failed attempt, unless a new round has begun meanwhile."""
        again_s = None if error.permanent or pause_s is None else max(pause_s, error.retry_after_s or 0.0)
        async with self.db.transaction() as work:
            row = await work.session.get_one(TicketRow, sent.id, with_for_update=True)
            if row.crm_round != sent.crm_round or row.crm_state != "pending":
                return None
            now = self.clock()
            state: CrmState = "failed" if again_s is None else "pending"
            row.crm_state = state
            row.crm_attempts += 1
            row.crm_last_error = _kept(error)
            row.crm_next_try_at = None if again_s is None else now + timedelta(seconds=again_s)
            work.emit(TicketCrmChanged(at=now, call_id=row.call_id, ticket_id=row.id, state=state))
        metrics.CRM_TICKETS.labels("failed" if again_s is None else "deferred").inc()
        log.warning("crm_attempt_failed", ticket_id=sent.id, code=error.code, again_s=again_s)
        return again_s

    async def _row(self, ticket_id: str) -> TicketRow | None:
        async with self.db.read() as session:
            return await session.get(TicketRow, ticket_id)

    async def _draft(self, row: TicketRow) -> TicketDraft:
        return TicketDraft(
            number=row.number,
            kind=row.kind,
            category=row.category or "",
            summary=row.summary,
            created_at=row.created_at,
            idempotency_key=f"ticket_{row.id}",
            customer=await self._customer(row),
            call=await self._call(row),
            recording_url=self.recording_link(row.call_id) if row.call_id else None,
        )

    async def _customer(self, row: TicketRow) -> TicketCustomer | None:
        if row.customer_id is None:
            return None
        names = await self.customers.names([row.customer_id])
        phones = await self.customers.numbers(row.customer_id)
        return TicketCustomer(names.get(row.customer_id, ""), phones)

    async def _call(self, row: TicketRow) -> TicketCall | None:
        call = await self.calls.facts(row.call_id) if row.call_id else None
        return TicketCall(call.id, call.number, call.queue, call.started_at) if call else None


def _sent_state(remote: bool) -> CrmState:
    return "sent" if remote else "off"


def _kept(error: CrmError) -> dict[str, object]:
    params = {name: value if isinstance(value, int | float) else str(value) for name, value in error.params.items()}
    return {"code": error.code, "field": error.field, "params": params}
