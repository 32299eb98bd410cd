"""The ledger laid beside Asterisk's files and its own journal, for commands; a service may run meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from callcenter.asterisk.files import cdr, cel, queue_log
from callcenter.calls import journal_store, store
from callcenter.calls.check import check
from callcenter.calls.disagreement import Disagreement, Kept
from callcenter.calls.filed import Filed, filed
from callcenter.calls.files_here import Place, look, recognise
from callcenter.calls.model import CallRow
from callcenter.calls.ports import Agents
from callcenter.calls.term import LedgerTermRow
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import Problem

# A call at midnight finds its beginning, and its end the next morning. No call is longer than a day.
_BEFORE, _AFTER = timedelta(hours=1), timedelta(hours=12)
_LONGEST = timedelta(days=1)
# The ledger is written a moment after the files.
_SETTLED = timedelta(seconds=5)


@dataclass(frozen=True)
class Checked:
    """What came of a check."""

    server: str
    since: datetime
    until: datetime
    calls: int
    disagreements: list[Disagreement]


@dataclass(frozen=True)
class Audit:
    """`folders`: server → where its files are, None when they cannot be read here; `settings`: server → what says so,
    for whoever has to correct it."""

    db: Database
    agents: Agents
    folders: Mapping[str, Path | None]
    zone: ZoneInfo
    clock: Clock
    settings: Mapping[str, str] = field(default_factory=dict)

    def day(self, text: str | None) -> tuple[datetime, datetime]:
        """When a day of the firm, `2026-11-24`, begins and ends; None: today. Problem for one that has not begun."""
        today = self.clock().astimezone(self.zone).date()
        try:
            day = date.fromisoformat(text) if text else today
            begins = datetime.combine(day, time(), self.zone)
            begins.astimezone(UTC) - _LONGEST  # the first days of all have no day before them
        except (ValueError, OverflowError) as error:
            raise Problem("ledger_day_unreadable", field="--day", value=text) from error
        if day > today:
            raise Problem("ledger_day_to_come", field="--day", value=text, today=today.isoformat())
        return begins, datetime.combine(day + timedelta(days=1), time(), self.zone)

    async def check(self, server: str, since: datetime, until: datetime) -> Checked:
        """Compare the calls of one server that began in a time. Problem when that cannot be done."""
        if server not in self.folders:
            raise Problem("ledger_server_unknown", field="--server", value=server, known=", ".join(self.folders))
        now, kept = self.clock(), await self._kept(server, since, until)
        settled = now - _SETTLED
        mine = [call for call in kept if since <= call.record.started_at < until]
        place = Place(server, self.folders[server], self.settings.get(server, "logs_dir"))
        folder = await asyncio.to_thread(look, place, mine, settled)
        files = await asyncio.to_thread(_read, folder, since - _BEFORE, min(until + _AFTER, now))
        recognise(place, mine, files)
        found = check(kept, files, since, until, set(self.agents), settled)
        if strange := {each.call_id for each in found if each.kind == "leg_extension" and each.call_id}:
            found = check(kept, files, since, until, await self._agents_then(strange), settled)
        return Checked(server, since, until, len(mine), found)

    async def _kept(self, server: str, since: datetime, until: datetime) -> list[Kept]:
        """The calls of that time, and of those that began long before it the ones of which its files tell the end.
        Problem when nobody has begun to keep any."""
        which = (
            CallRow.server == server,
            CallRow.started_at >= since - _LONGEST,
            CallRow.started_at < until + _BEFORE,
            or_(CallRow.ended_at.is_(None), CallRow.ended_at >= since - _BEFORE),
        )
        async with self.db.read() as session:
            calls = await store.calls(session, self.agents, *which)
            if not calls and await session.get(LedgerTermRow, server) is None:
                raise Problem("ledger_never_heard", server=server)
        return [Kept(call.record, call.legs, call.talks) for call in calls]

    async def _agents_then(self, calls: Collection[str]) -> set[str]:
        """The extensions of people now, or then if the journals of these calls tell otherwise."""
        then: dict[str, bool] = {}
        async with self.db.read() as session:
            for entry in await journal_store.entries(session, calls):
                for extension, user in entry.body.get("a", {}).items():
                    then[extension] = then.get(extension, False) or user is not None
        return {each for each in {*self.agents, *then} if then.get(each, True)}

    async def calls_between(self, since: datetime, until: datetime) -> list[str]:
        """The ids of the calls that began in a time."""
        query = select(CallRow.id).where(CallRow.started_at >= since, CallRow.started_at < until)
        async with self.db.read() as session:
            return list(await session.scalars(query.order_by(CallRow.id)))


def _read(folder: Path, since: datetime, until: datetime) -> Filed:
    return filed(cel.read(folder, since, until), cdr.read(folder, since, until), queue_log.read(folder, since, until))
