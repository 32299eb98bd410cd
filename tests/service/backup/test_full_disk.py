"""A disk that is full in the middle, shown by a limit on the size of a process's files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from callcenter.backup.restore import restore
from callcenter.backup.save import save
from tests.service.backup.conftest import NewPlace, archive_beside, no_change
from tests.service.backup.firm import furnish
from tests.service.backup.place import ROOT, Place

# The command as `callcenter` runs it, on a disk that takes no file above so many bytes.
LIMITED = """
import argparse, resource, sys
from callcenter.backup.commands import add_parser
from callcenter.errors import Problem

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
parser = argparse.ArgumentParser()
add_parser(parser.add_subparsers())
arguments = parser.parse_args(sys.argv[2:])
try:
    arguments.run(arguments)
except Problem as problem:
    sys.exit(problem.code)
"""


def limited(place: Place, size: int, *command: str) -> str:
    """The problem that a command ends with."""
    words = [sys.executable, "-c", LIMITED, str(size), *command]
    done = subprocess.run(words, env=place.environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done
    return done.stderr.strip()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_leaves_nothing_half_written(kind: str, new_place: NewPlace) -> None:
    home = new_place(kind)
    furnish(home)
    archive = archive_beside(home)
    save(home.settings, archive)
    whole = archive.stat().st_size
    archive.unlink()
    before = home.files(), home.rows()
    for size in (20_000, whole // 2, whole - 50_000):
        code = limited(home, size, "backup", str(archive))
        assert code in {"backup_not_written", "backup_database_failed", "backup_tool_failed"}
        assert list(archive.parent.iterdir()) == [home.folder]
        assert (home.files(), home.rows()) == before


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restore_leaves_nothing_half_restored(kind: str, new_place: NewPlace, tmp_path: Path) -> None:
    home, abroad = new_place(kind), new_place(kind)
    furnish(home)
    archive = tmp_path / "saved.tar"
    save(home.settings, archive)
    unchanged = no_change(abroad)
    for size in (1000, 50_000, 100_000):
        assert limited(abroad, size, "restore", str(archive)) == "restore_not_written"
        assert unchanged()
        assert not abroad.folder.exists()
    restore(abroad.settings, archive)
    assert abroad.rows() == home.rows()
