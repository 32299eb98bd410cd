"""Every test that has a database runs on both: SQLite, and a PostgreSQL of this run's own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import callcenter.app  # noqa: F401  # every room's tables
from callcenter import schema
from callcenter.db import Database
from callcenter.servers import PrivatePostgres

from .databases import PostgresDatabases


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """Started for the first test that wants it, removed at the end. Not to be killed: others use it."""
    server = PrivatePostgres.begin()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def postgres_databases(postgres: PrivatePostgres) -> Iterator[PostgresDatabases]:
    """The databases on it."""
    databases = PostgresDatabases(postgres, _migrate)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that has the schema."""
    file = tmp_path_factory.mktemp("template") / "migrated.db"
    _migrate(f"sqlite+aiosqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which database this test runs on."""
    return str(request.param)


@pytest.fixture
def url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the schema and without rows."""
    if kind == "postgresql":
        databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
        with databases.migrated() as made:
            yield made
    else:
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.db")
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"


@pytest.fixture
def empty_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without tables."""
    if kind == "postgresql":
        databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
        with databases.empty() as made:
            yield made
    else:
        yield f"sqlite+aiosqlite:///{tmp_path / 'empty.db'}"


@pytest.fixture
async def db(url: str) -> AsyncIterator[Database]:
    """The one at `url`, opened."""
    database = Database(url)
    yield database
    await database.close()


def _migrate(url: str) -> None:
    async def migrate() -> None:
        database = Database(url)
        await schema.upgrade(database)
        await database.close()

    asyncio.run(migrate())
