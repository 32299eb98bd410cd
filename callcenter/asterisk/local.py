"""A private Asterisk on this machine: configured, started, watched and ended by us, without root."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk import ports
from callcenter.asterisk.install import AsteriskTree, require
from callcenter.asterisk.render import render_private
from callcenter.asterisk.settings import PbxSettings
from callcenter.errors import Problem

START_LIMIT_S = 30.0
STOP_LIMIT_S = 5.0
RTP_PORTS = 400


@dataclass(frozen=True)
class PbxStatus:
    running: bool
    pid: int | None
    version: str
    sip_port: int
    ami_port: int


class LocalAsterisk:
    """`settings` may leave ports 0: `start` chooses them and they are read back from `self.settings`."""

    def __init__(self, settings: PbxSettings, tree: AsteriskTree | None = None) -> None:
        self.settings = settings
        self._tree = tree
        self._process: subprocess.Popen[bytes] | None = None
        if self.pid() is not None:
            self.settings = self._ports_in_use()

    async def start(self, *, to_log: bool = True) -> None:
        """Ready for calls on return: modules loaded, manager interface open. Does nothing if already running.

        What it prints goes to its log file, or else where this process prints.
        """
        if self.pid() is not None:
            return
        self.settings = _with_ports(self.settings)
        _check_ports(self.settings)
        await asyncio.to_thread(self._prepare)
        self._process = self._spawn(to_log)
        self._keep_ports()
        try:
            await asyncio.wait_for(self._booted(), START_LIMIT_S)
        except TimeoutError:
            self.kill()
            raise Problem("asterisk_start_timeout", log=str(self._log)) from None

    async def ended(self) -> int:
        """Its exit status, once the Asterisk that this object started has ended; a signal's number is negative."""
        assert self._process is not None
        return await asyncio.to_thread(self._process.wait)

    async def stop(self) -> None:
        """End it with all its calls; by force after STOP_LIMIT_S."""
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGTERM)
        # Its pid file goes before the process does: the process itself is watched.
        if not await self._until(lambda: self._ended(pid), STOP_LIMIT_S):
            self.kill()

    def kill(self) -> None:
        """SIGKILL, as a crash would be: nothing is written, nothing said to phones."""
        pid = self.pid()
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def rx(self, command: str) -> str:
        """The output of one console command."""
        process = await asyncio.create_subprocess_exec(
            self.tree.program("asterisk"),
            "-C",
            str(self._config),
            "-rx",
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        if process.returncode:
            raise Problem("asterisk_not_running", detail=output.decode(errors="replace").strip()[-200:])
        return output.decode(errors="replace")

    def pid(self) -> int | None:
        """Process id if it runs, also when another process of ours started it."""
        if self._process is not None:
            return self._process.pid if self._process.poll() is None else None
        try:
            pid = int((self.settings.run_directory / "asterisk.pid").read_text())
        except (OSError, ValueError):
            return None
        return None if self._ended(pid) else pid

    def status(self) -> PbxStatus:
        pid = self.pid()
        settings = self.settings
        return PbxStatus(pid is not None, pid, self.tree.version, settings.sip_port, settings.ami.port)

    @property
    def tree(self) -> AsteriskTree:
        self._tree = self._tree or require()
        return self._tree

    @property
    def _config(self) -> Path:
        return self.settings.configuration / "asterisk.conf"

    @property
    def _log(self) -> Path:
        return self.settings.directory.absolute() / "log" / "console.log"

    def _ended(self, pid: int) -> bool:
        """True when no process of that id runs with our configuration (ids are used again)."""
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is not None
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return True
        if command:
            return os.fsencode(self._config) not in command
        # One that is just leaving has no command line any more; it holds its ports until its last thread is gone.
        state, threads = fields[0], int(fields[17])
        return state in "ZX" and threads <= 1

    def _prepare(self) -> None:
        home = self.settings.directory.absolute()
        for name in ("etc", "lib/keys", "log/cdr-custom", "log/cel-custom", "spool/outgoing", "run"):
            (home / name).mkdir(parents=True, exist_ok=True, mode=0o700)
        run = self.settings.run_directory
        run.mkdir(parents=True, exist_ok=True, mode=0o700)
        if run.stat().st_uid != os.getuid():
            raise Problem("asterisk_foreign_folder", path=str(run))
        (run / "asterisk.ctl").unlink(missing_ok=True)
        self.settings.spool.absolute().mkdir(parents=True, exist_ok=True, mode=0o700)
        self._link_data(home / "data")
        render_private(self.settings, self.tree.modules)

    def _link_data(self, data: Path) -> None:
        """Sounds and music from the tree. Our own prompts are named by their paths."""
        shutil.rmtree(data, ignore_errors=True)
        (data / "sounds").mkdir(parents=True)
        for name in ("moh", "documentation", "rest-api"):
            (data / name).symlink_to(self.tree.data / name)
        (data / "sounds" / "en").symlink_to((self.tree.data / "sounds" / "en").resolve())

    def _spawn(self, to_log: bool) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self.tree.program("asterisk"), "-C", self._config, "-f", "-q"],
                stdin=subprocess.DEVNULL,
                stdout=log if to_log else None,
                stderr=log if to_log else None,
                start_new_session=True,
                cwd=self.settings.directory.absolute(),
            )

    def _keep_ports(self) -> None:
        chosen = {"sip_port": self.settings.sip_port, "ami_port": self.settings.ami.port}
        (self.settings.run_directory / "ports.json").write_text(json.dumps(chosen))

    def _ports_in_use(self) -> PbxSettings:
        """The ports that whoever started the running Asterisk has chosen."""
        try:
            chosen = json.loads((self.settings.run_directory / "ports.json").read_text())
        except OSError:
            return self.settings
        ami = self.settings.ami.model_copy(update={"port": chosen["ami_port"]})
        return self.settings.model_copy(update={"sip_port": chosen["sip_port"], "ami": ami})

    async def _booted(self) -> None:
        control = self.settings.run_directory / "asterisk.ctl"
        if not await self._until(lambda: control.exists() or self.pid() is None, START_LIMIT_S):
            raise TimeoutError
        while True:
            if self.pid() is None:
                raise Problem("asterisk_did_not_start", log=str(self._log), detail=_tail(self._log))
            with contextlib.suppress(Problem):
                await self.rx("core waitfullybooted")
                return
            await asyncio.sleep(0.02)

    @staticmethod
    async def _until(condition: Callable[[], bool], limit_s: float) -> bool:
        end = time.monotonic() + limit_s
        while not condition():
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.02)
        return True


