"""A copy of a ledger and of Asterisk's files, to be spoilt."""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = list[str]


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

    def rows(self, name: str, change: Callable[[Row], list[Row]]) -> None:
        """A comma-separated file with each row changed: kept, altered, left out, doubled."""
        path = self.logs / name
        with path.open(newline="") as file:
            before = list(csv.reader(file))
        after = [new for row in before for new in change(list(row))]
        assert after != before, name
        with path.open("w", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(after)

    def queue_log(self, change: Callable[[Row], list[Row]]) -> None:
        """The same of queue_log."""
        path = self.logs / "queue_log"
        before = [line.split("|") for line in path.read_text().splitlines()]
        after = [new for row in before for new in change(list(row))]
        assert after != before, "queue_log"
        path.write_text("".join("|".join(row) + "\n" for row in after))


def _renamed(row: sqlite3.Row, suffix: str) -> dict[str, Any]:
    return {name: f"{row[name]}{suffix}" for name in ("linked_id", "uniqueid") if name in row.keys()}  # noqa: SIM118


def _insert(db: sqlite3.Connection, table: str, row: dict[str, Any]) -> None:
    marks = ", ".join("?" for _ in row)
    db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
