"""What the desk asks of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from callcenter.desk.fold import Call, Card
from callcenter.desk.protocol import Presence, QueueLive
from crm_adapter.ports import ForeignRecord

# Who may be calling. The call is as the screens know it.
LookUp = Callable[[Call], Awaitable[Card]]


class ForeignRecords(Protocol):
    """The firm's own CRM, as far as the pop needs it; any `CrmAdapter` will do."""

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        """Records that hold this number."""
        ...


class Floor(Protocol):
    """The agents and the queues at this moment."""

    async def presence(self, user_id: str) -> Presence | None:
        """How an agent is; None for a user without a phone."""
        ...

    async def queues(self) -> list[QueueLive]:
        """The live figures of every queue."""
        ...
