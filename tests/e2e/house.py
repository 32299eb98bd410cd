"""What stands around the scaled form: PostgreSQL, Redis and the reverse proxy, real and private."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from callcenter.programs import free_port
from callcenter.servers import PrivatePostgres, PrivateRedis

_CADDYFILE = Path(__file__).parents[2] / "deploy" / "Caddyfile"
_LIMIT_S = 20.0


@dataclass
class Proxy:
    """Caddy with the project's configuration, TLS and all, before web processes at these ports."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    async def start(self, web_ports: Sequence[int]) -> None:
        """Answers on return."""
        self.folder.mkdir(exist_ok=True)
        settings = {
            "HOME": str(self.folder),
            "XDG_DATA_HOME": str(self.folder),
            "XDG_CONFIG_HOME": str(self.folder),
            "SITE_ADDRESS": f"localhost:{self.port}",
            "PROXY_BIND": "127.0.0.1",
            "PROXY_ADMIN": f"127.0.0.1:{free_port()}",
            "HTTP_PORT": str(free_port()),
            "HTTPS_PORT": str(self.port),
            "WEB_UPSTREAMS": " ".join(f"127.0.0.1:{port}" for port in web_ports),
        }
        self._spawn(settings)
        await self._answering()

    def _spawn(self, settings: Mapping[str, str]) -> None:
        caddy = shutil.which("caddy")
        assert caddy, "make setup-all installs it"
        with (self.folder / "proxy.log").open("ab") as log:
            self._process = subprocess.Popen(
                [caddy, "run", "--config", str(_CADDYFILE), "--adapter", "caddyfile"],
                env={"PATH": os.environ["PATH"], **settings},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(_LIMIT_S)

    async def _answering(self) -> None:
        end = time.monotonic() + _LIMIT_S
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as client:
            while time.monotonic() < end:
                try:
                    async with client.get(f"{self.url}/api/v1/ready"):
                        return
                except aiohttp.ClientError:
                    await asyncio.sleep(0.1)
        raise AssertionError((self.folder / "proxy.log").read_text(errors="replace")[-2000:])


@dataclass
class Ground:
    """PostgreSQL, Redis and the proxy of one scaled stage."""

    postgres: PrivatePostgres
    redis: PrivateRedis
    proxy: Proxy

    @classmethod
    def laid(cls, folder: Path) -> Ground:
        return cls(PrivatePostgres.begin(), PrivateRedis.begin(), Proxy(folder / "proxy", free_port()))

    def remove(self) -> None:
        self.proxy.stop()
        self.redis.remove()
        self.postgres.remove()
