"""What every CRM adapter takes, returns and raises.

An adapter makes one attempt at a call. It never retries: the caller's durable job does, and looks at
`CrmError.permanent` and `CrmError.retry_after_s` to decide whether and when.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class TicketCustomer:
    """Whom the ticket is about. `phones` are E.164 where the number could be read, else as it came."""

    name: str
    phones: tuple[str, ...] = ()


@dataclass(frozen=True)
class TicketCall:
    """The call in which the ticket was opened. `number` is the caller's, None when withheld; times are UTC."""

    id: str
    number: str | None
    queue: str | None
    started_at: datetime


@dataclass(frozen=True)
class TicketDraft:
    """One ticket as it stands in our own store, complete enough to be opened elsewhere.

    `idempotency_key` names the ticket for ever: sending it again must not open a second one. It is
    letters, digits, `_` and `-` only, at most 128 of them.
    """

    number: str
    kind: str
    category: str
    summary: str
    created_at: datetime
    idempotency_key: str
    customer: TicketCustomer | None = None
    call: TicketCall | None = None
    recording_url: str | None = None


@dataclass(frozen=True)
class ExternalTicket:
    """The other side's ticket. `external_id` is our own number when the other side named none."""

    external_id: str
    url: str | None = None
    state: str | None = None


@dataclass(frozen=True)
class ForeignRecord:
    """What a foreign CRM knows about a caller; `fields` are (label, value) pairs to show as they are."""

    external_id: str
    name: str
    phones: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    url: str | None = None


class CrmError(Exception):
    """A CRM call that failed.

    `permanent`: the same call will fail again until a person changes something. `retry_after_s`: the
    other side asked for this pause, in seconds. `params` fill the words found under `code`.
    """

    def __init__(
        self,
        code: str,
        *,
        permanent: bool,
        field: str | None = None,
        retry_after_s: float | None = None,
        **params: object,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.permanent = permanent
        self.field = field
        self.retry_after_s = retry_after_s
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


class CrmAdapter(Protocol):
    """One CRM. Methods raise `CrmError` and nothing else, cancellation apart."""

    @property
    def remote(self) -> bool:
        """False when our own store is the CRM, so that there is nothing to send, to wait for or to show."""

    async def create_ticket(self, draft: TicketDraft) -> ExternalTicket:
        """Open the ticket, or return the one that this `idempotency_key` opened before."""

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        """Records that hold this number (E.164, or the raw digits of one that has no such form); [] for none."""

    async def close(self) -> None:
        """Give back connections. May be called twice."""
