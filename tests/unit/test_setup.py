"""`scripts/setup.sh` beside jobs that never end: Ctrl-C, or one that fails, ends them with all that they started."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Each job starts a child and waits for it, as npm and apt-get are started and waited for.
_ENDLESS = '#!/bin/bash\necho "$$" >> began\nsleep 600 &\necho "$!" >> began\nwait\n'
_FAILS = '#!/bin/bash\nuntil [ "$(wc -l < began)" = 4 ]; do sleep 0.02; done 2>/dev/null\nexit 7\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The script with stand-ins for what it starts, and Python packages that are up to date."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).touch()
    (tmp_path / ".venv" / ".stamp").write_text(f"{hashlib.sha256().hexdigest()}  -\n", encoding="utf-8")
    _program(tmp_path / "scripts" / "front.sh", _ENDLESS)
    _program(tmp_path / ".venv" / "bin" / "callcenter", _ENDLESS)
    return tmp_path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_the_setup_ends_all_of_it(folder: Path, number: signal.Signals) -> None:
    with _setup(folder) as setup:
        _until(lambda: len(_began(folder)) == 6)
        setup.send_signal(number)
        assert setup.wait(20) == 130
    assert not [pid for pid in _began(folder) if _lives(pid)]


def test_one_that_fails_ends_the_others(folder: Path) -> None:
    _program(folder / "scripts" / "front.sh", _FAILS)
    with _setup(folder) as setup:
        assert setup.wait(20) == 7
    assert len(_began(folder)) == 4
    assert not [pid for pid in _began(folder) if _lives(pid)]


def test_it_is_done_when_all_are(folder: Path) -> None:
    for path in (folder / "scripts" / "front.sh", folder / ".venv" / "bin" / "callcenter"):
        _program(path, '#!/bin/bash\necho "$$" >> began\n')
    with _setup(folder) as setup:
        assert setup.wait(20) == 0
    assert len(_began(folder)) == 3


def _setup(folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([folder / "scripts" / "setup.sh", "--demo"], stderr=subprocess.DEVNULL)


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _began(folder: Path) -> list[int]:
    path = folder / "began"
    return [int(line) for line in path.read_text(encoding="utf-8").split()] if path.exists() else []


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Whoever was left to the machine's first process may not have been buried by it yet.
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)
