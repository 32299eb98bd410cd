"""A database with the customers' tables, and the room on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.customers import model
from callcenter.customers.numbers import PhoneRegion
from callcenter.customers.service import Customers
from callcenter.db import Base, Database

NOW = datetime(2026, 11, 3, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    assert model.CustomerRow.__tablename__ in Base.metadata.tables
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'test.db'}")
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield database
    await database.close()


@pytest.fixture
def customers(db: Database) -> Customers:
    return Customers(db, lambda: NOW, PhoneRegion(area_code="020", internal=("1000-1999",)))
