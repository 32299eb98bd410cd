"""The database: SQLite embedded, PostgreSQL at scale; one way to read and one way to write on both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

import asyncpg
from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    event,
    insert,
    text,
)
from sqlalchemy.engine import Connection, Dialect, ExceptionContext, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import QueuePool

from callcenter import metrics
from callcenter.errors import Problem
from callcenter.events import Event, parse

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python, whatever the database keeps. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of every table of the service."""

    metadata = MetaData(naming_convention=_NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), dict[str, Any]: JSON(), list[Any]: JSON()}


class JournalRow(Base):
    """One domain event, in the order in which events became true."""

    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_call_id", "call_id", "seq"),
        Index("ix_journal_type", "type", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[datetime]
    type: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[str | None] = mapped_column(String(36))
    payload: Mapped[dict[str, Any]]

    def event(self) -> Event:
        """The event as it was emitted."""
        return parse(self.type, self.payload)


# Whatever a statement may raise, for those who only try again.
DATABASE_ERRORS = (SQLAlchemyError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
# SQLSTATE classes: connection, resources, lock not had, operator's intervention, transaction timed out, rolled back.
_AWAY_CLASSES = ("08", "53", "55", "57", "25", "40")
Committed = Callable[[list[tuple[int, Event]]], None]


def told(error: Exception) -> str:
    """The first line of an error's words; its kind when it has none."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def away(error: BaseException) -> bool:
    """Whether the database is at fault, or the way to it, and not what was asked of it: worth trying again."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        if state is not None:
            return error.connection_invalidated or state[:2] in _AWAY_CLASSES
        refused = error.orig is not None and isinstance(error.orig.__cause__, ValueError)
        return error.connection_invalidated or (isinstance(error, OperationalError | InterfaceError) and not refused)
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in _AWAY_CLASSES
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)
    return isinstance(error, PoolTimeout | ConnectionError | TimeoutError)


_TABLE = cast(Table, JournalRow.__table__)
_JOURNAL = insert(_TABLE).returning(_TABLE.c.seq, sort_by_parameter_order=True)
# PostgreSQL has many writers: without a turn an event with a lower number could be committed after a reader has gone
# past it. The numbers are given when the turn is had, in the order of `place`. One statement however many the events:
# prepared once, and one word to and fro while the others wait for their turn.
_JOURNAL_IN_TURN = text(
    "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(7301)) "
    "INSERT INTO journal (at, type, call_id, payload) "
    "SELECT told.at, told.type, told.call_id, CAST(told.payload AS json) FROM turn, "
    "unnest(CAST(:at AS timestamptz[]), CAST(:type AS text[]), CAST(:call_id AS text[]), CAST(:payload AS text[])) "
    "WITH ORDINALITY AS told (at, type, call_id, payload, place) ORDER BY told.place RETURNING seq"
)


class Transaction:
    """A unit of work: what is written in `session` and the events emitted are kept or lost together."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self._emitted: list[Event] = []
        self._places: list[int] = []

    def emit(self, event: Event) -> None:
        """Have an event written to the journal, at the end of the transaction."""
        self._emitted.append(event)

    async def journal(self) -> None:
        """Write what was emitted. Plain statements: ringing phones wait for them."""
        if not self._emitted:
            return
        connection = await self.session.connection()
        if connection.dialect.name == "sqlite":
            rows = [_journalled(each, each.model_dump(mode="json")) for each in self._emitted]
            places = await connection.execute(_JOURNAL, rows)
        else:
            texts = [_journalled(each, each.model_dump_json()) for each in self._emitted]
            columns = {name: [row[name] for row in texts] for name in texts[0]}
            places = await connection.execute(_JOURNAL_IN_TURN, columns)
        self._places = sorted(places.scalars())

    def journalled(self) -> list[tuple[int, Event]]:
        """The events of this unit with their place in the journal; meaningful after the commit."""
        return list(zip(self._places, self._emitted, strict=True))


def _journalled(event: Event, payload: dict[str, Any] | str) -> dict[str, Any]:
    return {"at": event.at, "type": event.type, "call_id": event.call_id, "payload": payload}


class Database:
    """Sessions on one database. `url` is an SQLAlchemy asyncio URL. `patient`: statements may take any time."""

    def __init__(self, url: str, *, patient: bool = False) -> None:
        self.url = url
        self.engine = _engine(url, patient)
        # SQLite has one writer. Waiting here in turn is fair and quick; waiting inside SQLite is a busy loop.
        sqlite = self.engine.dialect.name == "sqlite"
        # On PostgreSQL each statement stands alone: to begin and end a transaction would be two more round trips.
        alone = {} if sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._read = async_sessionmaker(self.engine.execution_options(cc_read=True, **alone), expire_on_commit=False)
        self._write = async_sessionmaker(self.engine, expire_on_commit=False)
        self._turn: contextlib.AbstractAsyncContextManager[Any] = asyncio.Lock() if sqlite else contextlib.nullcontext()
        self._committed: list[Committed] = []

    @property
    def embedded(self) -> bool:
        """Whether it is a file that one process has to itself."""
        return self.engine.dialect.name == "sqlite"

    def after_commit(self, told: Committed) -> None:
        """Have `told` called with the journalled events of each committed transaction."""
        self._committed.append(told)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for reading: each statement sees its own moment, and holds no lock."""
        async with self._read() as session:
            yield session

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A session for writing, committed at the end or rolled back on an exception."""
        async with self._turn, self._write() as session:
            work = Transaction(session)
            async with session.begin():
                yield work
                await session.flush()
                await work.journal()
        journalled = work.journalled()
        if journalled:
            for told in self._committed:
                told(journalled)

    async def ping(self) -> None:
        """Raise `Problem` if the database cannot be reached."""
        try:
            async with self.engine.connect() as connection:
                await connection.exec_driver_sql("SELECT 1")
        except DATABASE_ERRORS as error:
            shown = make_url(self.url).render_as_string(hide_password=True)
            raise Problem("database_unreachable", url=shown, reason=told(error)) from error

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


# A database that says nothing must not hold a process for ever, nor a process that is frozen all others: it would keep
# the turn at the journal.
_POSTGRES_SETTINGS = {
    "application_name": "callcenter",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
_ANSWER_S = 15.0


def _engine(url: str, patient: bool) -> AsyncEngine:
    if not url.startswith("sqlite"):
        settings = _POSTGRES_SETTINGS if patient else {**_POSTGRES_SETTINGS, "lock_timeout": "10s"}
        arguments: dict[str, Any] = {
            "timeout": 5.0, "command_timeout": None if patient else _ANSWER_S, "server_settings": settings
        }  # fmt: skip
        # The connection given back last is taken first: it has its statements prepared already.
        pool = {"pool_size": 8, "max_overflow": 8, "pool_use_lifo": True}
        engine = _watched(create_async_engine(url, hide_parameters=True, connect_args=arguments, **pool))
        event.listen(engine.sync_engine, "checkout", _still_there)
        return engine
    limits: dict[str, Any] = {"pool_size": 8, "max_overflow": 16, "connect_args": {"timeout": 30}}
    engine = _watched(create_async_engine(url, hide_parameters=True, **limits))
    event.listen(engine.sync_engine, "connect", _sqlite_connected)
    event.listen(engine.sync_engine, "begin", _sqlite_begin)
    return engine


def _watched(engine: AsyncEngine) -> AsyncEngine:
    """An engine whose connections in use and whose failures are counted. Parameters are hidden in errors: they are
    people's data."""
    pool = engine.sync_engine.pool
    assert isinstance(pool, QueuePool)
    metrics.DATABASE_CONNECTIONS.set_function(pool.checkedout)
    event.listen(engine.sync_engine, "handle_error", _failed)
    return engine


def _still_there(connection: Any, _record: object, _proxy: object) -> None:
    """Have the pool replace a connection that has ended meanwhile. The driver knows it without asking the server, which
    would take three more words to and fro before each transaction. It knows a moment late: until the socket's end is
    read, a connection that the server ended may still be given out. What is tried on it fails as `away`, and is tried
    again by whoever must."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def _failed(context: ExceptionContext) -> None:
    error = context.sqlalchemy_exception
    if error is None or isinstance(error, OperationalError | InterfaceError):
        metrics.DATABASE_FAILURES.inc()


def _sqlite_connected(connection: Any, _record: object) -> None:
    # The driver must not begin by itself: a deferred BEGIN lets two writers read the same number.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("busy_timeout=30000", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # Who only reads sees each statement's own moment, as on PostgreSQL, and saves a turn to SQLite's thread.
    if not connection.get_execution_options().get("cc_read"):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
