"""Errors planted in a copy of a ledger, or of Asterisk's files, that agreed; and which kinds must be found."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SECONDS = 3


@dataclass
class Copy:
    """A ledger (SQLite) and Asterisk's files, to be spoilt."""

    database: Path
    logs: Path

    @classmethod
    def of(cls, database: Path, logs: Path, folder: Path) -> Copy:
        """In a new folder; the database may be in use."""
        folder.mkdir()
        with sqlite3.connect(database) as source, sqlite3.connect(folder / "callcenter.db") as target:
            source.backup(target)
        shutil.copytree(logs, folder / "logs")
        return cls(folder / "callcenter.db", folder / "logs")

    def write(self, statement: str, *values: object) -> None:
        """One statement that must change something; what hangs on a removed row goes with it."""
        with sqlite3.connect(self.database) as db:
            db.execute("PRAGMA foreign_keys = ON")
            assert db.execute(statement, values).rowcount > 0, statement

    def one(self, query: str, *values: object) -> str:
        """The first column of the first row."""
        with sqlite3.connect(self.database) as db:
            row = db.execute(query, values).fetchone()
        assert row, query
        return str(row[0])

    def duplicate(self, call_id: str, as_id: str, suffix: str) -> None:
        """The call and its legs once more; with a suffix, on channels of another name."""
        with sqlite3.connect(self.database) as db:
            db.row_factory = sqlite3.Row
            for table, key in (("calls", "id"), ("call_legs", "call_id")):
                for row in db.execute(f"SELECT * FROM {table} WHERE {key} = ?", (call_id,)).fetchall():
                    _insert(db, table, {**dict(row), key: as_id, **_renamed(row, suffix)})

    def rows(self, name: str, change: Callable[[list[str]], list[list[str]]]) -> None:
        """A comma-separated file with each row changed: kept, altered, left out, doubled."""
        path = self.logs / name
        with path.open(newline="") as file:
            before = list(csv.reader(file))
        after = [new for row in before for new in change(list(row))]
        assert after != before, name
        with path.open("w", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(after)

    def queue_log(self, change: Callable[[list[str]], list[str]]) -> None:
        path = self.logs / "queue_log"
        before = [line.split("|") for line in path.read_text().splitlines()]
        after = [change(list(row)) for row in before]
        assert after != before, "queue_log"
        path.write_text("".join("|".join(row) + "\n" for row in after))


def _renamed(row: sqlite3.Row, suffix: str) -> dict[str, Any]:
    return {name: f"{row[name]}{suffix}" for name in ("linked_id", "uniqueid") if name in row.keys()}  # noqa: SIM118


def _insert(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" for _ in row)
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))


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


def _cdr_ends_later(copy: Copy) -> None:
    linked_id = copy.one("SELECT linked_id FROM calls WHERE id = ?", copy.one(_IN_MENU))
    copy.rows("cdr-custom/Master.csv", lambda row: [_ended_later(row) if row[1] == linked_id else row])


def _ended_later(row: list[str]) -> list[str]:
    """The eleventh column is the end, in Unix time."""
    return [*row[:10], f"{float(row[10]) + _SECONDS:.6f}", *row[11:]]


def _unknown_channel_in_cdr(copy: Copy) -> None:
    linked_id = copy.one("SELECT linked_id FROM calls WHERE id = ?", copy.one(_IN_MENU))

    def stranger(row: list[str]) -> list[list[str]]:
        if row[1] != linked_id:
            return [row]
        return [row, [f"{linked_id}9", f"{linked_id}9", *row[2:]]]

    copy.rows("cdr-custom/Master.csv", stranger)


def _gone_from_the_files(copy: Copy) -> None:
    linked_id = copy.one("SELECT linked_id FROM calls WHERE id = ?", copy.one(_IN_MENU))
    copy.rows("cel-custom/Master.csv", lambda row: [] if row[2] == linked_id else [row])
    copy.rows("cdr-custom/Master.csv", lambda row: [] if row[0] == linked_id else [row])


def _in_queue_log(copy: Copy, event: str, change: Callable[[list[str]], list[str]]) -> None:
    linked_id = copy.one("SELECT linked_id FROM calls WHERE id = ?", copy.one(_QUEUED))
    copy.queue_log(lambda row: change(row) if row[1] == linked_id and row[4] == event else row)


def _other_queue(row: list[str]) -> list[str]:
    return [*row[:2], "repair", *row[3:]]


def _timed_out(row: list[str]) -> list[str]:
    return [*row[:4], "EXITWITHTIMEOUT", *row[5:]]


# What is spoilt → how, and the kinds that must be found, all of them.
PLANTED: dict[str, tuple[Callable[[Copy], None], tuple[str, ...]]] = {
    "a call is missing": (
        lambda copy: copy.write("DELETE FROM calls WHERE id = ?", copy.one(_TALKED)),
        ("call_missing",),
    ),
    "a call is made up": (
        lambda copy: copy.duplicate(copy.one(_IN_MENU), "made-up", "7"),
        ("call_unknown",),
    ),
    "a call is kept twice": (lambda copy: copy.duplicate(copy.one(_IN_MENU), "again", ""), ("call_twice",)),
    "a leg is missing": (_leg_missing, ("leg_missing",)),
    "a leg is made up": (lambda copy: _leg(copy, "callcenter-1.9"), ("leg_extra",)),
    "a leg is in two calls": (_leg_twice, ("leg_extra", "leg_twice")),
    "another agent": (
        lambda copy: copy.write("UPDATE calls SET extension = '1999' WHERE id = ?", copy.one(_TALKED)),
        ("agent",),
    ),
    "answered later": (
        lambda copy: copy.write(_later("calls", "answered_at", "id = ?"), copy.one(_TALKED)),
        ("answer_time",),
    ),
    "ended later": (
        lambda copy: copy.write(_later("calls", "ended_at", "id = ?"), copy.one(_IN_MENU)),
        ("end_time",),
    ),
    "a leg ended later": (
        lambda copy: copy.write(
            _later("call_legs", "ended_at", "uniqueid IN (SELECT uniqueid FROM call_talks WHERE call_id = ?)"),
            copy.one(_TALKED),
        ),
        ("end_time",),
    ),
    "talked longer": (
        lambda copy: copy.write(_later("call_talks", "ended_at", "call_id = ?"), copy.one(_TALKED)),
        ("bridged_seconds",),
    ),
    "another queue": (
        lambda copy: copy.write("UPDATE calls SET queue = 'repair' WHERE id = ?", copy.one(_QUEUED)),
        ("queue",),
    ),
    "not abandoned": (
        lambda copy: copy.write("UPDATE calls SET outcome = 'failed' WHERE id = ?", copy.one(_QUEUED)),
        ("queue_outcome",),
    ),
    "answered in the queue": (
        lambda copy: copy.write("UPDATE call_visits SET outcome = 'answered' WHERE call_id = ?", copy.one(_QUEUED)),
        ("queue_outcome",),
    ),
    "CDR: another end": (_cdr_ends_later, ("end_time",)),
    "CDR: a channel more": (_unknown_channel_in_cdr, ("call_missing",)),
    "CEL and CDR: a call less": (_gone_from_the_files, ("call_unknown",)),
    "queue_log: another queue": (lambda copy: _in_queue_log(copy, "ENTERQUEUE", _other_queue), ("queue",)),
    "queue_log: not abandoned": (lambda copy: _in_queue_log(copy, "ABANDON", _timed_out), ("queue_outcome",)),
}
