"""What is saved beside the database, and what becomes of it where something is there already."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory

from callcenter import schema
from callcenter.backup.commands import add_parser
from callcenter.backup.restore import restore
from callcenter.backup.save import save
from callcenter.db import Database
from tests.service.backup.conftest import NewPlace, archive_beside
from tests.service.backup.firm import furnish
from tests.service.backup.place import ROOT, Place

REVISIONS = [known.revision for known in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()]


@pytest.fixture
def home(new_place: NewPlace) -> Place:
    """A firm on SQLite: the files are the same on both forms."""
    place = new_place("sqlite")
    furnish(place)
    return place


def test_menus_that_are_there_are_kept(home: Place, new_place: NewPlace) -> None:
    target = new_place("sqlite")
    mine = target.settings.ivr.flows_dir / "mine.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    save(home.settings, archive_beside(home))
    restored = restore(target.settings, archive_beside(home))
    assert restored.kept == ("flows",)
    assert [path.name for path in mine.parent.iterdir()] == ["mine.yaml"]
    assert "own prompts/zh/欢迎.wav" in target.files()


def test_menus_are_replaced_on_demand(home: Place, new_place: NewPlace) -> None:
    target = new_place("sqlite")
    mine = target.settings.ivr.flows_dir / "prompts" / "mine.yaml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    save(home.settings, archive_beside(home))
    assert restore(target.settings, archive_beside(home), replace_flows=True).kept == ()
    menus = {name: data for name, data in target.files().items() if name.startswith("flows/")}
    assert menus == {name: data for name, data in home.files().items() if name.startswith("flows/")}


def test_without_recordings_a_store_may_be_there_already(home: Place, new_place: NewPlace) -> None:
    target = new_place("sqlite")
    kept = target.settings.store_dir / "2026" / "x.wav"
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"restored in another way")
    saved = save(home.settings, archive_beside(home), recordings=False)
    assert not {"recordings", "spool"} & (saved.parts.keys() | set(saved.manifest.parts))
    restore(target.settings, archive_beside(home))
    assert target.rows() == home.rows()
    assert kept.read_bytes() == b"restored in another way"


def test_links_are_followed_and_what_is_gone_is_noted(home: Place, new_place: NewPlace, tmp_path: Path) -> None:
    store = home.settings.store_dir
    (tmp_path / "2025").mkdir()
    (tmp_path / "2025" / "old.wav").write_bytes(b"old")
    (store / "2025").symlink_to(tmp_path / "2025")
    (tmp_path / "2025" / "circle").symlink_to(tmp_path / "2025")
    (store / "gone.wav").symlink_to(store / "never.wav")
    (store / ".arriving.wav.123").write_bytes(b"half")
    saved = save(home.settings, archive_beside(home))
    assert saved.vanished == ["recordings/gone.wav", "recordings/arriving.wav"]
    target = new_place("sqlite")
    restore(target.settings, archive_beside(home))
    assert target.files()["var/recordings/2025/old.wav"] == b"old"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("revision", REVISIONS)
def test_an_older_schema_comes_to_this_version(revision: str, kind: str, new_place: NewPlace) -> None:
    home, target = new_place(kind), new_place(kind)
    home.settings.data_dir.mkdir(parents=True)
    asyncio.run(_migrate(home, revision))
    assert save(home.settings, archive_beside(home)).manifest.revision == revision
    restore(target.settings, archive_beside(home))
    assert asyncio.run(_differences(target)) == []


def test_what_the_commands_print(
    home: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    archive = archive_beside(home)
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    assert _run("backup", str(archive)) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"sqlite, schema {REVISIONS[0]}, callcenter ")
    assert f"saved {archive}, " in told
    assert _run("restore", "--verify", str(archive)) == 0
    assert capsys.readouterr().out.splitlines()[:-1] == told.splitlines()[:-1]
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(tmp_path / "var"))
    assert _run("restore", str(archive)) == 0
    assert "flows left in the archive" in capsys.readouterr().out


def _run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(words)
    return int(arguments.run(arguments))


async def _migrate(place: Place, revision: str) -> None:
    db = Database(place.settings.database_url)
    async with db.engine.begin() as connection:
        await connection.run_sync(lambda given: command.upgrade(schema._config(given), revision))
    await db.close()


async def _differences(place: Place) -> list[object]:
    db = Database(place.settings.database_url)
    try:
        return await schema.differences(db)
    finally:
        await db.close()
