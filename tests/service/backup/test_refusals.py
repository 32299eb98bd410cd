"""What is refused, and leaves a place as empty, or as full, as it was."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from callcenter.backup import postgres_tools
from callcenter.backup.archive import Writer
from callcenter.backup.manifest import Manifest
from callcenter.backup.restore import restore
from callcenter.backup.save import save
from callcenter.clock import utc_now
from callcenter.config import Settings
from callcenter.errors import Problem
from callcenter.folder_lock import FolderLock
from callcenter.servers import PrivatePostgres
from tests.service.backup.conftest import NewPlace, archive_beside, refused
from tests.service.backup.firm import furnish
from tests.service.backup.place import Place

FORMS = ["sqlite", "postgresql"]


@dataclass(frozen=True)
class Case:
    """An archive that is good, and an empty place of its form."""

    archive: Path
    target: Place
    members: dict[str, tarfile.TarInfo]


@pytest.fixture(scope="module", params=FORMS)
def case(new_place: NewPlace, request: pytest.FixtureRequest) -> Case:
    home = new_place(request.param)
    furnish(home)
    archive = archive_beside(home)
    save(home.settings, archive)
    with tarfile.open(archive) as tar:
        return Case(archive, new_place(request.param), {info.name: info for info in tar})


@pytest.fixture
def copy(case: Case, tmp_path: Path) -> Path:
    """A copy of the archive, to be spoilt."""
    return Path(shutil.copy(case.archive, tmp_path / "copy.tar"))


@pytest.mark.parametrize(
    "part",
    ["manifest.json", "database", "spool", "recordings", "flows", "prompts", "keys", "settings", "checksums"],
)
def test_a_flipped_bit_in_any_member_is_found(part: str, case: Case, copy: Path) -> None:
    touched = [info for name, info in case.members.items() if name.partition("/")[0] == part and info.size]
    assert touched
    for info in touched[:6]:
        for place in (info.offset + 3, info.offset_data, info.offset_data + info.size - 1):
            _flip(copy, place)
            with refused(case.target, "backup_damaged", "backup_unreadable", "backup_unsafe"):
                restore(case.target.settings, copy)
            _flip(copy, place)


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.3, 0.7, 0.98])
def test_a_cut_archive_is_refused(share: float, case: Case, copy: Path) -> None:
    with copy.open("r+b") as file:
        file.truncate(int(case.archive.stat().st_size * share))
    with refused(case.target, "backup_damaged" if share > 0.001 else "backup_unreadable"):
        restore(case.target.settings, copy)


def test_any_other_file_is_refused(case: Case, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("no archive\n" * 1000)
    with refused(case.target, "backup_unreadable"):
        restore(case.target.settings, other)
    with tarfile.open(tmp_path / "other.tar", "w") as tar:
        tar.add(other, "notes.txt")
    with refused(case.target, "backup_unreadable"):
        restore(case.target.settings, tmp_path / "other.tar")


def test_the_other_form_is_refused(case: Case, new_place: NewPlace) -> None:
    other = new_place("postgresql" if case.target.url is None else "sqlite")
    with refused(other, "backup_other_form"):
        restore(other.settings, case.archive)


def test_a_running_service_is_not_restored_over(case: Case) -> None:
    data = case.target.settings.data_dir
    data.mkdir(parents=True)
    lock = FolderLock(data)
    lock.take("callcenter serve")
    with refused(case.target, "folder_in_use"):
        restore(case.target.settings, case.archive)
    lock.release()
    shutil.rmtree(case.target.folder)


def test_a_disk_without_room_is_refused(case: Case) -> None:
    settings = case.target.settings.model_copy(
        update={"disk": case.target.settings.disk.model_copy(update={"min_free_mb": 10**9})}
    )
    with refused(case.target, "restore_no_room"):
        restore(settings, case.archive)


OCCUPIED: list[Callable[[Settings], Path]] = [
    lambda settings: settings.store_dir / "2026" / "03" / "x.wav",
    lambda settings: settings.spool_dir / "x-caller.wav",
    lambda settings: settings.data_dir / "asterisk" / "secrets.json",
    lambda settings: settings.data_dir / "from-backup" / "environment",
]


@pytest.mark.parametrize("occupied", OCCUPIED)
def test_files_are_not_restored_over(occupied: Callable[[Settings], Path], case: Case) -> None:
    path = occupied(case.target.settings)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with refused(case.target, "restore_not_empty"):
        restore(case.target.settings, case.archive)
    shutil.rmtree(case.target.folder)


@pytest.mark.parametrize("name", ["callcenter.db", "callcenter.db-wal", "jobs.db"])
def test_a_file_of_a_database_is_not_restored_over(name: str, new_place: NewPlace, tmp_path: Path) -> None:
    home, target = new_place("sqlite"), new_place("sqlite")
    furnish(home)
    save(home.settings, tmp_path / "saved.tar")
    target.settings.data_dir.mkdir(parents=True)
    (target.settings.data_dir / name).write_bytes(b"mine")
    with refused(target, "restore_not_empty"):
        restore(target.settings, tmp_path / "saved.tar")


def test_a_database_with_tables_is_not_restored_over(new_place: NewPlace, tmp_path: Path) -> None:
    home, target = new_place("postgresql"), new_place("postgresql")
    furnish(home)
    save(home.settings, tmp_path / "saved.tar")
    with psycopg.connect(_libpq(target)) as connection:
        connection.execute("CREATE TABLE mine (id int)")
    with refused(target, "restore_not_empty"):
        restore(target.settings, tmp_path / "saved.tar")


def test_a_database_that_refuses_in_the_middle_stays_empty(
    new_place: NewPlace, tmp_path: Path, postgres: PrivatePostgres
) -> None:
    """Its user may do anything but what comes last: an event trigger is for administrators."""
    home, target = new_place("postgresql"), new_place("postgresql")
    furnish(home)
    with psycopg.connect(_libpq(home)) as connection:
        connection.execute("CREATE FUNCTION late() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'")
        connection.execute("CREATE EVENT TRIGGER late ON ddl_command_end EXECUTE FUNCTION late()")
    save(home.settings, tmp_path / "saved.tar")
    with psycopg.connect(_libpq(target)) as connection:
        connection.execute("DROP ROLE IF EXISTS limited")
        connection.execute("CREATE ROLE limited LOGIN")
        connection.execute("GRANT ALL ON SCHEMA public TO limited")
    assert target.url is not None
    limited = Place(target.folder, target.url.replace("callcenter@", "limited@"))
    with refused(limited, "backup_tool_failed"):
        restore(limited.settings, tmp_path / "saved.tar")
    with psycopg.connect(_libpq(target)) as connection:
        connection.execute("DROP OWNED BY limited; DROP ROLE limited")


def test_programs_older_than_the_server_are_refused(postgres: PrivatePostgres) -> None:
    for name in ("pg_dump", "pg_restore"):
        with pytest.raises(Problem) as refusal:
            postgres_tools.find(name, 99)
        assert refusal.value.code == "backup_tool_old"
        assert refusal.value.params["wanted"] == 99


@pytest.fixture
def forged(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """An archive with sums that are right, and whatever else is wanted in it."""

    def forge(member: str = "recordings/a.wav", revision: str = "0001", form: str = "sqlite", number: int = 1) -> Path:
        path = tmp_path / "forged.tar"
        about = Manifest.model_construct(
            format=number, program="9.9", form=form, revision=revision, made_at=utc_now(), parts=("recordings",)
        )
        with path.open("wb") as file:
            writer = Writer(file)
            writer.text("manifest.json", about.model_dump_json().encode())
            writer.text(member, b"content")
            writer.close()
        return path

    yield forge


@pytest.mark.parametrize(
    "member",
    ["../up.wav", "/tmp/absolute.wav", "recordings/../../up.wav", "recordings//a", "./recordings/a", "recordings/.."],
)
def test_no_name_leads_out(member: str, new_place: NewPlace, forged: Callable[..., Path]) -> None:
    target = new_place("sqlite")
    with refused(target, "backup_unsafe"):
        restore(target.settings, forged(member))


@pytest.mark.parametrize("revision", ["9999", "../0001", ""])
def test_a_newer_schema_is_refused(revision: str, new_place: NewPlace, forged: Callable[..., Path]) -> None:
    target = new_place("sqlite")
    with refused(target, "backup_schema_newer"):
        restore(target.settings, forged(revision=revision))


def test_a_newer_format_is_refused(new_place: NewPlace, forged: Callable[..., Path]) -> None:
    target = new_place("sqlite")
    with refused(target, "backup_format_newer"):
        restore(target.settings, forged(number=2, form="something else"))


@pytest.mark.parametrize("kind", FORMS)
def test_nothing_is_saved_where_there_is_nothing(kind: str, new_place: NewPlace) -> None:
    home = new_place(kind)
    with refused(home, "backup_no_database"):
        save(home.settings, archive_beside(home))
    assert not archive_beside(home).exists()


def test_an_archive_is_never_written_over_nor_into_what_it_saves(new_place: NewPlace) -> None:
    home = new_place("sqlite")
    furnish(home)
    archive = archive_beside(home)
    archive.write_bytes(b"yesterday's")
    with refused(home, "backup_exists"):
        save(home.settings, archive)
    assert archive.read_bytes() == b"yesterday's"
    with refused(home, "backup_inside"):
        save(home.settings, home.settings.store_dir / "saved.tar")
    with refused(home, "backup_not_written"):
        save(home.settings, home.folder / "absent" / "saved.tar")


def _flip(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def _libpq(place: Place) -> str:
    assert place.url is not None
    return place.url.replace("postgresql+asyncpg", "postgresql")
