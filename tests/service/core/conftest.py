from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import callcenter.app  # noqa: F401  # every room's tables
from callcenter import schema
from callcenter.db import Database


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/test.db")
    await schema.upgrade(database)
    yield database
    await database.close()
