"""One run of a hook's process: started, watched, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

from callcenter.hooks.foreign.discovery import Hook
from callcenter.hooks.foreign.frames import Frames

_CHILD = "callcenter.hooks.foreign.child"
_HOUSE = Path(__file__).resolve().parents[3]
_ENDING_S = 1.0
_CHUNK = 4096
_PAGE = os.sysconf("SC_PAGE_SIZE")


class HookProcess:
    """Its own session and socket. What it prints is read, so that it never blocks."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._statm = Path(f"/proc/{process.pid}/statm")

    @classmethod
    @contextlib.asynccontextmanager
    async def running(cls, hook: Hook, memory_mb: int) -> AsyncIterator[HookProcess]:
        """Started, and at the end killed with all that it started."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", _CHILD, hook.group, hook.name, str(theirs.fileno()), str(memory_mb)),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=asyncio.subprocess.STDOUT,
                    env=_environment(),
                    pass_fds=(theirs.fileno(),),
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        closing: Callable[[], None] = ours.close
        try:
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            closing = writer.close
            yield cls(process, reader, writer)
        finally:
            closing()
            await _to_the_end(_killed(process))

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, data: bytes) -> None:
        self._writer.write(data)

    async def sent(self) -> None:
        """Until there is room for more."""
        await self._writer.drain()

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """What it says, until it ends."""
        frames = Frames()
        with contextlib.suppress(ConnectionError):
            while data := await self._reader.read(65536):
                for frame in frames.feed(data):
                    yield frame

    async def prints(self) -> AsyncIterator[str]:
        """What it prints, line by line as it comes."""
        assert self._process.stdout is not None
        while data := await self._process.stdout.read(_CHUNK):
            for line in data.decode("utf-8", "replace").splitlines():
                if line.strip():
                    yield line

    def memory_mb(self) -> float:
        """What it holds in memory; nothing once it is gone, or where the system does not tell."""
        try:
            return int(self._statm.read_text().split()[1]) * _PAGE / 2**20
        except (OSError, IndexError):
            return 0.0


async def _killed(process: asyncio.subprocess.Process) -> None:
    """With all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    # Read to its end, so that it is closed; one of its own children may hold it open, but not us.
    assert process.stdout is not None
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_ENDING_S):
            while await process.stdout.read(_CHUNK):
                pass


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Also when the one who waits is cancelled meanwhile."""
    doing = asyncio.create_task(work, name="hook ends")
    try:
        await asyncio.shield(doing)
    finally:
        await doing


def _environment() -> dict[str, str]:
    """Found is what the service finds; the service's settings, with their passwords, are not handed on."""
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith("CALLCENTER_")}
    path = dict.fromkeys([str(_HOUSE), *(each for each in sys.path if each)])
    return {**own, "PYTHONPATH": os.pathsep.join(path), "PYTHONUNBUFFERED": "1"}
