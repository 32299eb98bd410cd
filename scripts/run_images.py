"""Runs the service from its images, as docker-compose.yml and a fresh `.env` say, on a private PostgreSQL and Redis.

`python -m scripts.run_images`, after `scripts/images.sh` has built them. There is no Docker here: `buildah run` takes
its place, and all containers share this machine's network: each listening port is another one than in the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import redis
from dotenv import dotenv_values

from callcenter.asterisk import ports
from callcenter.servers import PrivatePostgres, PrivateRedis
from scripts.compose import ROOT, Service, services

_UID = 10001
_LIMIT_S = 60.0
_NAMES = ("postgres", "redis", "asterisk", "agi")
_STARTED = ("web", "ami", "agi", "worker", "asterisk")
# Settings that are ports on which something listens.
_PORTS = {
    "CALLCENTER_WEB__PORT": 8080,
    "CALLCENTER_AGI__PORT": 4573,
    "CALLCENTER_AMI__PORT": 5038,
    "CALLCENTER_PBX__HTTP_PORT": 8088,
    "CALLCENTER_PBX__SIP_PORT": 5060,
}


@dataclass
class House:
    """What all containers share."""

    folder: Path
    postgres: PrivatePostgres
    redis: PrivateRedis
    ports: dict[str, int] = field(
        default_factory=lambda: {name: ports.free("127.0.0.1", socket.SOCK_STREAM) for name in _PORTS}
    )

    def environment(self, service: Service) -> dict[str, str]:
        """As the file says, with the ports of this run."""
        given = {
            **service.environment,
            "CALLCENTER_AMI__PORT": str(self.ports["CALLCENTER_AMI__PORT"]),
            **{name: str(port) for name, port in self.ports.items() if name in service.environment},
        }
        if "CALLCENTER_MONITOR__PORT" in given:
            given["CALLCENTER_MONITOR__PORT"] = str(ports.free("127.0.0.1", socket.SOCK_STREAM))
        moved = {"@postgres:5432": f"@postgres:{self.postgres.port}", "@redis:6379": f"@redis:{self.redis.port}"}
        for old, new in moved.items():
            given = {name: value.replace(old, new) for name, value in given.items()}
        # Nothing translates addresses here, and the service comes from the loopback.
        return given | {"CALLCENTER_PBX__AMI_PERMIT": '["127.0.0.1"]'} if service.name == "asterisk" else given

    def mounts(self, service: Service) -> list[str]:
        """Named volumes as folders; new ones belong to the image's user, as Docker's do."""
        options = []
        for volume in service.volumes:
            source = ROOT / volume.source if volume.source.startswith(".") else self.folder / volume.source
            if not source.exists():
                source.mkdir()
                os.chown(source, _UID, _UID)
            options.append(f"--volume={source}:{volume.target}:{'rw' if volume.writable else 'ro'}")
        return options


class Container:
    """One container of a service's image."""

    def __init__(self, house: House, service: Service) -> None:
        self.service = service
        self.log = house.folder / f"{service.name}.log"
        self._environment = house.environment(service)
        self._mounts = house.mounts(service)
        names = [f"--add-host={name}:127.0.0.1" for name in _NAMES]
        self._id = _output(["buildah", "from", "--pull-never", *names, service.image])
        self._config = json.loads(_output(["buildah", "inspect", service.image]))["Docker"]["config"]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = self._run([*self._config["Entrypoint"], *self.service.command])
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> int:
        """Its exit status."""
        assert self._process is not None
        return self._process.wait(_LIMIT_S)

    def wait_healthy(self) -> None:
        """Until the image's own health check is content."""
        check = self._config["Healthcheck"]["Test"][1:]
        end = time.monotonic() + _LIMIT_S
        while subprocess.run(self._run(check), capture_output=True, check=False).returncode:
            assert self._process is not None
            if self._process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{self.service.name} did not get healthy:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> int:
        """SIGTERM to the program, as Docker sends it; its exit status."""
        assert self._process is not None
        os.kill(self._program(), signal.SIGTERM)
        return self.wait()

    def remove(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        subprocess.run(["buildah", "rm", self._id], capture_output=True, check=False)

    def _program(self) -> int:
        """The program's own process: the first below `buildah run` that is not one of its helpers, which would not
        hand a signal on."""
        assert self._process is not None
        below = _descendants(self._process.pid)
        return next(pid for pid in below if not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"buildah"))

    def _run(self, command: list[str]) -> list[str]:
        environment = [f"--env={name}={value}" for name, value in self._environment.items()]
        return ["buildah", "run", "--isolation", "chroot", *self._mounts, *environment, self._id, "--", *command]


def _descendants(pid: int) -> Iterator[int]:
    """Parents before their children. Each thread has children of its own."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _output(command: list[str]) -> str:
    return subprocess.run(command, text=True, capture_output=True, check=True).stdout.strip()


@contextlib.contextmanager
def _house() -> Iterator[tuple[House, dict[str, Service]]]:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="callcenter-images-")))
        folder.chmod(0o755)
        subprocess.run([ROOT / "deploy" / "env.sh", folder / ".env"], check=True)
        env = {name: value or "" for name, value in dotenv_values(folder / ".env", interpolate=False).items()}
        postgres, cache = PrivatePostgres.begin(), PrivateRedis.begin()
        stack.callback(postgres.remove)
        stack.callback(cache.remove)
        asyncio.run(postgres.create("callcenter"))
        redis.Redis(port=cache.port).config_set("requirepass", env["REDIS_PASSWORD"])
        yield House(folder, postgres, cache), services(env)


def main() -> int:
    """Every service up and healthy, then ended with SIGTERM; its times."""
    with _house() as (house, wanted), contextlib.ExitStack() as stack:

        def begin(name: str) -> tuple[Container, float]:
            container = Container(house, wanted[name])
            stack.callback(container.remove)
            started = time.monotonic()
            container.start()
            return container, started

        migrate, started = begin("migrate")
        if migrate.wait():
            raise SystemExit(f"migrate failed:\n{migrate.log.read_text()[-3000:]}")
        _say("migrate", f"done in {time.monotonic() - started:.1f} s")
        running = []
        for name in _STARTED:
            container, started = begin(name)
            container.wait_healthy()
            _say(name, f"healthy in {time.monotonic() - started:.1f} s")
            running.append(container)
        failed = 0
        for container in running:
            started = time.monotonic()
            status = container.stop()
            failed += status != 0
            _say(container.service.name, f"ended in {time.monotonic() - started:.1f} s, exit status {status}")
        return 1 if failed else 0


def _say(name: str, text: str) -> None:
    sys.stdout.write(f"{name:22} {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
