"""What agents write of a call while they talk, kept as they type: who gets the call next sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.calls.service import LONGEST_NOTE
from callcenter.clock import Clock
from callcenter.db import Base, Database, UtcDateTime
from callcenter.errors import Problem
from callcenter.events.calls import CallNoted

# A statement of both databases. What says the same as before is not written, and told to nobody.
_KEEP = text(
    "INSERT INTO call_notes (call_id, user_id, note, noted_at) VALUES (:call_id, :user_id, :note, :noted_at) "
    "ON CONFLICT (call_id, user_id) DO UPDATE SET note = excluded.note, noted_at = excluded.noted_at "
    "WHERE call_notes.note <> excluded.note RETURNING call_id"
).bindparams(bindparam("noted_at", type_=UtcDateTime()))


class CallNoteRow(Base):
    """One agent's note of one call."""

    __tablename__ = "call_notes"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    # No foreign key: what was written stays, whatever became of the user.
    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    noted_at: Mapped[datetime]


@dataclass(frozen=True)
class Notes:
    """The notes of all calls."""

    db: Database
    clock: Clock

    async def keep(self, call_id: str, user_id: str, extension: str | None, note: str) -> None:
        """Keep what an agent has written so far. An unknown call and a note that is too long are `Problem`s."""
        if len(note) > LONGEST_NOTE:
            raise Problem("note_too_long", field="note", limit=LONGEST_NOTE)
        at = self.clock()
        row = {"call_id": call_id, "user_id": user_id, "note": note, "noted_at": at}
        try:
            async with self.db.transaction() as work:
                if (await work.session.execute(_KEEP, row)).first() is not None:
                    work.emit(CallNoted(at=at, call_id=call_id, user_id=user_id, extension=extension))
        except IntegrityError as error:
            raise Problem("call_unknown", status=404, call_id=call_id) from error
