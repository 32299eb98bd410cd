"""What the desk asks of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from callcenter.desk.fold import Call, Card, Handover
from callcenter.queues.shapes import PresenceView, QueueLive
from callcenter.web.identity import Identity
from crm_adapter.ports import ForeignRecord

# Who may be calling. The call is as the screens know it.
LookUp = Callable[[Call], Awaitable[Card]]
# What those who have had the call left to those who get it.
LookUpHandover = Callable[[Call], Awaitable[Handover]]
# What is to be done when the session of a signed-in user is over.
SessionOver = Callable[[Identity], Awaitable[None]]


class ForeignRecords(Protocol):
    """The firm's own CRM, as far as the pop needs it; any `CrmAdapter` will do."""

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        """Records that hold this number."""
        ...


class Floor(Protocol):
    """The agents and the queues at this moment; the room `queues` is one."""

    def view(self, user_id: str, extension: str | None) -> PresenceView:
        """A user's presence."""
        ...

    def live(self) -> list[QueueLive]:
        """The live figures of every queue."""
        ...

    async def leave(self, user_id: str) -> None:
        """A user is no longer at his desk: no more calls for him."""
        ...

    def watch_presence(self, watcher: Callable[[str, str], None]) -> None:
        """Have `watcher(user_id, extension)` called whenever an agent's presence changes."""
        ...

    def watch_queues(self, watcher: Callable[[], None]) -> None:
        """Have `watcher()` called whenever the figures change."""
        ...
