from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import callcenter.accounts.model
import callcenter.customers.model  # noqa: F401  # the ledger refers to it
from callcenter.db import Base, Database


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield database
    await database.close()
