"""`callcenter demo`: up, told how to get in, ended by Ctrl-C without a trace, and up again."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from .processes import nothing_runs, processes_of
from .scene import Api, until

_UP_LIMIT_S = 120.0
_END_LIMIT_S = 60.0
_USERS = ("agent", "agent2", "supervisor", "admin")


@dataclass
class Demo:
    """A running demo: where it is, and the passwords by user name that it printed."""

    process: asyncio.subprocess.Process
    url: str
    passwords: dict[str, str]

    async def ends(self) -> int:
        """Its status once it has ended."""
        assert self.process.stdout is not None
        async with asyncio.timeout(_END_LIMIT_S):
            await self.process.stdout.read()
            return await self.process.wait()


async def test_up_ended_and_up_again(tmp_path: Path) -> None:
    async with _demo(tmp_path) as first:
        await _sign_in(first)
        running = processes_of(tmp_path)
        assert len(running) >= 5, running  # itself, Asterisk, the service, two phones
        # As a terminal's Ctrl-C does: every process of the foreground gets it.
        os.killpg(first.process.pid, signal.SIGINT)
        assert await first.ends() == 0
        await until("end of every process", lambda: nothing_runs(tmp_path))

    async with _demo(tmp_path) as second:
        assert second.passwords == first.passwords
        await _sign_in(second)
        second.process.send_signal(signal.SIGINT)
        assert await second.ends() == 0
        await until("end of every process", lambda: nothing_runs(tmp_path))


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[Demo]:
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "callcenter", "demo", "--calls", "0", "--folder", str(folder), "--port", "0"],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(_UP_LIMIT_S):
            yield await _welcomed(process)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), _END_LIMIT_S)


async def _welcomed(process: asyncio.subprocess.Process) -> Demo:
    """Read what it prints until everybody's login was there."""
    assert process.stdout is not None
    said, url = "", ""
    passwords: dict[str, str] = {}
    async for line in process.stdout:
        said += line.decode()
        if found := re.match(r"\s+Open\s+(http://\S+)", line.decode()):
            url = found[1]
        if found := re.match(rf"\s+({'|'.join(_USERS)})\s+(\S+)\s+\S", line.decode()):
            passwords[found[1]] = found[2]
        if url and len(passwords) == len(_USERS):
            return Demo(process, url, passwords)
    raise AssertionError(f"the demo did not come up:\n{said}")


async def _sign_in(demo: Demo) -> None:
    for username in _USERS:
        api = Api(demo.url, "zh-CN")
        try:
            me = await api.sign_in(username, demo.passwords[username])
        finally:
            await api.close()
        assert me["user"]["username"] == username
