"""A service is saved, restored into nothing, and compared with itself."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter import schema
from callcenter.backup.manifest import Manifest
from callcenter.backup.restore import Restored, restore
from callcenter.backup.save import Saved, save
from tests.service.backup.conftest import NewPlace, archive_beside, running
from tests.service.backup.firm import furnish
from tests.service.backup.place import Place


@dataclass(frozen=True)
class Trip:
    """From `home`, saved while a job was under way, to `abroad`."""

    home: Place
    saved: Saved
    abroad: Place
    restored: Restored


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def trip(new_place: NewPlace, request: pytest.FixtureRequest) -> Iterator[Trip]:
    home, abroad = new_place(request.param), new_place(request.param)
    furnish(home)
    path = archive_beside(home)
    with running(home, "hold", "second"):
        saved = save(home.settings, path)
    yield Trip(home, saved, abroad, restore(abroad.settings, path))


def test_every_row_is_there(trip: Trip) -> None:
    before, after = trip.home.rows(), trip.abroad.rows()
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == set()
    tables = {table for metadata in schema.METADATA for table in metadata.tables}
    assert tables <= before.keys()
    assert {"users", "customers", "calls", "tickets", "recordings", "journal", "journal_cursors"} <= {
        name for name, rows in before.items() if rows
    }
    assert len([row for row in before["dbos.workflow_status"] if "stuck:a" in row]) == 1


def test_every_file_is_there(trip: Trip, settings_file: Path) -> None:
    before, after = trip.home.files(), trip.abroad.files()
    reference = {name: after.pop(name) for name in list(after) if name.startswith("var/from-backup/")}
    environment = reference.pop("var/from-backup/environment").decode().splitlines()
    assert "CALLCENTER_FIRM__AREA_CODE=020" in environment
    assert list(reference.values()) == [settings_file.read_bytes()]
    after.pop("var/in-use")
    before.pop("var/in-use", None)
    assert before.keys() == after.keys()
    assert before == after
    kinds = {name.partition("/")[0] for name in before} | {"/".join(name.split("/")[:2]) for name in before}
    assert {"flows", "own prompts", "var/recordings", "var/spool", "var/asterisk"} <= kinds


def test_secrets_stay_secret(trip: Trip) -> None:
    for path in (
        archive_beside(trip.home),
        trip.abroad.settings.data_dir / "asterisk" / "secrets.json",
        trip.abroad.settings.data_dir / "from-backup" / "environment",
    ):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_passing_is_left(trip: Trip) -> None:
    assert [name for name in trip.abroad.tree() if "/." in name] == []
    assert [name for name in trip.home.tree() if "/." in name] == []
    assert sorted(path.name for path in archive_beside(trip.home).parent.iterdir()) == ["saved.tar", "service"]


def test_what_was_done_is_told(trip: Trip) -> None:
    about = trip.saved.manifest
    assert isinstance(about, Manifest)
    assert about.form == ("postgresql" if trip.home.url else "sqlite")
    assert trip.restored.manifest == about
    assert trip.restored.kept == ()
    assert trip.restored.parts == trip.saved.parts
    assert trip.saved.vanished == []
    assert trip.saved.parts["spool"].files == 4


def test_the_unfinished_job_goes_on(trip: Trip) -> None:
    with running(trip.abroad, "finish", "done a") as said:
        # Its first step is remembered, not done again.
        assert "first a" not in said
