"""One call: its legs, its time line from the journal, its recording, its tickets, its customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.model import UserRow
from callcenter.calls import model as ledger
from callcenter.complaints import model as tickets
from callcenter.complaints.routes import TicketShapes
from callcenter.db import Database, JournalRow
from callcenter.desk.call_list import CallList
from callcenter.desk.call_shapes import (
    CallDetail,
    CallLeg,
    Recording,
    RecordingSides,
    Segment,
)
from callcenter.desk.call_timeline import timeline
from callcenter.desk.cards import Cards
from callcenter.errors import Problem
from recordings.model import RecordingRow


@dataclass(frozen=True)
class _Found:
    call: ledger.CallRow
    legs: Sequence[ledger.CallLegRow]
    journal: Sequence[JournalRow]
    recording: RecordingRow | None
    tickets: Sequence[tickets.TicketRow]
    agents: Mapping[str, str]


@dataclass(frozen=True)
class CallDetails:
    """Puts one call together."""

    db: Database
    calls: CallList
    cards: Cards
    ticket_shapes: TicketShapes

    async def show(self, call_id: str, language: str) -> CallDetail:
        """Everything about a call. `language` is that of its tickets' words."""
        row = await self.calls.one(call_id)
        if row is None:
            raise Problem("call_unknown", status=404, call=call_id)
        async with self.db.read() as session:
            found = await _found(session, call_id)
        return CallDetail(
            **row.model_dump(),
            lacks="anything" if found.call.gap else "holds" if found.call.holds_gap else None,
            legs=[_leg(leg, found.agents) for leg in found.legs],
            timeline=timeline([journalled.event() for journalled in found.journal], found.agents),
            disposition=found.call.disposition,
            note=found.call.note,
            customer=await self.cards.of_customer(row.customer_id) if row.customer_id else None,
            tickets=await self.ticket_shapes.shaped(found.tickets, language),
            recording=_recording(found.recording) if found.recording else None,
        )


async def _found(session: AsyncSession, call_id: str) -> _Found:
    legs = select(ledger.CallLegRow).where(ledger.CallLegRow.call_id == call_id)
    journal = select(JournalRow).where(JournalRow.call_id == call_id).order_by(JournalRow.seq)
    recording = select(RecordingRow).where(RecordingRow.call_id == call_id).order_by(RecordingRow.started_at)
    opened = select(tickets.TicketRow).where(tickets.TicketRow.call_id == call_id).order_by(tickets.TicketRow.id)
    agents = select(UserRow.extension, UserRow.name).where(UserRow.extension.is_not(None))
    return _Found(
        call=await session.get_one(ledger.CallRow, call_id),
        legs=(await session.scalars(legs.order_by(ledger.CallLegRow.started_at))).all(),
        journal=(await session.scalars(journal)).all(),
        recording=await session.scalar(recording.limit(1)),
        tickets=(await session.scalars(opened)).all(),
        agents={extension or "": name for extension, name in (await session.execute(agents)).all()},
    )


def _leg(leg: ledger.CallLegRow, agents: Mapping[str, str]) -> CallLeg:
    columns = {name: getattr(leg, name) for name in CallLeg.model_fields if hasattr(leg, name)}
    return CallLeg.model_validate({**columns, "agent_name": agents.get(leg.extension or "")})


def _recording(row: RecordingRow) -> Recording:
    return Recording.model_validate(
        {
            "id": row.id,
            "state": row.state,
            "duration_s": row.duration_s,
            "repaired": row.repaired,
            "sides": RecordingSides(caller=row.caller_file is not None, agent=row.heard_file is not None),
            "segments": [Segment.model_validate(segment) for segment in row.segments],
        }
    )
