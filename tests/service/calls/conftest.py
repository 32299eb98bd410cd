from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import callcenter.accounts.model
import callcenter.customers.model  # noqa: F401  # the ledger refers to it
from callcenter.db import Base, Database
from recordings.model import Base as RecordingsBase


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'ledger.db'}")
    async with database.engine.begin() as connection:
        for metadata in (Base.metadata, RecordingsBase.metadata):
            await connection.run_sync(metadata.create_all)
    yield database
    await database.close()
