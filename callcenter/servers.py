"""PostgreSQL and Redis of this machine, private: on free ports, in a folder of their own, ended by whoever began them.

For tests, benchmarks and trials. They come from the machine's packages (Debian: `postgresql`, `redis-server`).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from callcenter.asterisk import ports
from callcenter.errors import Problem

_HOST = "127.0.0.1"
_START_S = 30.0
_STOP_S = 10.0
_POSTGRES_BIN = "/usr/lib/postgresql/*/bin"
# For data that nobody needs tomorrow. `fsync` stays on: a kill -9 must leave what a real one would.
_POSTGRES_OPTIONS = ("max_connections=300", "shared_buffers=128MB", "timezone=UTC", "log_min_messages=warning")


@dataclass
class _Server:
    """A process that listens on `port`; killed and started again it keeps folder and port."""

    folder: Path
    port: int = field(default_factory=lambda: ports.free(_HOST, socket.SOCK_STREAM))
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Accepts connections on return."""
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=self._user(), cwd=self.folder
            )
        end = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                log_file = self.folder / "server.log"
                raise Problem("service_not_started", log=log_file, detail=log_file.read_text()[-300:])
            time.sleep(0.02)

    def stop(self) -> None:
        """End it in good order; by force when it does not end."""
        self._end(self._polite)

    def kill(self) -> None:
        """SIGKILL, as a crash would be."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop it and leave nothing behind."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    _polite = signal.SIGTERM

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _command(self) -> list[str]:
        raise NotImplementedError

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((_HOST, self.port), timeout=1):
            return True
        return False

    def _user(self) -> str | None:
        return None


class PrivatePostgres(_Server):
    """`url(NAME)` is an SQLAlchemy asyncio URL; `create` makes the database first."""

    # Fast shutdown: does not wait for clients.
    _polite = signal.SIGINT

    @classmethod
    def begin(cls) -> PrivatePostgres:
        """A new one, running. As root it runs as the user `postgres`, which must be able to reach its folder."""
        folder = Path(tempfile.mkdtemp(prefix="callcenter-postgres-"))
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
        server = cls(folder)
        with _or_nothing(server):
            _run([_postgres("initdb"), "-D", str(folder / "data"), "-U", "callcenter", "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync"], server._user(), folder)  # fmt: skip
            server.start()
        return server

    def url(self, database: str) -> str:
        """Where a database of this name is."""
        return f"postgresql+asyncpg://callcenter@{_HOST}:{self.port}/{database}"

    async def create(self, database: str) -> str:
        """Make an empty database; its URL."""
        connection = await asyncpg.connect(host=_HOST, port=self.port, user="callcenter", database="postgres")
        try:
            await connection.execute(f'CREATE DATABASE "{database}"')
        finally:
            await connection.close()
        return self.url(database)

    async def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected."""
        connection = await asyncpg.connect(host=_HOST, port=self.port, user="callcenter", database="postgres")
        try:
            await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        finally:
            await connection.close()

    def _command(self) -> list[str]:
        # What a killed server left must not keep its successor from starting.
        options = [word for option in _POSTGRES_OPTIONS for word in ("-c", option)]
        return [_postgres("postgres"), "-D", str(self.folder / "data"), "-h", _HOST, "-p", str(self.port),
                "-k", str(self.folder), *options]  # fmt: skip

    def _answers(self) -> bool:
        async def ask() -> bool:
            try:
                connection = await asyncpg.connect(
                    host=_HOST, port=self.port, user="callcenter", database="postgres", timeout=2
                )
            except (OSError, asyncpg.PostgresError, TimeoutError):
                return False
            await connection.close()
            return True

        return _apart(lambda: asyncio.run(ask()))

    def _user(self) -> str | None:
        return "postgres" if os.getuid() == 0 else None


class PrivateRedis(_Server):
    """Keeps nothing on disk: whoever needs it must be able to lose it."""

    @classmethod
    def begin(cls) -> PrivateRedis:
        """A new one, running."""
        server = cls(Path(tempfile.mkdtemp(prefix="callcenter-redis-")))
        with _or_nothing(server):
            server.start()
        return server

    @property
    def url(self) -> str:
        return f"redis://{_HOST}:{self.port}/0"

    def _command(self) -> list[str]:
        return [_program("redis-server", "redis-server"), "--bind", _HOST, "--port", str(self.port), "--save", "",
                "--appendonly", "no", "--dir", str(self.folder)]  # fmt: skip


@contextlib.contextmanager
def _or_nothing(server: _Server) -> Iterator[None]:
    """One that does not start leaves no folder."""
    try:
        yield
    except BaseException:
        server.remove()
        raise


def _postgres(name: str) -> str:
    found = sorted(Path("/").glob(_POSTGRES_BIN.lstrip("/")), key=lambda path: int(path.parent.name))
    return str(found[-1] / name) if found else _program(name, "postgresql")


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Problem("command_missing", command=name, install=f"sudo apt-get install {package}")
    return found


def _run(command: list[str], user: str | None, folder: Path) -> None:
    done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem("service_not_started", log=command[0], detail=done.stderr[-300:])


def _apart(ask: Callable[[], bool]) -> bool:
    """The answer from a thread of its own: the caller may be inside an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()
