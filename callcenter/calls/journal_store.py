"""Journals of calls as rows.

What one call alone was told in one write is one row: a ringing phone waits for the rows, and fifty phones that ring for
one caller make two hundred messages. What several calls were told together has a row for each call at the same place;
so it is found which calls must be folded together.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, cast

from sqlalchemy import Row, Table, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.calls import journal
from callcenter.calls.journal import SHOWN, Entry, written
from callcenter.calls.model import CallMessageRow, CallRow

_COLUMNS = (
    CallMessageRow.place,
    CallMessageRow.call_id,
    CallMessageRow.at,
    CallMessageRow.name,
    CallMessageRow.body,
)
_AT_ONCE = 500
TRIMMED = 2000
# The name of a row that holds several messages, and how far apart they may be: what is sought or trimmed by its time
# is a row with the time of its first message.
SEVERAL = "Several"
_SPAN = timedelta(seconds=1)


async def add(session: AsyncSession, server: str, entries: Iterable[Entry]) -> None:
    """Append, within the caller's transaction. One plain statement: it is on the way of every ringing phone."""
    rows = [_row(server, some) for some in _together(entries)]
    if rows:
        connection = await session.connection()
        await connection.execute(cast(Table, CallMessageRow.__table__).insert(), rows)


def _together(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Those that share a row."""
    rows: list[list[Entry]] = []
    open_rows: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.shared or entry.name == SHOWN:
            rows.append([entry])
        elif (row := open_rows.get(entry.call_id)) and abs(entry.at - row[0].at) < _SPAN:
            row.append(entry)
        else:
            open_rows[entry.call_id] = row = [entry]
            rows.append(row)
    return rows


def _row(server: str, entries: Sequence[Entry]) -> dict[str, Any]:
    first, name, body = entries[0], entries[0].name, written(entries[0].body)
    if len(entries) > 1:
        each = [[entry.place, entry.at.isoformat(), entry.name, entry.body] for entry in entries]
        name, body = SEVERAL, written(each)
    return {
        "server": server, "place": first.place, "call_id": first.call_id, "at": first.at, "name": name, "body": body
    }  # fmt: skip


async def trim(session: AsyncSession, server: str, before: datetime) -> int:
    """Remove some of the first entries of a server, up to the first that is not older than that; how many.

    Asterisk's clock may have been set back. To remove what is older wherever it stands would leave a journal that has
    its beginning and not all of the rest, and nobody could tell.
    """
    table = cast(Table, CallMessageRow.__table__)
    first = select(table.c.place, table.c.at).where(table.c.server == server).order_by(table.c.place).limit(TRIMMED)
    old = list(takewhile(lambda row: row.at < before, await session.execute(first)))
    if not old:
        return 0
    connection = await session.connection()
    gone = table.delete().where(table.c.server == server, table.c.place <= old[-1].place)
    return (await connection.execute(gone)).rowcount


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
        more = {*await session.scalars(query), *await _united(session, some)} - found
        found |= more
        fresh += more
    return found


async def whole(session: AsyncSession, calls: Collection[str]) -> list[Entry]:
    """The journals of these calls, in order, as far as they can be folded: `calls/journal.py`."""
    ids = sorted(calls)
    began: dict[str, datetime] = {}
    united: list[set[str]] = []
    columns = (CallRow.id, CallRow.started_at, CallRow.merged_into)
    for begin in range(0, len(ids), _AT_ONCE):
        for row in await session.execute(select(*columns).where(CallRow.id.in_(ids[begin : begin + _AT_ONCE]))):
            began[row.id] = row.started_at
            if row.merged_into is not None:
                united.append({row.id, row.merged_into})
    return journal.whole(await entries(session, calls), began, united)


async def _united(session: AsyncSession, some: Collection[str]) -> set[str]:
    """What these calls became part of, and what became part of them: also where Asterisk only showed it."""
    query = select(CallRow.id, CallRow.merged_into).where(
        CallRow.merged_into.is_not(None), CallRow.id.in_(some) | CallRow.merged_into.in_(some)
    )
    return {call_id for pair in await session.execute(query) for call_id in pair}


async def entries(session: AsyncSession, calls: Collection[str]) -> list[Entry]:
    """The journals of these calls, in order."""
    ids = sorted(calls)
    found: list[Entry] = []
    for begin in range(0, len(ids), _AT_ONCE):
        query = select(*_COLUMNS).where(CallMessageRow.call_id.in_(ids[begin : begin + _AT_ONCE]))
        found += [entry for row in await session.execute(query) for entry in _entries(row)]
    return _in_order(found)


async def since(session: AsyncSession, server: str, at: datetime) -> list[Entry]:
    """The newest entries of a server, all those back to a moment among them, oldest first."""
    # A page may end between two calls that were told one message.
    key = tuple_(CallMessageRow.place, CallMessageRow.call_id)
    newest_first = (CallMessageRow.place.desc(), CallMessageRow.call_id.desc())
    query = select(*_COLUMNS).where(CallMessageRow.server == server).order_by(*newest_first)
    found: list[Entry] = []
    older = query
    while True:
        rows = (await session.execute(older.limit(_AT_ONCE))).all()
        found += [entry for row in rows for entry in _entries(row)]
        if len(rows) < _AT_ONCE or max(row.at for row in rows) < at - _SPAN:
            return _in_order(found)
        older = query.where(key < (rows[-1].place, rows[-1].call_id))


def _entries(row: Row[int, str, datetime, str, str]) -> Iterator[Entry]:
    place, call_id, at, name, body = row
    if name != SEVERAL:
        yield Entry(place, call_id, at, name, json.loads(body))
        return
    for own_place, own_at, own_name, own_body in json.loads(body):
        yield Entry(own_place, call_id, datetime.fromisoformat(own_at), own_name, own_body)


def _in_order(found: list[Entry]) -> list[Entry]:
    return sorted(found, key=lambda entry: (entry.place, entry.order))
