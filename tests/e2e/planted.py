"""Errors planted in a copy of a ledger, or of Asterisk's files, that agreed; and which kinds must be found."""

from __future__ import annotations

from collections.abc import Callable

from .copies import Copy, Row

_SECONDS = 3
_CEL, _CDR = "cel-custom/Master.csv", "cdr-custom/Master.csv"


# Calls of the kinds that the errors need.
_TALKED = (
    "SELECT id FROM calls WHERE outcome = 'answered'"
    " AND id IN (SELECT call_id FROM call_talks GROUP BY 1 HAVING COUNT(*) = 1)"
)
_IN_MENU = "SELECT id FROM calls WHERE outcome = 'in_menu'"
_RANG = (
    "SELECT id FROM calls WHERE outcome = 'abandoned' AND id IN (SELECT call_id FROM call_legs WHERE extension <> '')"
)
_QUEUED = "SELECT id FROM calls WHERE outcome = 'abandoned'"


def _later(table: str, column: str, where: str) -> str:
    stamp = f"strftime('%Y-%m-%d %H:%M:%f', {column}, '+{_SECONDS} seconds') || '000'"
    return f"UPDATE {table} SET {column} = {stamp} WHERE {where}"


def _leg_missing(copy: Copy) -> None:
    call = copy.one(_RANG)
    copy.write("DELETE FROM call_legs WHERE call_id = ? AND extension <> ''", call)


def _leg(copy: Copy, uniqueid: str) -> None:
    """A caller who left the menu gets a leg."""
    call = copy.one(_IN_MENU)
    copy.write(
        "INSERT INTO call_legs SELECT ?, ?, channel, 'agent', extension, started_at, ringing_at, answered_at, ended_at,"
        " cause FROM call_legs WHERE call_id = ? AND extension <> ''",
        call,
        uniqueid,
        copy.one(_RANG),
    )


def _leg_twice(copy: Copy) -> None:
    _leg(copy, copy.one("SELECT uniqueid FROM call_legs WHERE extension <> '' AND call_id = ?", copy.one(_RANG)))


def _wait_extra(copy: Copy) -> None:
    """Before the wait in which the caller gave up, one in another queue, which ran out."""
    call = copy.one(_QUEUED)
    copy.write("UPDATE call_visits SET number = number + 1 WHERE call_id = ?", call)
    copy.write(
        "INSERT INTO call_visits (call_id, number, queue, joined_at, left_at, outcome)"
        " SELECT call_id, number - 1, 'repair', joined_at, joined_at, 'timeout' FROM call_visits WHERE call_id = ?",
        call,
    )


def _linked_id(copy: Copy, which: str) -> str:
    return copy.one("SELECT linked_id FROM calls WHERE id = ?", copy.one(which))


def _later_by(row: Row, column: int, seconds: float) -> Row:
    """A time in Unix seconds moved."""
    return [*row[:column], f"{float(row[column]) + seconds:.6f}", *row[column + 1 :]]


def _cdr_ends_later(copy: Copy) -> None:
    linked_id = _linked_id(copy, _IN_MENU)
    copy.rows(_CDR, lambda row: [_later_by(row, 10, _SECONDS) if row[1] == linked_id else row])


def _unknown_channel_in_cdr(copy: Copy) -> None:
    linked_id = _linked_id(copy, _IN_MENU)

    def stranger(row: Row) -> list[Row]:
        if row[1] != linked_id:
            return [row]
        return [row, [f"{linked_id}9", f"{linked_id}9", *row[2:]]]

    copy.rows(_CDR, stranger)


def _gone_from(copy: Copy, *files: str) -> None:
    linked_id = _linked_id(copy, _IN_MENU)
    for name in files:
        copy.rows(name, lambda row: [] if linked_id in row[:3] else [row])


def _born(copy: Copy, change: Callable[[Row], Row]) -> None:
    """How the channel of a caller who left the menu began, by CEL."""
    linked_id = _linked_id(copy, _IN_MENU)
    copy.rows(_CEL, lambda row: [change(row) if row[0] == "CHAN_START" and row[3] == linked_id else row])


def _in_queue_log(copy: Copy, **changes: Callable[[Row], list[Row]]) -> None:
    """Rows of a caller who gave up, by event."""
    linked_id = _linked_id(copy, _QUEUED)
    kept: Callable[[Row], list[Row]] = lambda row: [row]  # noqa: E731
    copy.queue_log(lambda row: changes.get(row[4], kept)(row) if row[1] == linked_id else [row])


def _other_queue(row: Row) -> list[Row]:
    return [[*row[:2], "repair", *row[3:]]]


def _timed_out(row: Row) -> list[Row]:
    return [[*row[:4], "EXITWITHTIMEOUT", *row[5:]]]


def _overflowed(row: Row) -> list[Row]:
    """The wait ran out, and the caller gave up in another queue."""
    joined = [*row[:2], "repair", "NONE", "ENTERQUEUE", "", "", "1"]
    return [*_timed_out(row), joined, *_other_queue(row)]


def _seconds_later(row: Row) -> list[Row]:
    return [[str(int(row[0]) + _SECONDS), *row[1:]]]


