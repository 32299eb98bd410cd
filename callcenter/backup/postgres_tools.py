"""`pg_dump` and `pg_restore` of this machine. A password goes by the environment: lists of processes do not show it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import IO

from sqlalchemy.engine import Engine

from callcenter.errors import Problem

_VERSIONS = "usr/lib/postgresql"
_COMPLAINT = 500


def find(name: str, server: int) -> str:
    """The program of the server's own version if it is here, otherwise the newest; never one older than the server.

    Its own, because what a newer `pg_restore` says to a server is not always understood by an older one.
    """
    found = {int(path.parent.parent.name): str(path) for path in Path("/").glob(f"{_VERSIONS}/[0-9]*/bin/{name}")}
    program = found.get(server) or (found[max(found)] if found else shutil.which(name))
    if program is None:
        raise Problem("command_missing", command=name, install=f"sudo apt-get install postgresql-client-{server}")
    version = _version(program)
    if version < server:
        raise Problem("backup_tool_old", tool=program, found=version, wanted=server)
    return program


def run(command: list[str], engine: Engine, source: IO[bytes] | None = None) -> None:
    """Run a program on the engine's database, fed from `source`; a `Problem` with what it complains of."""
    words = {key: str(value) for key, value in engine.dialect.create_connect_args(engine.url)[1].items()
             if isinstance(value, str | int)}  # fmt: skip
    password = words.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    command = [*command, "--no-password", f"--dbname={conninfo(words)}"]
    with tempfile.TemporaryFile() as complaints:
        status = _run(command, environment, source, complaints)
        if status:
            complaints.seek(0)
            reason = complaints.read(_COMPLAINT).decode(errors="replace").strip() or f"status {status}"
            raise Problem("backup_tool_failed", tool=Path(command[0]).name, reason=reason)


def conninfo(words: dict[str, str]) -> str:
    """libpq's own form, which takes every character."""
    quoted = {key: value.replace("\\", r"\\").replace("'", r"\'") for key, value in words.items()}
    return " ".join(f"{key}='{value}'" for key, value in quoted.items())


def _run(command: list[str], environment: dict[str, str], source: IO[bytes] | None, complaints: IO[bytes]) -> int:
    given = subprocess.PIPE if source else subprocess.DEVNULL
    with subprocess.Popen(
        command, env=environment, stdin=given, stdout=subprocess.DEVNULL, stderr=complaints
    ) as process:
        if source is not None and process.stdin is not None:
            try:
                shutil.copyfileobj(source, process.stdin)
                process.stdin.close()
            except BrokenPipeError:  # it has ended: its status and its complaint say why
                pass
    return process.returncode


def _version(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\) (\d+)", told)
    return int(found[1]) if found else 0
