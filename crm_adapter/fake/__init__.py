"""A CRM in memory, for tests and trials. It passes the same contract as the real ones."""

from __future__ import annotations

from collections import deque

from crm_adapter.ports import CrmError, ExternalTicket, ForeignRecord, TicketDraft


class FakeCrm:
    """Remembers what it was sent; `fail_next` makes the coming calls fail, one error each."""

    remote = True

    def __init__(self) -> None:
        self.tickets: dict[str, TicketDraft] = {}
        self.calls = 0
        self.closed = False
        self._failures: deque[CrmError] = deque()
        self._customers: list[ForeignRecord] = []

    def fail_next(self, *errors: CrmError) -> None:
        """Raise these, in order, from the next calls."""
        self._failures.extend(errors)

    def add_customer(self, record: ForeignRecord) -> None:
        """Let `find_customer` find this record by any of its phones."""
        self._customers.append(record)

    async def create_ticket(self, draft: TicketDraft) -> ExternalTicket:
        self._attempt()
        self.tickets.setdefault(draft.idempotency_key, draft)
        position = list(self.tickets).index(draft.idempotency_key) + 1
        return ExternalTicket(external_id=f"FAKE-{position}", state="open")

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        self._attempt()
        return [record for record in self._customers if number in record.phones]

    async def close(self) -> None:
        self.closed = True

    def _attempt(self) -> None:
        self.calls += 1
        if self._failures:
            raise self._failures.popleft()
