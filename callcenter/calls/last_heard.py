"""Who is heard now: servers to which nobody listens, and gaps that nobody will close."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast
from zoneinfo import ZoneInfo

from sqlalchemy import select

from callcenter.calls.model import LedgerGapRow
from callcenter.calls.term import LedgerTermRow
from callcenter.db import Database
from callcenter.errors import Problem

# Whoever listens notes every five seconds how far he has heard. Asterisk's clock may differ from this one.
_LONG_AGO = timedelta(seconds=60)
# As `gaps.ClosedBy`; `removed`: not at all, and its server is no longer set up.
Closing = Literal["files", "snapshot", "removed"]


@dataclass(frozen=True)
class Silence:
    """A server that is not heard. `since` is by its own clock, None when it never was."""

    server: str
    since: datetime | None

    def problem(self, zone: ZoneInfo) -> Problem:
        """The same in words."""
        if self.since is None:
            return Problem("ledger_never_heard", server=self.server)
        shown = self.since.astimezone(zone).isoformat(sep=" ", timespec="seconds")
        return Problem("ledger_not_heard", server=self.server, since=shown)


async def silent(db: Database, servers: Collection[str], now: datetime) -> list[Silence]:
    """Which of these servers nobody hears."""
    async with db.read() as session:
        rows = await session.execute(select(LedgerTermRow.server, LedgerTermRow.heard_at))
        heard = {row.server: row.heard_at for row in rows}
    return [Silence(server, at) for server in servers if (at := heard.get(server)) is None or now - at > _LONG_AGO]


def closing(row: LedgerGapRow, servers: Collection[str]) -> Closing | None:
    """How a gap was closed; None: not yet, or there is nothing to close in a time of late events."""
    if row.closed_by is None and row.why != "late" and row.server not in servers:
        return "removed"
    return cast(Closing | None, row.closed_by)
