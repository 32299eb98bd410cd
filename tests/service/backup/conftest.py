"""Two places: one to save, one to restore into."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callcenter.errors import Problem
from callcenter.servers import PrivatePostgres
from callcenter.words import LANGUAGES, explain
from tests.service.backup.place import ROOT, Place

NewPlace = Callable[[str], Place]
_NUMBERS = itertools.count()
_LIMIT_S = 60.0


@pytest.fixture(scope="module", autouse=True)
def settings_file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings of both kinds, which are saved as well."""
    file = tmp_path_factory.mktemp("settings") / "firm.toml"
    file.write_text('[firm]\nname = "安居物业"\n', encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CALLCENTER_CONFIG", str(file))
        patch.setenv("CALLCENTER_FIRM__AREA_CODE", "020")
        yield file


@pytest.fixture(scope="module")
def new_place(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[NewPlace]:
    """A place with nothing in it, of the form that is asked for."""
    made: list[str] = []

    def make(kind: str) -> Place:
        folder = tmp_path_factory.mktemp("place") / "service"
        if kind == "sqlite":
            return Place(folder, None)
        server: PrivatePostgres = request.getfixturevalue("postgres")
        made.append(f"backup_{next(_NUMBERS)}")
        return Place(folder, asyncio.run(server.create(made[-1])))

    yield make
    for name in made:
        asyncio.run(request.getfixturevalue("postgres").drop(name))


@contextmanager
def running(place: Place, what: str, until: str, times: int = 1) -> Iterator[list[str]]:
    """`floor.py` doing `what`, from when it has said `until` so many times; killed at the end. What it has said."""
    command = [sys.executable, "-m", "tests.service.backup.floor", what]
    with subprocess.Popen(command, env=place.environment, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said: list[str] = []
        too_long = threading.Timer(_LIMIT_S, process.kill)
        too_long.start()
        try:
            while said.count(until) < times:
                said.append(process.stdout.readline().strip())
                assert said[-1], said
            yield said
        finally:
            too_long.cancel()
            process.kill()


def no_change(place: Place) -> Callable[[], bool]:
    """Asks later whether the place looks as it does now."""

    def look() -> tuple[object, ...]:
        folder = (place.tree(), place.files()) if place.folder.exists() else ()
        return (*folder, place.rows() if place.url else None)

    before = look()
    return lambda: look() == before


@contextmanager
def refused(place: Place, *codes: str) -> Iterator[None]:
    """The block must end in one of these problems, and the place look as before, database and folder."""
    unchanged = no_change(place)
    with pytest.raises(Problem) as refusal:
        yield
    assert refusal.value.code in codes, refusal.value
    for language in LANGUAGES:
        words = explain(refusal.value, language)
        assert words.title
        assert words.remedy
    assert unchanged()


def archive_beside(place: Place, name: str = "saved.tar") -> Path:
    return place.folder.parent / name
