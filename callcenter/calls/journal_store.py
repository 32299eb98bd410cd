"""Journals of calls as rows."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import cast

from sqlalchemy import Row, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.calls.journal import SHOWN, Entry, written
from callcenter.calls.model import CallMessageRow

_COLUMNS = (
    CallMessageRow.place,
    CallMessageRow.call_id,
    CallMessageRow.at,
    CallMessageRow.name,
    CallMessageRow.body,
)
_AT_ONCE = 500
TRIMMED = 2000


async def add(session: AsyncSession, server: str, entries: Iterable[Entry]) -> None:
    """Append, within the caller's transaction. One plain statement: it is on the way of every ringing phone."""
    rows = [
        {
            "server": server,
            "place": entry.place,
            "call_id": entry.call_id,
            "at": entry.at,
            "name": entry.name,
            "body": written(entry.body),
        }
        for entry in entries
    ]
    if rows:
        connection = await session.connection()
        await connection.execute(cast(Table, CallMessageRow.__table__).insert(), rows)


async def trim(session: AsyncSession, server: str, before: datetime) -> int:
    """Remove some of the oldest entries of a server that are older than that; how many."""
    table = cast(Table, CallMessageRow.__table__)
    oldest = select(table.c.place).where(table.c.server == server).order_by(table.c.place).limit(TRIMMED)
    places = list(await session.scalars(oldest))
    old = (table.c.server == server, table.c.place <= max(places, default=0), table.c.at < before)
    connection = await session.connection()
    return (await connection.execute(table.delete().where(*old))).rowcount


async def connected(session: AsyncSession, calls: Collection[str]) -> set[str]:
    """These calls and all that shared a message with them, however far around."""
    mine, theirs = aliased(CallMessageRow), aliased(CallMessageRow)
    found, fresh = set(calls), list(calls)
    while fresh:
        some, fresh = fresh[:_AT_ONCE], fresh[_AT_ONCE:]
        query = (
            select(theirs.call_id)
            .join(mine, (mine.server == theirs.server) & (mine.place == theirs.place))
            .where(mine.call_id.in_(some), mine.name != SHOWN, theirs.call_id != mine.call_id)
            .distinct()
        )
        more = set(await session.scalars(query)) - found
        found |= more
        fresh += more
    return found


async def entries(session: AsyncSession, calls: Collection[str]) -> list[Entry]:
    """The journals of these calls, in order."""
    ids = sorted(calls)
    found: list[Entry] = []
    for begin in range(0, len(ids), _AT_ONCE):
        query = select(*_COLUMNS).where(CallMessageRow.call_id.in_(ids[begin : begin + _AT_ONCE]))
        found += [_entry(row) for row in await session.execute(query)]
    return sorted(found, key=lambda entry: entry.place)


async def since(session: AsyncSession, server: str, at: datetime) -> list[Entry]:
    """The newest entries of a server back to a moment, oldest first."""
    query = select(*_COLUMNS).where(CallMessageRow.server == server).order_by(CallMessageRow.place.desc())
    found: list[Entry] = []
    while True:
        older = query.where(CallMessageRow.place < found[-1].place) if found else query
        some = [_entry(row) for row in await session.execute(older.limit(_AT_ONCE))]
        found += some
        if len(some) < _AT_ONCE or max(entry.at for entry in some) < at:
            return found[::-1]


def _entry(row: Row[int, str, datetime, str, str]) -> Entry:
    return Entry(row[0], row[1], row[2], row[3], json.loads(row[4]))
