"""SQLite's two files, the service's and the jobs', copied while the service writes."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from callcenter.errors import Problem

MAIN, JOBS = "callcenter.db", "jobs.db"
_PATIENCE_S = 30.0
# A log left beside a file that was removed would be read into its successor.
_BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Sqlite:
    """`main` is the service's database, `jobs` the one of the durable jobs."""

    main: Path
    jobs: Path
    form: Literal["sqlite"] = "sqlite"

    @property
    def targets(self) -> Mapping[str, Path]:
        return {JOBS: self.jobs, MAIN: self.main}

    def save(self, work: Path, meanwhile: Callable[[], None]) -> str:
        """Both files at one moment: the writers of the first wait until both are being read, some milliseconds.

        Whatever a cursor counts as started, is a job then; and whatever a job remembers as done, is in the first:
        a step is remembered after its work was committed, and a cursor moves after its job was kept.
        """
        if not self.main.is_file():
            raise Problem("backup_no_database", database=self.main)
        try:
            return self._save(work, meanwhile)
        except sqlite3.Error as error:
            raise Problem("backup_database_failed", database=self.main, reason=error) from error

    def _save(self, work: Path, meanwhile: Callable[[], None]) -> str:
        with ExitStack() as stack:
            turn = stack.enter_context(closing(_connect(self.main)))
            turn.execute("BEGIN IMMEDIATE")
            main = stack.enter_context(closing(_reading(self.main)))
            jobs = stack.enter_context(closing(_reading(self.jobs))) if self.jobs.is_file() else None
            revision = self._revision(main)
            meanwhile()
            turn.execute("ROLLBACK")
            # The jobs first: their file has no write-ahead log, and who writes to it waits until it is read.
            if jobs is not None:
                _copy(jobs, work / JOBS)
            _copy(main, work / MAIN)
            return revision

    def require_empty(self) -> None:
        for file in (self.main, self.jobs):
            for path in (file.with_name(file.name + end) for end in _BESIDE):
                if path.exists():
                    raise Problem("restore_not_empty", place=path)

    def fill(self, tar: tarfile.TarFile) -> None:
        """The files have come with the others."""

    def _revision(self, main: sqlite3.Connection) -> str:
        if not main.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            raise Problem("backup_no_database", database=self.main)
        return str(main.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def _connect(path: Path) -> sqlite3.Connection:
    """Without making a file that is not there, and without transactions of the driver's own."""
    address = f"file:{quote(str(path))}?mode=rw"
    return sqlite3.connect(address, uri=True, timeout=_PATIENCE_S, isolation_level=None)


def _reading(path: Path) -> sqlite3.Connection:
    """A connection that from now on sees this moment only."""
    connection = _connect(path)
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return connection


def _copy(source: sqlite3.Connection, path: Path) -> None:
    """All pages of the moment that `source` sees; its read lock goes with it."""
    path.touch(mode=0o600)
    with closing(sqlite3.connect(path)) as target:
        target.execute("PRAGMA synchronous=OFF")  # a passing copy
        source.backup(target)
    source.execute("ROLLBACK")
