"""PostgreSQL through its own programs. One database holds the service's tables and the jobs', so one snapshot does."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError

from callcenter.backup import postgres_tools as tools
from callcenter.errors import Problem

DUMP = "postgres.dump"
_THINGS = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    LIMIT 1"""


@dataclass(frozen=True)
class Postgres:
    """`url` is an SQLAlchemy URL for psycopg."""

    url: str
    form: Literal["postgresql"] = "postgresql"

    @property
    def targets(self) -> Mapping[str, Path]:
        return {}

    def save(self, work: Path, meanwhile: Callable[[], None]) -> str:
        with self._connected() as turn, self._connected() as frozen:
            if turn.exec_driver_sql("SELECT to_regclass('alembic_version')").scalar() is None:
                raise Problem("backup_no_database", database=_shown(turn.engine))
            program = tools.find("pg_dump", _major(turn))
            # Whoever collects a recording writes to this table first; he waits some milliseconds.
            turn.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
            turn.exec_driver_sql("LOCK TABLE recordings IN SHARE MODE")
            frozen = frozen.execution_options(isolation_level="REPEATABLE READ")
            snapshot = frozen.exec_driver_sql("SELECT pg_export_snapshot()").scalar()
            meanwhile()
            turn.rollback()
            tools.run([program, "--format=custom", f"--snapshot={snapshot}", f"--file={work / DUMP}"], frozen.engine)
            return str(frozen.exec_driver_sql("SELECT version_num FROM alembic_version").scalar())

    def require_empty(self) -> None:
        with self._connected() as connection:
            found = connection.exec_driver_sql(_THINGS).scalar()
            if found is not None:
                raise Problem("restore_not_empty", place=f"{_shown(connection.engine)}: {found}")
            tools.find("pg_restore", _major(connection))

    def fill(self, tar: tarfile.TarFile) -> None:
        with self._connected() as connection:
            program = tools.find("pg_restore", _major(connection))
            options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
            tools.run([program, *options], connection.engine, tar.extractfile(f"database/{DUMP}"))

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        engine = create_engine(self.url, poolclass=NullPool)
        try:
            with engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise Problem("database_unreachable", url=_shown(engine), reason=reason) from error


def _major(connection: Connection) -> int:
    return int(str(connection.exec_driver_sql("SHOW server_version_num").scalar())) // 10000


def _shown(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
