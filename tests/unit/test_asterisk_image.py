"""The image of Asterisk holds what its program reads and no more: another image is another container, and replacing
Asterisk's cuts every call."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from .test_compose import ROOT, stage

_RUN = """
import sys
import callcenter.asterisk.local
from callcenter.__main__ import main
status = main()
ours = ("callcenter", "recordings", "crm_adapter")
print(*(each.__file__ for name, each in sys.modules.items() if name.split(".")[0] in ours and each.__file__))
sys.exit(status)
"""


def copied() -> list[tuple[str, Path]]:
    """What the image takes from this folder, and where in the image's it goes."""
    lines = re.findall(r"^COPY (?!--from)(.*) (\S+)$", stage("asterisk"), re.M)
    return [(word, Path(goal)) for words, goal in lines for word in words.split()]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The image's folder."""
    folder = tmp_path / "image"
    for word, goal in copied():
        for source in ROOT.glob(word):
            if source.is_dir():
                shutil.copytree(source, folder / goal, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / goal).mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / goal)
    return folder


def run(image: Path, settings: Mapping[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    """A command of the program, from the image's files."""
    given = {"PATH": os.environ["PATH"], "HOME": str(image), "LANG": "C.UTF-8", **settings}
    script = [sys.executable, "-c", _RUN, *command]
    return subprocess.run(script, cwd=image, env=given, text=True, capture_output=True, check=False)


def test_the_program_runs_from_it(image: Path, tmp_path: Path) -> None:
    settings = {"CALLCENTER_DATA_DIR": str(tmp_path / "data")}
    done = run(image, settings, "pbx", "render", "--to", str(tmp_path / "etc"))
    assert done.returncode == 0, done.stderr
    assert any((tmp_path / "etc").iterdir())
    assert not [each for each in done.stdout.splitlines()[-1].split() if not each.startswith(str(image))]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"CALLCENTER_AMI__PORT": "many"}, "CALLCENTER_AMI__PORT"),
        ({"CALLCENTER_ASTERISK_ROOT": "/nowhere"}, "/nowhere"),
    ],
)
def test_its_mistakes_are_told_in_words(image: Path, settings: dict[str, str], words: str) -> None:
    done = run(image, settings, "pbx", "status")
    assert done.returncode == 1
    title, remedy = done.stderr.splitlines()
    assert words in title + remedy and " " in title and remedy


def test_no_other_part_of_the_service_makes_it_another_one() -> None:
    folders = {word for word, _goal in copied() if (ROOT / word).is_dir()}
    assert folders == {"callcenter/asterisk", "crm_adapter"}