def _set(column: str, value: str, which: str) -> Callable[[Copy], None]:
    """A column of a call has another value."""
    return lambda copy: copy.write(f"UPDATE calls SET {column} = ? WHERE id = ?", value, copy.one(which))


def _moved(table: str, column: str, of: str, which: str) -> Callable[[Copy], None]:
    """A time of a call, or of what belongs to it, is later."""
    return lambda copy: copy.write(_later(table, column, of), copy.one(which))


_THE_TALK = "uniqueid IN (SELECT uniqueid FROM call_talks WHERE call_id = ?)"
_A_VISIT = "call_id = ?"

# What is spoilt → how, and the kinds that must be found, all of them.
PLANTED: dict[str, tuple[Callable[[Copy], None], tuple[str, ...]]] = {
    "a call is missing": (
        lambda copy: copy.write("DELETE FROM calls WHERE id = ?", copy.one(_TALKED)),
        ("call_missing",),
    ),
    "a call is made up": (lambda copy: copy.duplicate(copy.one(_IN_MENU), "made-up", "7"), ("call_unknown",)),
    "a call is kept twice": (lambda copy: copy.duplicate(copy.one(_IN_MENU), "again", ""), ("call_twice",)),
    "a leg is missing": (_leg_missing, ("leg_missing",)),
    "a leg is made up": (lambda copy: _leg(copy, "callcenter-1.9"), ("leg_extra",)),
    "a leg is in two calls": (_leg_twice, ("leg_extra", "leg_twice")),
    "a leg is of another phone": (
        lambda copy: copy.write(f"UPDATE call_legs SET extension = '1999' WHERE {_THE_TALK}", copy.one(_TALKED)),
        ("leg_extension",),
    ),
    "the other direction": (_set("direction", "outbound", _IN_MENU), ("direction",)),
    "another number": (_set("raw_number", "13000000000", _IN_MENU), ("number",)),
    "another number dialled": (_set("dialled", "02000000000", _TALKED), ("number",)),
    "another agent": (_set("extension", "1999", _TALKED), ("agent",)),
    "began later": (_moved("calls", "started_at", "id = ?", _IN_MENU), ("start_time",)),
    "a leg began later": (_moved("call_legs", "started_at", _THE_TALK, _TALKED), ("start_time",)),
    "answered later": (_moved("calls", "answered_at", "id = ?", _TALKED), ("answer_time",)),
    "ended later": (_moved("calls", "ended_at", "id = ?", _IN_MENU), ("end_time",)),
    "a leg ended later": (_moved("call_legs", "ended_at", _THE_TALK, _TALKED), ("end_time",)),
    "talked longer": (_moved("call_talks", "ended_at", "call_id = ?", _TALKED), ("bridged_seconds",)),
    "another queue": (_set("queue", "repair", _QUEUED), ("queue",)),
    "waited in another queue": (
        lambda copy: copy.write("UPDATE call_visits SET queue = 'repair' WHERE call_id = ?", copy.one(_QUEUED)),
        ("queue",),
    ),
    "a wait is missing": (
        lambda copy: copy.write("DELETE FROM call_visits WHERE call_id = ?", copy.one(_TALKED)),
        ("queue_missing",),
    ),
    "a wait is made up": (_wait_extra, ("queue_extra",)),
    "queued later": (_moved("calls", "queued_at", "id = ?", _QUEUED), ("queue_time",)),
    "joined the queue later": (_moved("call_visits", "joined_at", _A_VISIT, _QUEUED), ("queue_time",)),
    "left the queue later": (_moved("call_visits", "left_at", _A_VISIT, _QUEUED), ("queue_time",)),
    "not abandoned": (_set("outcome", "failed", _QUEUED), ("queue_outcome",)),
    "answered in the queue": (
        lambda copy: copy.write("UPDATE call_visits SET outcome = 'answered' WHERE call_id = ?", copy.one(_QUEUED)),
        ("queue_outcome",),
    ),
    "CDR: another end": (_cdr_ends_later, ("end_time",)),
    "CDR: a channel more": (_unknown_channel_in_cdr, ("call_missing",)),
    "CEL: a call less": (lambda copy: _gone_from(copy, _CEL), ("call_unknown",)),
    "CEL and CDR: a call less": (lambda copy: _gone_from(copy, _CEL, _CDR), ("call_unknown",)),
    "CEL: began earlier": (lambda copy: _born(copy, lambda row: _later_by(row, 1, -_SECONDS)), ("start_time",)),
    "CEL: another number": (lambda copy: _born(copy, lambda row: [*row[:5], "130", *row[6:]]), ("number",)),
    "queue_log: another queue": (lambda copy: _in_queue_log(copy, ENTERQUEUE=_other_queue), ("queue",)),
    "queue_log: a queue more": (lambda copy: _in_queue_log(copy, ABANDON=_overflowed), ("queue_missing",)),
    "queue_log: a queue less": (
        lambda copy: _in_queue_log(copy, ENTERQUEUE=lambda _row: [], ABANDON=lambda _row: []),
        ("queue_extra",),
    ),
    "queue_log: joined later": (lambda copy: _in_queue_log(copy, ENTERQUEUE=_seconds_later), ("queue_time",)),
    "queue_log: not abandoned": (lambda copy: _in_queue_log(copy, ABANDON=_timed_out), ("queue_outcome",)),
}
