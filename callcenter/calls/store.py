"""Between calls in memory and rows: writes only what changed since it was last written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Delete, Insert, Table, Update, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from callcenter.calls.model import (
    ACTIVE,
    CallHoldRow,
    CallLegRow,
    CallRow,
    CallTalkRow,
    CallVisitRow,
    PbxBootRow,
)
from callcenter.calls.ports import Agents, NumberReader
from callcenter.calls.record import CallRecord, Direction, Hold, Leg, QueueEnd, QueueVisit, Role, Talk
from callcenter.calls.session import CallSession
from callcenter.events.calls import Outcome

Row = dict[str, Any]
# What a call has many of: by key, or in order.
_Many = Mapping[str, Leg] | tuple[Talk | Hold, ...]
_CALLS, _LEGS, _TALKS, _VISITS, _HOLDS = (
    cast(Table, row.__table__) for row in (CallRow, CallLegRow, CallTalkRow, CallVisitRow, CallHoldRow)
)
# In the order in which they are written: the others' rows belong to a call's.
_TABLES = (_CALLS, _VISITS, _LEGS, _TALKS, _HOLDS)
# Of a record, in other tables or under other names.
_ELSEWHERE = ("number", "outcome", "direction", "visits")


@dataclass(frozen=True)
class _Written:
    record: CallRecord
    legs: dict[str, Leg]
    talks: tuple[Talk, ...]
    holds: tuple[Hold, ...]


@dataclass
class LedgerWriter:
    """Remembers what the database holds of each open call. Not to be shared by two listeners."""

    read_number: NumberReader
    _written: dict[str, _Written] = field(default_factory=dict)

    def differs(self, call: CallSession) -> bool:
        """Whether the database lacks something of a call."""
        old = self._written.get(call.record.id)
        if old is None:
            return True
        # Of each message: what has not changed is the same object, and nothing is copied.
        kept = (old.record, old.legs, old.talks, old.holds)
        return kept != (call.record, call.legs, call.talks, call.holds)

    async def write(self, session: AsyncSession, *calls: CallSession) -> None:
        """Bring the rows of calls up to date, within the caller's transaction; those of one table together."""
        connection = await session.connection()
        found: dict[Table, tuple[dict[str, Row], dict[str, Row]]] = {}
        for call in calls:
            mine = call.record.id
            for table, before, after in self._tables(self._written.get(mine), _snapshot(call)):
                old, new = found.setdefault(table, ({}, {}))
                old |= {f"{mine} {key}": row for key, row in before.items()}
                new |= {f"{mine} {key}": row for key, row in after.items()}
        for table in _TABLES:
            if table in found:
                await _write_all(connection, table, *found[table])

    def hold(self, call: CallSession) -> None:
        """Take note that this is what the database holds."""
        self._written[call.record.id] = _snapshot(call)

    def committed(self, call: CallSession) -> None:
        """Take note that what `write` wrote is kept."""
        if call.ended:
            self._written.pop(call.record.id, None)
        else:
            self.hold(call)

    def rows(self, call: CallSession) -> dict[str, Row]:
        """All rows of a call, fitted to their columns, by table and key."""
        found: dict[str, Row] = {}
        for table, _before, after in self._tables(None, _snapshot(call)):
            found |= {f"{table.name} {key}".strip(): _fitting(table, row) for key, row in after.items()}
        return found

    def _tables(self, old: _Written | None, new: _Written) -> list[tuple[Table, dict[str, Row], dict[str, Row]]]:
        """What there was and what there is to be in each table that may have changed."""
        own = {"call_id": new.record.id}
        found = []
        if old is None or old.record != new.record:
            found.append((_CALLS, {"": self._columns(old.record)} if old else {}, {"": self._columns(new.record)}))
            found.append((_VISITS, _visits(old.record) if old else {}, _visits(new.record)))
        for table, name in ((_LEGS, "legs"), (_TALKS, "talks"), (_HOLDS, "holds")):
            before, after = getattr(old, name, None), getattr(new, name)
            if before != after:
                found.append((table, _rows(own, before or {}, after), _rows(own, after, before or {})))
        return found

    def _columns(self, record: CallRecord) -> dict[str, Any]:
        columns = dict(vars(record))
        del columns["visits"]
        columns["raw_number"] = columns.pop("number")
        columns["number"] = self.read_number(record.number) if record.number else None
        columns["outcome"] = record.outcome or ACTIVE
        return columns


async def open_calls(session: AsyncSession, server: str, agents: Agents) -> list[CallSession]:
    """The calls of a server that the ledger left open, oldest first."""
    return await calls(session, agents, CallRow.server == server, CallRow.outcome == ACTIVE)


async def calls(session: AsyncSession, agents: Agents, *which: ColumnElement[bool]) -> list[CallSession]:
    """Calls as the ledger holds them, oldest first."""
    rows = (await session.scalars(select(CallRow).where(*which).order_by(CallRow.id))).all()
    parts = _Parts()
    await parts.load(session, *which)
    return [
        CallSession.restored(
            replace(_record(row), visits=tuple(parts.visits[row.id])),
            parts.legs[row.id],
            parts.talks[row.id],
            agents,
            parts.holds[row.id],
        )
        for row in rows
    ]


