"""Between calls in memory and rows: writes only what changed since it was last written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, Update, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeEngine

from callcenter.calls.model import ACTIVE, CallLegRow, CallRow, CallTalkRow, PbxBootRow
from callcenter.calls.ports import Agents, NumberReader
from callcenter.calls.record import CallRecord, Direction, Leg, Role, Talk
from callcenter.calls.session import CallSession

Row = dict[str, Any]
_CALLS, _LEGS, _TALKS = (cast(Table, row.__table__) for row in (CallRow, CallLegRow, CallTalkRow))


@dataclass(frozen=True)
class _Written:
    record: CallRecord
    legs: dict[str, Leg]
    talks: tuple[Talk, ...]


@dataclass
class LedgerWriter:
    """Remembers what the database holds of each open call. Not to be shared by two listeners."""

    read_number: NumberReader
    _written: dict[str, _Written] = field(default_factory=dict)

    def differs(self, call: CallSession) -> bool:
        """Whether the database lacks something of a call."""
        old = self._written.get(call.record.id)
        return old is None or old != _snapshot(call)

    async def write(self, session: AsyncSession, call: CallSession) -> None:
        """Bring the rows of a call up to date, within the caller's transaction."""
        old = self._written.get(call.record.id)
        before = {"": self._columns(old.record)} if old else {}
        if old is None or old.record != call.record:
            await _write_all(session, _CALLS, before, {"": self._columns(call.record)})
        own = {"call_id": call.record.id}
        await _write_all(session, _LEGS, _rows(own, old.legs if old else {}), _rows(own, call.legs))
        if call.talks:
            talks = _rows(own, _keyed(old.talks if old else ()))
            await _write_all(session, _TALKS, talks, _rows(own, _keyed(call.talks)))

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
        own = {"call_id": call.record.id}
        found = {"call": _fitting(_CALLS, self._columns(call.record))}
        found |= {f"leg {key}": _fitting(_LEGS, row) for key, row in _rows(own, call.legs).items()}
        return found | {f"talk {key}": _fitting(_TALKS, row) for key, row in _rows(own, _keyed(call.talks)).items()}

    def _columns(self, record: CallRecord) -> dict[str, Any]:
        columns = dict(vars(record))
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
    legs: dict[str, list[Leg]] = defaultdict(list)
    talks: dict[str, list[Talk]] = defaultdict(list)
    chosen = select(CallRow.id).where(*which)
    wanted_legs = select(CallLegRow).where(CallLegRow.call_id.in_(chosen))
    for leg in await session.scalars(wanted_legs.order_by(CallLegRow.started_at, CallLegRow.uniqueid)):
        legs[leg.call_id].append(_leg(leg))
    wanted_talks = select(CallTalkRow).where(CallTalkRow.call_id.in_(chosen))
    for talk in await session.scalars(wanted_talks.order_by(CallTalkRow.started_at)):
        talks[talk.call_id].append(Talk(talk.uniqueid, talk.extension, talk.started_at, talk.ended_at))
    return [CallSession.restored(_record(row), legs[row.id], talks[row.id], agents) for row in rows]


async def remove_others(session: AsyncSession, call: CallSession) -> None:
    """Remove the legs and talks that a call does not have."""
    talked = {(talk.uniqueid, talk.started_at) for talk in call.talks}
    for leg in await session.scalars(select(CallLegRow).where(CallLegRow.call_id == call.record.id)):
        if leg.uniqueid not in call.legs:
            await session.delete(leg)
    for talk in await session.scalars(select(CallTalkRow).where(CallTalkRow.call_id == call.record.id)):
        if (talk.uniqueid, talk.started_at) not in talked:
            await session.delete(talk)


async def last_boot(session: AsyncSession, server: str) -> str | None:
    """The boot of a server that was last kept."""
    row = await session.get(PbxBootRow, server)
    return row.boot if row else None


def _record(row: CallRow) -> CallRecord:
    same = {
        name: getattr(row, name)
        for name in CallRecord.__dataclass_fields__
        if name not in ("number", "outcome", "direction")
    }
    return CallRecord(**same, number=row.raw_number, direction=cast(Direction, row.direction))


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
    return _Written(call.record, dict(call.legs), call.talks)


def _keyed(talks: Iterable[Talk]) -> dict[str, Talk]:
    return {f"{talk.uniqueid} {talk.started_at}": talk for talk in talks}


def _rows(own: Row, values: Mapping[str, Any]) -> dict[str, Row]:
    return {key: {**own, **vars(value)} for key, value in values.items()}


async def _write_all(session: AsyncSession, table: Table, old: dict[str, Row], new: dict[str, Row]) -> None:
    """Insert what is new and update what differs. Plain statements: this is on the way of every ringing phone."""
    connection = await session.connection()
    if fresh := [_fitting(table, row) for key, row in new.items() if key not in old]:
        await connection.execute(table.insert(), fresh)
    for names, rows in _changed(table, old, new).items():
        await connection.execute(_update(table, names), rows)


def _changed(table: Table, old: dict[str, Row], new: dict[str, Row]) -> dict[tuple[str, ...], list[Row]]:
    """What differs, by the columns that do, as `_update` wants it: fifty phones that ring are one statement."""
    found: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for key, row in new.items():
        names = tuple(name for name, value in row.items() if value != old.get(key, row)[name])
        if names:
            kept = _fitting(table, row)
            keys = {f"its_{column.name}": kept[column.name] for column in table.primary_key}
            found[names].append({**keys, **{f"new_{name}": kept[name] for name in names}})
    return found


@lru_cache(maxsize=256)
def _update(table: Table, names: tuple[str, ...]) -> Update:
    same = [column == bindparam(f"its_{column.name}", type_=column.type) for column in table.primary_key]
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    return table.update().where(*same).values(values)


def _fitting(table: Table, row: Row) -> Row:
    """Texts cut to their columns: what comes off the wire has any length, and the call is worth more than its end."""
    return {name: _cut(table.c[name].type, value) for name, value in row.items()}


def _cut(kind: TypeEngine[Any], value: Any) -> Any:
    length = getattr(kind, "length", None)
    return value[:length].replace("\0", "") if length and isinstance(value, str) else value
