"""Files of Asterisk that this user may not read."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.calls.files_here import Place, look
from callcenter.errors import Problem

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
NAMES = ("cel-custom/Master.csv", "cdr-custom/Master.csv", "queue_log")
NOBODY = 65534


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Root may read everything: as somebody who may not. Others are themselves."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.fixture
def logs() -> Iterator[Path]:
    """Where everybody may look, which pytest's own folders are not."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        for name in NAMES:
            (Path(folder) / name).parent.mkdir(exist_ok=True)
            (Path(folder) / name).write_text("")
        yield Path(folder)


def refused(logs: Path) -> Problem:
    with as_nobody(), pytest.raises(Problem) as problem:
        look(Place("pbx", logs, "ami.logs_dir"), [], NOON)
    return problem.value


@pytest.mark.parametrize("name", NAMES)
def test_a_file_that_may_not_be_read(logs: Path, name: str) -> None:
    with as_nobody():
        assert look(Place("pbx", logs, "ami.logs_dir"), [], NOON) == logs
    (logs / name).chmod(0)
    problem = refused(logs)
    assert (problem.code, problem.params["path"]) == ("ledger_files_unreadable", str(logs / name))
    assert problem.params["user"]


def test_a_folder_that_may_not_be_looked_into(logs: Path) -> None:
    (logs / "cel-custom").chmod(0)
    problem = refused(logs)
    assert (problem.code, problem.params["path"]) == ("ledger_files_unreadable", str(logs / "cel-custom"))
    (logs / "cel-custom").chmod(0o755)  # for who tidies up
