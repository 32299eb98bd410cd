"""Migrations lead to the models, and never harm a database that they do not know."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

import callcenter.app  # noqa: F401  # every room's tables
from callcenter import schema
from callcenter.db import Database
from callcenter.errors import Problem


async def test_migrations_equal_models(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/new.db")
    await schema.upgrade(db)
    assert await schema.differences(db) == []
    await schema.upgrade(db)  # again: nothing to do
    await db.close()


async def test_a_newer_database_is_refused_unharmed(tmp_path: Path) -> None:
    db = Database(f"sqlite+aiosqlite:///{tmp_path}/newer.db")
    await schema.upgrade(db)
    async with db.transaction() as work:
        await work.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Problem) as refusal:
        await schema.upgrade(db)
    assert (refusal.value.code, refusal.value.params["found"]) == ("database_newer", "9999")
    await db.close()


async def test_a_database_out_of_reach_is_named_without_its_password() -> None:
    db = Database("postgresql+asyncpg://callcenter:secret@127.0.0.1:1/none")
    with pytest.raises(Problem) as refusal:
        await db.ping()
    assert refusal.value.code == "database_unreachable"
    assert "secret" not in str(refusal.value.params["url"])
    await db.close()
