"""A call of the desk's tests."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from callcenter.calls.model import CallRow
from callcenter.customers.numbers import parse
from callcenter.events import Event, calls
from callcenter.events.ids import new_id

from .fakes import REGION

if TYPE_CHECKING:
    from .house import House


class Line:
    """A call as the ledger would write it: rows and events in one transaction."""

    def __init__(self, house: House, number: str) -> None:
        self.house, self.number, self.id = house, number, new_id()
        self.at = house.now
        self._rings = 0

    async def start(self) -> Line:
        """The caller dials the complaint number."""
        number = parse(self.number, REGION).e164
        row = CallRow(
            id=self.id, server="pbx", linked_id=self.id, direction="inbound", raw_number=self.number, number=number,
            dialled="02088886667", menu_path="", kind="", language="", started_at=self.at, outcome="active",
        )  # fmt: skip
        async with self.house.db.transaction() as work:
            work.session.add(row)
            work.emit(
                calls.CallStarted(
                    at=self.at, call_id=self.id, server="pbx", linked_id=self.id, direction="inbound",
                    number=self.number, dialled="02088886667",
                )
            )  # fmt: skip
        await self.tell(calls.CallQueued(at=self.at, call_id=self.id, queue="complaint", position=1))
        return self

    async def ring(self, *extensions: str) -> Line:
        """Agents' phones ring."""
        for extension in extensions:
            ring_id = f"{self.id}-{extension}-{self._rings}"
            await self.tell(
                calls.CallRinging(at=self.at, call_id=self.id, extension=extension, ring_id=ring_id, queue="complaint")
            )
        return self

    async def ask(self, extension: str, colleague: str) -> str:
        """An agent rings a colleague on a second line; the id of that call."""
        asked = Line(self.house, colleague)
        started = calls.CallStarted(
            at=self.at, call_id=asked.id, server="pbx", linked_id=asked.id, direction="internal", number=colleague,
            dialled=colleague, extension=extension,
        )  # fmt: skip
        rings = calls.CallRinging(
            at=self.at, call_id=asked.id, extension=colleague, ring_id=f"{asked.id}-{colleague}", queue=None
        )
        async with self.house.db.transaction() as work:
            work.emit(started)
            work.emit(rings)
        return asked.id

    async def answer(self, extension: str) -> Line:
        """One of them answers."""
        return await self.tell(
            calls.CallAnswered(at=self.at, call_id=self.id, extension=extension, queue="complaint"),
            answered_at=self.at, extension=extension, agent_id=self.house.user_id(extension),
        )  # fmt: skip

    async def end(self, outcome: str = "answered") -> Line:
        """The caller hangs up."""
        event = calls.CallEnded.model_validate(
            {"at": self.at, "call_id": self.id, "outcome": outcome, "cause": "normal"}
        )
        return await self.tell(event, ended_at=self.at, outcome=outcome)

    async def tell(self, event: Event, **columns: Any) -> Line:
        """An event of this call, and what it changes in the ledger."""
        async with self.house.db.transaction() as work:
            row = await work.session.get_one(CallRow, self.id)
            for name, value in columns.items():
                setattr(row, name, value)
            work.emit(event)
        self.at += timedelta(seconds=1)
        return self
