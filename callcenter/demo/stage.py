"""Real Asterisk and the service as processes of their own, in one folder, on ports that are free."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import yaml

from callcenter.asterisk import ports
from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.phones import BaresipPhone, Caller, SipServer
from callcenter.asterisk.secrets import load_or_make
from callcenter.asterisk.settings import PbxSettings, PhoneAccount
from callcenter.config import AgiSettings, AmiSettings, IvrSettings, Settings, load
from callcenter.errors import Problem

_LIMIT_S = 30.0
_STOP_S = 10.0


@dataclass
class Stage:
    """`extensions` get a SIP account each. `extra` are more settings of the service, as environment variables."""

    folder: Path
    extensions: Sequence[str]
    web_port: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        (self.folder / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._secrets = load_or_make(self.folder / "secrets.json", ["ami", *self.extensions])
        self.web_port = self.web_port or ports.free("127.0.0.1", socket.SOCK_STREAM)
        self._agi = AgiSettings(port=ports.free("127.0.0.1", socket.SOCK_STREAM))
        self.asterisk = LocalAsterisk(self._pbx())

    @property
    def url(self) -> str:
        """Where the screens are."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def log(self) -> Path:
        """What the service prints."""
        return self.folder / "service.log"

    def settings(self) -> Settings:
        """The service's settings as its process sees them; right once Asterisk has its ports."""
        return load(
            data_dir=self.folder / "data",
            web={"port": self.web_port},
            ami=self.asterisk.settings.ami,
            agi=self._agi,
            ivr=IvrSettings(flows_dir=self.folder / "flows"),
            recordings={"spool_dir": self.asterisk.settings.spool},
        )

    def environment(self) -> dict[str, str]:
        """The service's settings as environment variables; for commands that work on its folder."""
        settings = self.settings()
        return {
            "CALLCENTER_DATA_DIR": str(settings.data_dir),
            "CALLCENTER_WEB__PORT": str(self.web_port),
            "CALLCENTER_AMI__PORT": str(settings.ami.port),
            "CALLCENTER_AMI__SECRET": settings.ami.secret.get_secret_value(),
            "CALLCENTER_AGI__PORT": str(settings.agi.port),
            "CALLCENTER_IVR__FLOWS_DIR": str(settings.ivr.flows_dir),
            "CALLCENTER_RECORDINGS__SPOOL_DIR": str(settings.spool_dir),
            **self.extra,
        }

    async def start(self) -> None:
        """Asterisk, then the service, ready for calls on return."""
        self._open_all_hours()
        await self.asterisk.start()
        await self.start_service()

    async def stop(self) -> None:
        """End both."""
        await asyncio.to_thread(self.stop_service)
        await self.asterisk.stop()

    async def start_service(self) -> None:
        """Start the service's process and wait until it answers."""
        if not ports.is_free("127.0.0.1", self.web_port, socket.SOCK_STREAM):
            raise Problem(
                "port_in_use", field="web.port", host="127.0.0.1", port=self.web_port, setting="CALLCENTER_WEB__PORT"
            )
        self._process = self._spawn()
        await self._answering()

    def stop_service(self) -> None:
        """End the service as an operator would; by force when it does not."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.kill_service()

    def kill_service(self) -> None:
        """SIGKILL, as a crash would be."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def phone(self, extension: str) -> BaresipPhone:
        """An agent's phone, not started yet; it rings until it is told to answer."""
        return BaresipPhone(self.phone_folder(extension), self.account(extension), self.sip)

    def phone_folder(self, extension: str) -> Path:
        """Where the phone of an extension keeps its files."""
        return self.folder / "phones" / extension

    def account(self, extension: str) -> PhoneAccount:
        """The SIP account of an extension."""
        return PhoneAccount(extension=extension, password=self._secrets[extension])

    def caller(self, number: str) -> Caller:
        """Somebody who calls in from outside, not started yet."""
        return Caller(self.folder / "callers" / (number or "withheld"), number or "anonymous", self.sip)

    @property
    def sip(self) -> SipServer:
        """Where phones turn to."""
        return SipServer("127.0.0.1", self.asterisk.settings.sip_port)

    def _pbx(self) -> PbxSettings:
        return PbxSettings(
            directory=self.folder / "asterisk",
            sip_port=0,
            ami=AmiSettings(port=ports.free("127.0.0.1", socket.SOCK_STREAM), secret=self._secrets["ami"]),
            agi=(self._agi,),
            agents=tuple(self.account(each) for each in self.extensions),
            prompts=IvrSettings().prompts_dir,
            spool=self.folder / "spool",
        )

    def _open_all_hours(self) -> None:
        """The project's menus, open day and night: robots and tests do not wait for business hours."""
        flows = self.folder / "flows"
        shutil.rmtree(flows, ignore_errors=True)
        shutil.copytree(IvrSettings().flows_dir, flows)
        main = flows / "main.yaml"
        flow = yaml.safe_load(main.read_text(encoding="utf-8"))
        flow["nodes"]["hours"]["weekly"] = {"mon-sun": "00:00-24:00"}
        main.write_text(yaml.safe_dump(flow, allow_unicode=True, sort_keys=False), encoding="utf-8")

    def _spawn(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "callcenter", "serve"]
        environment = {**os.environ, **self.environment()}
        with self.log.open("ab") as log:
            return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    async def _answering(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _LIMIT_S
        async with aiohttp.ClientSession() as session:
            while time.monotonic() < end:
                if self._process.poll() is not None:
                    break
                try:
                    async with session.get(f"{self.url}/api/v1/ready") as response:
                        if response.status == 200:
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.05)
        raise Problem("service_not_started", log=str(self.log), detail=_tail(self.log))


def _tail(path: Path) -> str:
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
