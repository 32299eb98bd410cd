"""`callcenter pbx run`: a real Asterisk in the foreground, as a container runs it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from callcenter.asterisk import ports

pytestmark = pytest.mark.service
LIMIT_S = 30


@dataclass
class Foreground:
    """The command, run by itself."""

    process: asyncio.subprocess.Process
    environment: dict[str, str]

    @property
    def folder(self) -> Path:
        return Path(self.environment["CALLCENTER_DATA_DIR"]) / "asterisk"

    async def line(self, text: str) -> None:
        """Until it prints this."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            async for line in self.process.stdout:
                if text in line.decode():
                    return
        raise AssertionError(f"ended without saying {text!r}")

    async def ended(self) -> tuple[int, str]:
        """Exit status, and what it printed meanwhile."""
        output, _ = await asyncio.wait_for(self.process.communicate(), LIMIT_S)
        assert self.process.returncode is not None
        return self.process.returncode, output.decode()


async def command(environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callcenter", "pbx", "run", env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Foreground]:
    environment = {
        **os.environ,
        "LANG": "en",
        "CALLCENTER_DATA_DIR": str(tmp_path),
        "CALLCENTER_PBX__SIP_PORT": "0",
        "CALLCENTER_AMI__PORT": str(ports.free("127.0.0.1", socket.SOCK_STREAM)),
        "CALLCENTER_PBX__HTTP_PORT": str(ports.free("127.0.0.1", socket.SOCK_STREAM)),
    }
    foreground = Foreground(await command(environment), environment)
    await foreground.line("runs: SIP")
    yield foreground
    if foreground.process.returncode is None:
        foreground.process.terminate()
        await foreground.ended()


async def test_it_ends_with_its_asterisk_when_told_to(running: Foreground) -> None:
    asterisk = int((running.folder / "run" / "asterisk.pid").read_text())
    running.process.terminate()
    status, _ = await running.ended()
    assert status == 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(asterisk, 0)
        pytest.fail("Asterisk still runs")


async def test_it_says_so_when_its_asterisk_dies(running: Foreground) -> None:
    os.kill(int((running.folder / "run" / "asterisk.pid").read_text()), signal.SIGKILL)
    status, output = await running.ended()
    assert status == 1
    assert "-9" in output


async def test_a_second_one_is_refused(running: Foreground) -> None:
    second = Foreground(await command(running.environment), running.environment)
    status, output = await second.ended()
    assert status == 1
    assert "callcenter pbx stop" in output


async def test_browser_phones_get_a_sip_socket(running: Foreground) -> None:
    at = f"http://127.0.0.1:{running.environment['CALLCENTER_PBX__HTTP_PORT']}/ws"
    async with aiohttp.ClientSession() as session, session.ws_connect(at, protocols=["sip"]) as phone:
        await phone.send_str(
            "OPTIONS sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
            "From: <sip:1001@127.0.0.1>;tag=1\r\nTo: <sip:127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n"
        )
        answer = await phone.receive_str(timeout=LIMIT_S)
    assert answer.startswith("SIP/2.0 ")