def _with_ports(settings: PbxSettings) -> PbxSettings:
    """Ports that were left 0 filled in with free ones."""
    sip = settings.sip_port or ports.free(settings.bind, socket.SOCK_DGRAM)
    ami = settings.ami.port or ports.free(settings.ami.host, socket.SOCK_STREAM)
    first = settings.rtp_first or ports.free(settings.bind, socket.SOCK_DGRAM, RTP_PORTS)
    last = settings.rtp_last or first + RTP_PORTS - 1
    return settings.model_copy(
        update={
            "sip_port": sip,
            "rtp_first": first,
            "rtp_last": last,
            "ami": settings.ami.model_copy(update={"port": ami}),
        }
    )


def _check_ports(settings: PbxSettings) -> None:
    wanted = (
        (settings.bind, settings.sip_port, socket.SOCK_DGRAM, "SIP/UDP", "CALLCENTER_PBX__SIP_PORT"),
        (settings.ami.host, settings.ami.port, socket.SOCK_STREAM, "AMI/TCP", "CALLCENTER_AMI__PORT"),
        (settings.bind, settings.http_port or 0, socket.SOCK_STREAM, "HTTP/TCP", "CALLCENTER_PBX__HTTP_PORT"),
    )
    for host, port, kind, name, setting in wanted:
        if not ports.is_free(host, port, kind):
            raise Problem("asterisk_port_in_use", port=port, kind=name, setting=setting)


def _tail(path: Path) -> str:
    return path.read_text(errors="replace").strip()[-400:] if path.exists() else ""
