"""What those who have had a call leave to those who get it: who they are, what they wrote, the tickets they opened."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from callcenter.accounts.model import UserRow
from callcenter.calls.notes import CallNoteRow
from callcenter.complaints.model import TicketRow
from callcenter.db import Database
from callcenter.desk.fold import Call, Handover
from callcenter.desk.history import TICKET, card_ticket

_WHO = (
    select(UserRow.extension, UserRow.name, CallNoteRow.note)
    .outerjoin(CallNoteRow, (CallNoteRow.user_id == UserRow.id) & (CallNoteRow.call_id == bindparam("call")))
    .where(UserRow.extension.in_(bindparam("extensions", expanding=True)))
)
_TICKETS = select(*TICKET).where(TicketRow.call_id == bindparam("call")).order_by(TicketRow.id)


@dataclass(frozen=True)
class Handovers:
    """Reads them."""

    db: Database

    async def look_up(self, call: Call) -> Handover:
        """As it is now."""
        extensions = list({**call.had, **call.parts})
        async with self.db.read() as session:
            who = (await session.execute(_WHO, {"call": call.id, "extensions": extensions})).all()
            tickets = (await session.execute(_TICKETS, {"call": call.id})).all()
        return Handover(
            names={**dict.fromkeys(extensions), **{row.extension: row.name for row in who}},
            notes={row.extension: row.note for row in who if row.note},
            tickets=tuple(card_ticket(row) for row in tickets),
        )
