"""What tickets need from other rooms; wired in `app.py`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class CallFacts:
    """The call in which a ticket was opened. `number` is the caller's, None when withheld; times are UTC."""

    id: str
    number: str | None
    queue: str | None
    started_at: datetime
    customer_id: str | None = None


class CallBook(Protocol):
    """The ledger of calls."""

    async def facts(self, call_id: str) -> CallFacts | None:
        """The call, None when there is none of this id."""
        ...


class CustomerBook(Protocol):
    """The customers' records."""

    async def names(self, customer_ids: Collection[str]) -> Mapping[str, str]:
        """Id → name; unknown ids are left out."""
        ...

    async def numbers(self, customer_id: str) -> tuple[str, ...]:
        """A customer's numbers, E.164 where they could be read."""
        ...

    async def matching(self, text: str, limit: int) -> list[str]:
        """Ids of customers whose name, number or room fits a text."""
        ...


class People(Protocol):
    """The users of the service."""

    async def names(self, user_ids: Collection[str]) -> Mapping[str, str]:
        """Id → name; unknown ids are left out."""
        ...


# The address at which a call's recording can be heard by whoever may; None when the firm set none.
RecordingLink = Callable[[str], str | None]


class Run(Protocol):
    """A running durable job: finished steps are remembered over a crash."""

    async def step(
        self, label: str, action: Callable[[], Awaitable[T]], *, tries: int = 1, first_delay_s: float = 1.0
    ) -> T:
        """The remembered result of `action` (plain data)."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; a restart does not begin the wait anew."""
        ...


class Jobs(Protocol):
    """The engine of durable jobs."""

    def register(
        self, name: str, handler: Callable[[Run, str], Awaitable[None]], concurrency: int | None = None
    ) -> None:
        """Name a job."""
        ...

    async def start(self, name: str, key: str, argument: str) -> None:
        """Begin a job; harmless when it has begun already."""
        ...
