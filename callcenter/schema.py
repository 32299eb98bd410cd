"""The database's schema and its migrations. The tables are those of the rooms that `app.py` imports."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy.engine import Connection

from callcenter.db import Base, Database
from callcenter.errors import Problem
from recordings.model import Base as RecordingsBase

METADATA = [Base.metadata, RecordingsBase.metadata]
_MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


async def upgrade(db: Database) -> None:
    """Bring the database to this program's version. One that a newer program made is refused, unharmed."""
    async with db.engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def revise(db: Database, message: str) -> None:
    """Write a migration that leads from the database's schema to the models'."""
    async with db.engine.begin() as connection:
        await connection.run_sync(lambda given: command.revision(_config(given), message=message, autogenerate=True))


async def differences(db: Database) -> list[object]:
    """What the models and a migrated database disagree about; empty when they are equal."""
    async with db.engine.connect() as connection:
        return await connection.run_sync(_differences)


def _upgrade(connection: Connection) -> None:
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
