"""The journal of the calls that may still be on a screen, for a service that has just started."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import and_, func, or_, select

from callcenter.calls.model import ACTIVE, CallRow
from callcenter.clock import Clock
from callcenter.db import Database, JournalRow
from callcenter.desk.screen_pop import EVENTS
from callcenter.events import Event, Unreadable
from callcenter.events.people import PresenceChanged

log = structlog.get_logger(__name__)
# A wrap-up longer than this, or of a call longer than that, is forgotten by a restart.
_WRAP_UP = timedelta(minutes=15)
_LONGEST_CALL = timedelta(hours=4)


@dataclass(frozen=True)
class Past:
    """Reads back what the screens were told."""

    db: Database
    clock: Clock

    async def events(self) -> list[Event]:
        """What happened to the open and the just ended calls, and to the agents meanwhile, in order."""
        lately = self.clock() - _WRAP_UP
        just_ended = and_(CallRow.id > first_id(lately - _LONGEST_CALL), CallRow.ended_at > lately)
        shown = select(CallRow.id).where(or_(CallRow.outcome == ACTIVE, just_ended))
        of_calls = JournalRow.call_id.in_(shown)
        first = select(func.min(JournalRow.seq)).where(of_calls).scalar_subquery()
        meanwhile = or_(of_calls, JournalRow.type == PresenceChanged.__name__)
        types = [event.__name__ for event in EVENTS]
        query = select(JournalRow).where(JournalRow.seq >= first, meanwhile, JournalRow.type.in_(types))
        async with self.db.read() as session:
            rows = (await session.scalars(query.order_by(JournalRow.seq))).all()
        return [event for row in rows if (event := _readable(row))]


def _readable(row: JournalRow) -> Event | None:
    try:
        return row.event()
    except Unreadable:
        log.exception("event_unreadable", seq=row.seq, event_type=row.type)
        return None


def first_id(at: datetime) -> str:
    """No id made from this moment on sorts before it: ids begin with the milliseconds since 1970."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"
