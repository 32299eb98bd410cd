"""What people add to a call, and what other rooms ask of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from callcenter.calls.model import ACTIVE, CallLegRow, CallRow
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.events import Event
from callcenter.events.calls import CallerChosen

Disposition = Literal[
    "resolved", "ticket_opened", "callback_promised", "transferred", "wrong_number", "no_response", "other"
]
DISPOSITIONS: tuple[str, ...] = get_args(Disposition)
LONGEST_NOTE = 4000


@dataclass(frozen=True)
class BusyAgent:
    """A phone that rings or talks, `since` when; `queue` is the call's."""

    extension: str
    call_id: str
    talking: bool
    queue: str | None
    since: datetime


@dataclass(frozen=True)
class Calls:
    """The ledger, as other rooms and the API use it."""

    db: Database

    async def get(self, call_id: str) -> CallRow:
        """A call, or the `Problem` call_unknown."""
        async with self.db.read() as session:
            row = await session.get(CallRow, call_id)
        if row is None:
            raise _unknown(call_id)
        return row

    async def set_customer(self, call_id: str, customer_id: str | None, chosen_at: datetime | None = None) -> None:
        """Say who the far party is; None takes it back. `chosen_at`: an agent says so, and screens must learn it."""
        event = CallerChosen(at=chosen_at, call_id=call_id, customer_id=customer_id) if chosen_at else None
        try:
            await self._set(call_id, event, customer_id=customer_id)
        except IntegrityError as error:
            raise Problem("customer_choice_unknown", field="customer_id", value=customer_id) from error

    async def propose_customer(self, call_id: str, customer_id: str) -> None:
        """Say who the far party is, unless somebody has said it already."""
        unsaid = (CallRow.id == call_id) & CallRow.customer_id.is_(None)
        async with self.db.transaction() as work:
            await work.session.execute(update(CallRow).where(unsaid).values(customer_id=customer_id))

    async def set_disposition(self, call_id: str, code: str, note: str = "") -> None:
        """How the agent sums up the call."""
        if code not in DISPOSITIONS:
            raise Problem("disposition_unknown", field="code", value=code, codes=", ".join(DISPOSITIONS))
        if len(note) > LONGEST_NOTE:
            raise Problem("note_too_long", field="note", limit=LONGEST_NOTE)
        await self._set(call_id, disposition=code, note=note.strip() or None)

    async def busy_agents(self) -> list[BusyAgent]:
        """The agents' phones that take part in open calls."""
        query = (
            select(CallLegRow, CallRow)
            .join(CallRow, CallRow.id == CallLegRow.call_id)
            .where(CallRow.outcome == ACTIVE, CallLegRow.extension.is_not(None), CallLegRow.ended_at.is_(None))
        )
        async with self.db.read() as session:
            rows = (await session.execute(query)).all()
        return [
            BusyAgent(leg.extension, call.id, leg.answered_at is not None, call.queue, since)
            for leg, call in rows
            if leg.extension and (since := leg.answered_at or leg.ringing_at)
        ]

    async def _set(self, call_id: str, event: Event | None = None, **values: Any) -> None:
        async with self.db.transaction() as work:
            known = await work.session.scalar(select(CallRow.id).where(CallRow.id == call_id))
            if known is None:
                raise _unknown(call_id)
            await work.session.execute(update(CallRow).where(CallRow.id == call_id).values(**values))
            if event is not None:
                work.emit(event)


def _unknown(call_id: str) -> Problem:
    return Problem("call_unknown", status=404, call_id=call_id)
