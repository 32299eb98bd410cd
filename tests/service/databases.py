"""PostgreSQL databases for tests. The one that has the schema is emptied after each test: that takes a tenth of the
time of making another."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import psycopg

from callcenter.servers import PrivatePostgres

_TEMPLATE, _TEST, _EMPTY = "migrated", "test", "empty"
_OWN = "schemaname NOT IN ('pg_catalog', 'information_schema')"
_TABLES = f"SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE {_OWN} ORDER BY 1"
_SEQUENCES = f"SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences WHERE {_OWN} ORDER BY 1"
_END_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)


class PostgresDatabases:
    """Databases on one server. `migrate` brings the schema to the database at a URL."""

    def __init__(self, server: PrivatePostgres, migrate: Callable[[str], None]) -> None:
        self._server = server
        self._admin = self._connect("postgres")
        self._create(_TEMPLATE, "template0")
        migrate(server.url(_TEMPLATE))
        self._create(_TEST, _TEMPLATE)
        self._test = self._connect(_TEST)
        self._tables = self._names(_TABLES)
        # What migrations wrote by themselves, such as their own number.
        self._rows = {table: rows for table in self._tables if (rows := self._read(table))}
        self._emptying = "; ".join(
            [
                "SET LOCAL session_replication_role = replica",  # no foreign keys: any order will do
                *(f"DELETE FROM {table}" for table in self._tables),
                *(self._set_back(sequence) for sequence in self._names(_SEQUENCES)),
            ]
        )

    def close(self) -> None:
        """End the connections; the databases stay."""
        self._test.close()
        self._admin.close()

    @contextlib.contextmanager
    def migrated(self) -> Iterator[str]:
        """A database with the schema and without rows; its URL."""
        yield self._server.url(_TEST)
        self._test.execute(_END_OTHERS)
        if self._names(_TABLES) == self._tables:
            self._empty()
        else:
            self._make_again()

    @contextlib.contextmanager
    def empty(self) -> Iterator[str]:
        """A database without tables; its URL."""
        self._create(_EMPTY, "template0")
        yield self._server.url(_EMPTY)
        self._admin.execute(f"DROP DATABASE {_EMPTY} WITH (FORCE)")

    def _empty(self) -> None:
        with self._test.transaction(), self._test.cursor() as cursor:
            cursor.execute(self._emptying.encode())
            for table, rows in self._rows.items():
                with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                    copy.write(rows)

    def _make_again(self) -> None:
        """A test left other tables than it found."""
        self._test.close()
        self._admin.execute(f"DROP DATABASE {_TEST} WITH (FORCE)")
        self._create(_TEST, _TEMPLATE)
        self._test = self._connect(_TEST)

    def _create(self, name: str, template: str) -> None:
        # Through the log: the checkpoints of a file copy take three times as long.
        self._admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY wal_log")

    def _connect(self, name: str) -> psycopg.Connection:
        url = self._server.url(name).replace("+asyncpg", "")
        return psycopg.connect(url, autocommit=True)

    def _names(self, query: str) -> list[str]:
        return [row[0] for row in self._test.execute(query.encode())]

    def _read(self, table: str) -> bytes:
        with self._test.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT".encode()) as copy:
            return b"".join(bytes(part) for part in copy)

    def _set_back(self, sequence: str) -> str:
        last, called = self._test.execute(f"SELECT last_value, is_called FROM {sequence}".encode()).fetchone() or ()
        return f"SELECT setval('{sequence}', {last}, {called})"