@dataclass
class _Parts:
    """What calls have many of, by call."""

    legs: dict[str, list[Leg]] = field(default_factory=lambda: defaultdict(list))
    talks: dict[str, list[Talk]] = field(default_factory=lambda: defaultdict(list))
    visits: dict[str, list[QueueVisit]] = field(default_factory=lambda: defaultdict(list))
    holds: dict[str, list[Hold]] = field(default_factory=lambda: defaultdict(list))

    async def load(self, session: AsyncSession, *which: ColumnElement[bool]) -> None:
        chosen = select(CallRow.id).where(*which).scalar_subquery()
        legs = select(CallLegRow).where(CallLegRow.call_id.in_(chosen))
        for leg in await session.scalars(legs.order_by(CallLegRow.started_at, CallLegRow.uniqueid)):
            self.legs[leg.call_id].append(_leg(leg))
        talks = select(CallTalkRow).where(CallTalkRow.call_id.in_(chosen))
        for talk in await session.scalars(talks.order_by(CallTalkRow.started_at)):
            self.talks[talk.call_id].append(Talk(talk.uniqueid, talk.extension, talk.started_at, talk.ended_at))
        visits = select(CallVisitRow).where(CallVisitRow.call_id.in_(chosen))
        for visit in await session.scalars(visits.order_by(CallVisitRow.number)):
            end = cast(QueueEnd | None, visit.outcome)
            self.visits[visit.call_id].append(QueueVisit(visit.queue, visit.joined_at, visit.left_at, end))
        holds = select(CallHoldRow).where(CallHoldRow.call_id.in_(chosen))
        for hold in await session.scalars(holds.order_by(CallHoldRow.started_at)):
            self.holds[hold.call_id].append(Hold(hold.uniqueid, hold.extension, hold.started_at, hold.ended_at))


async def last_boot(session: AsyncSession, server: str) -> str | None:
    """The boot of a server that was last kept."""
    row = await session.get(PbxBootRow, server)
    return row.boot if row else None


def _record(row: CallRow) -> CallRecord:
    same = {name: getattr(row, name) for name in CallRecord.__dataclass_fields__ if name not in _ELSEWHERE}
    outcome = None if row.outcome == ACTIVE else row.outcome
    return CallRecord(
        **same, number=row.raw_number, direction=cast(Direction, row.direction), outcome=cast(Outcome | None, outcome)
    )


def _leg(row: CallLegRow) -> Leg:
    return Leg(
        row.uniqueid,
        row.channel,
        cast(Role, row.role),
        row.extension,
        row.started_at,
        row.ringing_at,
        row.answered_at,
        row.ended_at,
        row.cause,
    )


def _snapshot(call: CallSession) -> _Written:
    return _Written(call.record, dict(call.legs), call.talks, call.holds)


def _rows(own: Row, values: _Many, others: _Many) -> dict[str, Row]:
    """The rows of values, but for those that are the same among `others`: of fifty phones most are as they were."""
    mine, theirs = _by_key(values), _by_key(others)
    return {key: {**own, **vars(each)} for key, each in mine.items() if theirs.get(key) is not each}


def _by_key(values: _Many) -> Mapping[str, Leg | Talk | Hold]:
    if isinstance(values, tuple):
        return {f"{each.uniqueid} {each.started_at}": each for each in values}
    return values


def _visits(record: CallRecord) -> dict[str, Row]:
    return {
        str(number): {"call_id": record.id, "number": number, **vars(visit)}
        for number, visit in enumerate(record.visits)
    }


async def _write_all(connection: AsyncConnection, table: Table, old: dict[str, Row], new: dict[str, Row]) -> None:
    """Remove what is no more, insert what is new, update what differs. Plain statements, and as few as can be: this is
    on the way of every ringing phone."""
    if gone := [_keys(table, row) for key, row in old.items() if key not in new]:
        await connection.execute(_delete(table), gone)
    if table is not _CALLS:
        if rows := [_fitting(table, row) for key, row in new.items() if row != old.get(key)]:
            await connection.execute(_put(table, connection.dialect.name), rows)
        return
    if fresh := [_fitting(table, row) for key, row in new.items() if key not in old]:
        await connection.execute(table.insert(), fresh)
    # A call has columns that others write: only those that changed here.
    for names, rows in _changed(table, old, new).items():
        await connection.execute(_update(table, names), rows)


def _changed(table: Table, old: dict[str, Row], new: dict[str, Row]) -> dict[tuple[str, ...], list[Row]]:
    """What differs, by the columns that do, as `_update` wants it: fifty phones that ring are one statement."""
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for key, row in new.items():
        names = tuple(name for name, value in row.items() if value != old.get(key, row)[name])
        if names:
            kept = _fitting(table, row)
            found[names].append({**_keys(table, kept), **{f"new_{name}": kept[name] for name in names}})
    return found


def _keys(table: Table, row: Row) -> Row:
    kept = _fitting(table, row)
    return {f"its_{column.name}": kept[column.name] for column in table.primary_key}


def _same(table: Table) -> list[ColumnElement[bool]]:
    return [column == bindparam(f"its_{column.name}", type_=column.type) for column in table.primary_key]


@lru_cache(maxsize=8)
def _delete(table: Table) -> Delete:
    return table.delete().where(*_same(table))


@lru_cache(maxsize=16)
def _put(table: Table, dialect: str) -> Insert:
    """Insert rows, or have those that are there hold the same."""
    insert = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    keys = [column.name for column in table.primary_key]
    values = {column.name: insert.excluded[column.name] for column in table.c if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=values)


@lru_cache(maxsize=256)
def _update(table: Table, names: tuple[str, ...]) -> Update:
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return table.update().where(*_same(table)).values(values)


def _fitting(table: Table, row: Row) -> Row:
    """Texts cut to their columns: what comes off the wire has any length, and the call is worth more than its end."""
    lengths = _lengths(table)
    return {
        name: value[: lengths[name]].replace("\0", "") if name in lengths and isinstance(value, str) else value
        for name, value in row.items()
    }


@lru_cache(maxsize=8)
def _lengths(table: Table) -> dict[str, int]:
    """How long the texts of a table may be, by column."""
    lengths = {column.name: getattr(column.type, "length", None) for column in table.c}
    return {name: length for name, length in lengths.items() if length}
