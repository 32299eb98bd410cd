"""The list of calls: the ledger joined with users, customers, tickets and recordings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.accounts.model import UserRow
from callcenter.calls import model as ledger
from callcenter.clock import Clock
from callcenter.complaints.model import TicketRow
from callcenter.customers.model import CustomerRow
from callcenter.db import Database
from callcenter.desk.call_shapes import CallQuery, CallRow
from recordings.model import RecordingRow, TranscriptRow

# A number as people type it → E.164, None for what is no whole number.
ReadNumber = Callable[[str], str | None]
_BASE = (
    select(ledger.CallRow, CustomerRow.name, UserRow.name)
    .outerjoin(CustomerRow, CustomerRow.id == ledger.CallRow.customer_id)
    .outerjoin(UserRow, UserRow.id == ledger.CallRow.agent_id)
)
Wanted = Select[ledger.CallRow, str, str]
Joined = tuple[ledger.CallRow, str | None, str | None]


@dataclass(frozen=True)
class CallList:
    """Reads the ledger for the screens."""

    db: Database
    clock: Clock
    read_number: ReadNumber

    async def page(self, wanted: CallQuery, user_id: str) -> list[CallRow]:
        """The newest first, older than the cursor; one more than the limit, when there are more."""
        query = self._narrowed(_BASE, wanted, user_id).order_by(ledger.CallRow.id.desc()).limit(wanted.limit + 1)
        if wanted.cursor:
            query = query.where(ledger.CallRow.id < wanted.cursor)
        return await self._rows(query)

    async def of_customer(self, customer_id: str, limit: int) -> list[CallRow]:
        """A customer's calls, the newest first."""
        query = _BASE.where(ledger.CallRow.customer_id == customer_id)
        return await self._rows(query.order_by(ledger.CallRow.started_at.desc()).limit(limit))

    async def one(self, call_id: str) -> CallRow | None:
        """One call; None when there is none of this id."""
        rows = await self._rows(_BASE.where(ledger.CallRow.id == call_id))
        return rows[0] if rows else None

    def _narrowed(self, query: Wanted, wanted: CallQuery, user_id: str) -> Wanted:
        if wanted.queue:
            query = query.where(ledger.CallRow.queue == wanted.queue)
        if wanted.outcome:
            query = query.where(ledger.CallRow.outcome == wanted.outcome)
        if wanted.mine:
            query = query.where(ledger.CallRow.agent_id == user_id)
        return self._searched(query, wanted.q.strip()) if wanted.q and wanted.q.strip() else query

    def _searched(self, query: Wanted, text: str) -> Wanted:
        number = self.read_number(text)
        if number:  # a whole number has an index
            return query.where(ledger.CallRow.number == number)
        in_name = CustomerRow.name.icontains(text, autoescape=True)
        digits = "".join(filter(str.isdigit, text))
        if not digits:
            return query.where(in_name)
        return query.where(or_(in_name, ledger.CallRow.raw_number.contains(digits, autoescape=True)))

    async def _rows(self, query: Wanted) -> list[CallRow]:
        async with self.db.read() as session:
            joined = list((await session.execute(query)).all())
            beside = await _beside(session, [call.id for call, *_ in joined], self.clock())
        return [_shaped(row, beside) for row in joined]


@dataclass(frozen=True)
class _Beside:
    """What hangs on the calls of one page, by call."""

    tickets: dict[str, list[str]]
    talks: dict[str, float]
    recorded: set[str]
    transcripts: dict[str, str]


async def _beside(session: AsyncSession, ids: Sequence[str], now: datetime) -> _Beside:
    found = _Beside(defaultdict(list), defaultdict(float), set(), {})
    if not ids:
        return found
    tickets = select(TicketRow.call_id, TicketRow.number).where(TicketRow.call_id.in_(ids)).order_by(TicketRow.id)
    for call_id, number in (await session.execute(tickets)).all():
        found.tickets[call_id or ""].append(number)
    for talk in (await session.scalars(select(ledger.CallTalkRow).where(ledger.CallTalkRow.call_id.in_(ids)))).all():
        found.talks[talk.call_id] += ((talk.ended_at or now) - talk.started_at).total_seconds()
    sounds = (
        select(RecordingRow.call_id, RecordingRow.state, TranscriptRow.state)
        .outerjoin(TranscriptRow, TranscriptRow.recording_id == RecordingRow.id)
        .where(RecordingRow.call_id.in_(ids))
    )
    for call_id, state, transcript in (await session.execute(sounds)).all():
        if state == "ready":
            found.recorded.add(call_id)
        if transcript:
            found.transcripts[call_id] = transcript
    return found


def _shaped(row: Joined, beside: _Beside) -> CallRow:
    call, customer_name, agent_name = row
    waited_until = call.answered_at or call.ended_at
    wait = (waited_until - call.queued_at).total_seconds() if call.queued_at and waited_until else None
    return CallRow.model_validate(
        {
            **{name: getattr(call, name) for name in CallRow.model_fields if hasattr(call, name)},
            "menu_path": call.menu_path or None,
            "kind": call.kind or None,
            "language": call.language or None,
            "customer_name": customer_name,
            "agent_name": agent_name,
            "wait_s": wait,
            "talk_s": round(beside.talks[call.id], 3),
            "has_recording": call.id in beside.recorded,
            "transcript_state": beside.transcripts.get(call.id, "none"),
            "ticket_numbers": beside.tickets[call.id],
        }
    )
