"""Commands as a person gives them, and what is left of them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_LIMIT_S = 60.0


@dataclass(frozen=True)
class Ended:
    """What a command left: its status and what it printed, both streams."""

    status: int
    text: str


async def callcenter(*arguments: str | Path, env: Mapping[str, str]) -> Ended:
    """`callcenter ...` to its end, speaking English."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "callcenter", *arguments],
        env={**os.environ, "LC_ALL": "C.UTF-8", **env},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return Ended(process.returncode, output.decode())


def processes_of(folder: Path) -> list[str]:
    """Command lines of the living processes that have to do with a folder: it is in their arguments or settings."""
    return [line for each in Path("/proc").glob("[0-9]*") if (line := _concerned(each, os.fsencode(folder)))]


async def nothing_runs(folder: Path) -> bool:
    """Whether no process has to do with the folder any more."""
    return not await asyncio.to_thread(processes_of, folder)


def _concerned(process: Path, folder: bytes) -> str:
    try:
        command, settings = (process / "cmdline").read_bytes(), (process / "environ").read_bytes()
    except OSError:  # ended while we looked, or somebody else's
        return ""
    return command.replace(b"\0", b" ").decode(errors="replace") if folder in command + settings else ""
