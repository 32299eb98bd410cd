"""The stage of each test, its cast and its clearing away; on a failure, what the processes said last."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from callcenter.demo.seed import EXTENSIONS, PEOPLE, seed
from callcenter.demo.stage import Stage

from .help_desk import HelpDesk
from .scene import Scene
from .screens import Screens

_TAIL_LINES = 60
FAILED = pytest.StashKey[bool]()
OpenScene = Callable[..., Awaitable[Scene]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is `e2e`."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Lets fixtures know at their end whether the test failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@dataclass(frozen=True)
class FirstDay:
    """A filled data folder to begin from, and who may sign in."""

    data: Path
    passwords: Mapping[str, str]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def first_day(tmp_path_factory: pytest.TempPathFactory) -> FirstDay:
    """The demo's firm, made once: every stage begins with a copy."""
    stage = Stage(tmp_path_factory.mktemp("first-day"), EXTENSIONS)
    passwords = {person.username: f"{person.username}-passes" for person in PEOPLE}
    await seed(stage.settings(), {name: SecretStr(password) for name, password in passwords.items()})
    return FirstDay(stage.folder / "data", passwords)


@pytest.fixture
async def open_scene(
    first_day: FirstDay, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[OpenScene]:
    """Opens a scene: `open_scene()`, or with more settings of the service as environment variables."""
    scenes: list[Scene] = []

    async def open_it(**extra: str) -> Scene:
        folder = tmp_path_factory.mktemp("stage")
        shutil.copytree(first_day.data, folder / "data")
        scene = Scene(Stage(folder, EXTENSIONS, extra=extra), first_day.passwords)
        scenes.append(scene)
        await scene.open()
        return scene

    yield open_it
    failed = request.node.stash.get(FAILED, True)
    for scene in scenes:
        await scene.close()
        if failed:
            tell(scene.stage)


@pytest.fixture
async def screens(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[Screens]:
    """Chromium. When the test fails, a picture of every screen is left in the test's folder."""
    async with Screens.opened() as browser:
        yield browser
        if request.node.stash.get(FAILED, True):
            await browser.take_pictures(tmp_path_factory.mktemp("screens"))


@pytest.fixture
async def help_desk() -> AsyncIterator[HelpDesk]:
    """The firm's own help desk, not open yet."""
    async with HelpDesk.built() as desk:
        yield desk


def tell(stage: Stage) -> None:
    """What the service's processes and Asterisk said last."""
    for log in (
        *(program.log for program in stage.programs.values()),
        stage.asterisk.settings.directory / "log" / "console.log",
    ):
        lines = log.read_text(errors="replace").splitlines() if log.is_file() else ["(not there)"]
        sys.stdout.write("\n".join(["", f"--- {log}, the end", *lines[-_TAIL_LINES:], ""]))
