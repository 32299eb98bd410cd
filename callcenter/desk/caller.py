"""Who calls, written into the ledger: at once when only one customer has the number, else when the agent says so."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.bus import Subscriber
from callcenter.calls.service import Calls
from callcenter.clock import Clock
from callcenter.customers.service import Customers
from callcenter.events import Event
from callcenter.events.calls import CallNumberLearned, CallStarted


@dataclass(frozen=True)
class Callers:
    """Joins calls and customers."""

    calls: Calls
    customers: Customers
    clock: Clock

    def subscribers(self) -> list[Subscriber]:
        """Durable; for the workers."""
        return [Subscriber(self.on_number, (CallStarted, CallNumberLearned), durable="desk.caller")]

    async def on_number(self, event: Event) -> None:
        """A choice made in the meantime stands."""
        assert isinstance(event, CallStarted | CallNumberLearned)
        candidates = await self.customers.find_by_number(event.number)
        if len(candidates) == 1:
            await self.calls.propose_customer(event.call_id, candidates[0].id)

    async def choose(self, call_id: str, customer_id: str | None) -> None:
        """The agent says who calls, or takes it back. A customer that does not exist is a `Problem`."""
        if customer_id is not None:
            await self.customers.get(customer_id)
        await self.calls.set_customer(call_id, customer_id, chosen_at=self.clock())
