"""Ticket numbers: month and running number, unique and without gaps."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# One statement of both databases. The counter's row stays locked until the transaction ends, and a transaction
# that fails takes its number back: so no number is given twice and none is left out.
_NEXT = text(
    "INSERT INTO ticket_counters (period, last) VALUES (:period, 1) "
    "ON CONFLICT (period) DO UPDATE SET last = ticket_counters.last + 1 RETURNING last"
)


def period_of(moment: datetime, zone: ZoneInfo) -> str:
    """The month in which a moment falls at the firm, such as `202611`."""
    return moment.astimezone(zone).strftime("%Y%m")


def shown(period: str, running: int) -> str:
    """The number people see, such as `202611-0042`."""
    return f"{period}-{running:04d}"


async def next_number(session: AsyncSession, period: str) -> str:
    """The period's next number, taken in the transaction of `session`."""
    running = (await session.execute(_NEXT, {"period": period})).scalar_one()
    return shown(period, running)
