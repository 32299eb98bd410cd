"""The database's schema and its migrations. The tables are those of the rooms that `app.py` imports."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import text
from sqlalchemy.engine import Connection

from callcenter.db import Base, Database
from callcenter.errors import Problem
from recordings.model import Base as RecordingsBase

METADATA = [Base.metadata, RecordingsBase.metadata]
_MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
# One process migrates at a time; those that waited find nothing to do. On SQLite the transaction itself is the turn.
_TURN = text("SELECT pg_advisory_xact_lock(7302)")


async def upgrade(db: Database) -> None:
    """Bring the database to this program's version. One that a newer program made is refused, unharmed."""
    async with db.engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def revision(db: Database) -> tuple[str | None, str | None]:
    """The migration that the database is at (None: at none) and the one that this program wants. Only reads."""
    async with db.read() as session:
        connection = await session.connection()
        found = await connection.run_sync(lambda given: MigrationContext.configure(given).get_current_revision())
    return found, ScriptDirectory(str(_MIGRATIONS)).get_current_head()


async def require(db: Database) -> None:
    """Raise `Problem` unless the database is at the version that this program wants. Only reads."""
    found, wanted = await revision(db)
    if found == wanted:
        return
    known = {each.revision for each in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    code = "database_older" if found is None or found in known else "database_newer"
    raise Problem(code, found=found or "-", wanted=wanted)


async def revise(db: Database, message: str) -> None:
    """Write a migration that leads from the database's schema to the models'."""
    async with db.engine.begin() as connection:
        await connection.run_sync(lambda given: command.revision(_config(given), message=message, autogenerate=True))


async def differences(db: Database) -> list[object]:
    """What the models and a migrated database disagree about; empty when they are equal."""
    async with db.engine.connect() as connection:
        return await connection.run_sync(_differences)


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_TURN)
    config = _config(connection)
    head = ScriptDirectory.from_config(config).get_current_head()
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        found = MigrationContext.configure(connection).get_current_revision()
        raise Problem("database_newer", found=found, wanted=head) from error


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, METADATA))  # type: ignore[arg-type]  # takes a list of them as well


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
