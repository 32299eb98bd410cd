"""A backup of a service that takes calls: whatever moment it shows, no call of that moment has lost its sound."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import NullPool, create_engine, text

from callcenter.backup.restore import restore
from callcenter.backup.save import save
from callcenter.errors import Problem
from callcenter.folder_lock import FolderLock
from tests.service.backup.conftest import NewPlace, archive_beside, running
from tests.service.backup.place import Place

CALLS = "SELECT count(*) FROM calls"
SOUNDS = "SELECT caller_file, caller_sha256 FROM recordings UNION ALL SELECT heard_file, heard_sha256 FROM recordings"


def ask(place: Place, query: str) -> list[tuple[object, ...]]:
    url = place.settings.database_url.replace("+aiosqlite", "").replace("+asyncpg", "+psycopg")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_call_loses_its_sound(kind: str, new_place: NewPlace) -> None:
    home = new_place(kind)
    home.settings.spool_dir.mkdir(parents=True)
    moments = [archive_beside(home, f"{number}.tar") for number in range(3)]
    with running(home, "calls", "call", times=20):
        for moment in moments:
            save(home.settings, moment)
    [(ended,)] = ask(home, CALLS)
    for moment in moments:
        abroad = new_place(kind)
        restore(abroad.settings, moment)
        [(restored,)] = ask(abroad, CALLS)
        assert 20 <= int(str(restored)) <= int(str(ended))
        with running(abroad, "catch-up", "all collected"):
            pass
        store = abroad.settings.store_dir
        for file, sha256 in ask(abroad, SOUNDS):
            assert hashlib.sha256((store / str(file)).read_bytes()).hexdigest() == sha256
    assert int(str(restored)) < int(str(ended)), "the calls went on while they were saved"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_backups_at_once_are_one_too_many(kind: str, new_place: NewPlace) -> None:
    home = new_place(kind)
    held = home.settings.spool_dir / ".callcenter-passing"
    held.mkdir(parents=True)
    lock = FolderLock(held)
    lock.take("callcenter backup")
    with pytest.raises(Problem) as refusal:
        save(home.settings, archive_beside(home))
    assert refusal.value.code == "folder_in_use"
    lock.release()
