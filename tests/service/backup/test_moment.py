"""The moment in which the database is frozen: nobody begins to collect a recording before the spool is held."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from callcenter.backup.engine import engine_of
from callcenter.backup.places import PASSING
from callcenter.backup.save import save
from callcenter.backup.spool import files, hold
from tests.service.backup.conftest import NewPlace, archive_beside
from tests.service.backup.firm import furnish
from tests.service.backup.place import Place

COLLECTED = "UPDATE recordings SET state = 'collecting'"


def on_sqlite(place: Place) -> None:
    """Write without waiting for a turn."""
    connection = sqlite3.connect(place.settings.data_dir / "callcenter.db", timeout=0)
    try:
        with connection:
            connection.execute(COLLECTED)
    finally:
        connection.close()


def on_postgresql(place: Place) -> None:
    assert place.url is not None
    with psycopg.connect(place.url.replace("postgresql+asyncpg", "postgresql")) as connection:
        connection.execute("SET lock_timeout = '1ms'")
        connection.execute(COLLECTED)


WRITERS: list[tuple[str, Callable[[Place], None], type[Exception]]] = [
    ("sqlite", on_sqlite, sqlite3.OperationalError),
    ("postgresql", on_postgresql, psycopg.errors.LockNotAvailable),
]


@pytest.mark.parametrize(("kind", "write", "waits"), WRITERS)
def test_collecting_waits_while_the_spool_is_held(
    kind: str, write: Callable[[Place], None], waits: type[Exception], new_place: NewPlace, tmp_path: Path
) -> None:
    home = new_place(kind)
    furnish(home)
    moments: list[str] = []

    def meanwhile() -> None:
        with pytest.raises(waits):
            write(home)
        moments.append("held")

    engine_of(home.settings).save(tmp_path, meanwhile)
    write(home)
    assert moments == ["held"]


def test_what_is_collected_after_the_moment_is_held_all_the_same(tmp_path: Path) -> None:
    spool, held = tmp_path / "spool", tmp_path / "spool" / PASSING
    held.mkdir(parents=True)
    (spool / "call.done").touch()
    (spool / "call-caller.wav").write_bytes(b"sound")
    hold(spool, held)
    (spool / "call-caller.wav").rename(tmp_path / "caller.wav")
    (spool / "call.done").unlink()
    assert {name: path.read_bytes() for name, path in files(held)} == {"call.done": b"", "call-caller.wav": b"sound"}


def test_a_spool_where_only_others_may_write_is_copied(new_place: NewPlace) -> None:
    """Shown by a file in the place of the folder: a test that runs as root may write anywhere."""
    home = new_place("sqlite")
    furnish(home)
    (home.settings.spool_dir / PASSING).write_text("")
    assert save(home.settings, archive_beside(home)).parts["spool"].files == 4
