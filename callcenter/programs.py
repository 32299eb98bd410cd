"""The service's own processes on this machine, for the demo, the benchmarks and the tests: begun, watched, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from callcenter.asterisk import ports
from callcenter.errors import Problem

_HOST = "127.0.0.1"
_START_S = 60.0
_STOP_S = 15.0


def free_port() -> int:
    """A free port on the loopback address."""
    return ports.free(_HOST, socket.SOCK_STREAM)


@dataclass
class Program:
    """`callcenter KIND`. `port`: where it answers /readyz; `settings`: its settings as environment variables.

    Killed and started again it keeps its ports. What it prints is in `<folder>/<name>.log`.
    """

    name: str
    kind: str
    folder: Path
    settings: Mapping[str, str]
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _told: bool = False

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / f"{self.name}.log"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{_HOST}:{self.port}"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def environment(self) -> dict[str, str]:
        """All of its settings; none of the caller's own."""
        group = "WEB" if self.kind in ("serve", "web") else "MONITOR"
        return {**self.settings, f"CALLCENTER_{group}__PORT": str(self.port)}

    def spawn(self) -> None:
        """Start it; it is not ready yet."""
        foreign = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
        kept = {name: value for name, value in os.environ.items() if name == "CALLCENTER_ASTERISK_ROOT"}
        self._told = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "callcenter", self.kind],
                env={**foreign, **kept, **self.environment()},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def start(self) -> None:
        """Start it; ready on return."""
        if not ports.is_free(_HOST, self.port, socket.SOCK_STREAM):
            setting = next(name for name in self.environment() if name.endswith("__PORT"))
            raise Problem("port_in_use", field="web.port", host=_HOST, port=self.port, setting=setting)
        self.spawn()
        await self.ready()

    async def ready(self) -> None:
        """Until it can do its work."""
        end = time.monotonic() + _START_S
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client:
            while self.running and time.monotonic() < end:
                if await _answers(client, f"{self.url}/readyz"):
                    return
                await asyncio.sleep(0.05)
        raise Problem("service_not_started", log=str(self.log), detail=_tail(self.log))

    def tell_to_end(self) -> None:
        """As an operator would."""
        if self._process is not None and self.running and not self._told:
            self._told = True
            self._process.send_signal(signal.SIGTERM)

    def stop(self, limit_s: float = _STOP_S) -> int | None:
        """End it as an operator would, by force when it does not; its exit status."""
        if self._process is None:
            return None
        self.tell_to_end()
        try:
            return self._process.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None

    def freeze(self) -> None:
        """SIGSTOP: it is there and does nothing, until `thaw`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, as a crash would be."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def _answers(client: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with client.get(url) as response:
            return response.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
