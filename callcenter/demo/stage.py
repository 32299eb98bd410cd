"""Real Asterisk and the service as processes of their own, in one folder, on ports that are free."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.phones import BaresipPhone, Caller, SipServer
from callcenter.asterisk.secrets import load_or_make
from callcenter.asterisk.settings import PbxSettings, PhoneAccount
from callcenter.config import Settings, load
from callcenter.programs import Program, free_port
from callcenter.setting_groups import AgiSettings, AmiSettings, IvrSettings


@dataclass
class Stage:
    """`extensions` get a SIP account each. `extra` are more settings of the service, as environment variables.

    `database` and `redis`: URLs of the scaled form, then there are two web, two agi, two worker processes and one ami;
    `front` is the address of the proxy before the web processes.
    """

    folder: Path
    extensions: Sequence[str]
    web_port: int = 0
    extra: Mapping[str, str] = field(default_factory=dict)
    database: str | None = None
    redis: str | None = None
    front: str | None = None

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        (self.folder / "data").mkdir(parents=True, exist_ok=True, mode=0o700)
        self._secrets = load_or_make(self.folder / "secrets.json", ["ami", *self.extensions])
        self.web_port = self.web_port or free_port()
        self._agi = tuple(AgiSettings(port=free_port()) for _ in range(2 if self.redis else 1))
        self.asterisk = LocalAsterisk(self._pbx())
        self.programs = self._programs()

    @property
    def url(self) -> str:
        """Where the screens are."""
        return self.front or f"http://127.0.0.1:{self.web_port}"

    @property
    def log(self) -> Path:
        """What the first process prints."""
        return next(iter(self.programs.values())).log

    def settings(self) -> Settings:
        """The service's settings as its processes see them; right once Asterisk has its ports."""
        return load(
            data_dir=self.folder / "data",
            web={"port": self.web_port},
            database={"url": self.database},
            redis={"url": self.redis},
            ami={**self.asterisk.settings.ami.model_dump(), "logs_dir": self.asterisk.settings.directory / "log"},
            agi=self._agi[0],
            ivr=IvrSettings(flows_dir=self.folder / "flows"),
            recordings={"spool_dir": self.asterisk.settings.spool},
        )

    def environment(self) -> dict[str, str]:
        """The service's settings as environment variables; for commands that work on its folder."""
        settings = self.settings()
        optional = {"CALLCENTER_DATABASE__URL": self.database, "CALLCENTER_REDIS__URL": self.redis}
        return {
            "CALLCENTER_DATA_DIR": str(settings.data_dir),
            "CALLCENTER_WEB__PORT": str(self.web_port),
            "CALLCENTER_AMI__PORT": str(settings.ami.port),
            "CALLCENTER_AMI__SECRET": settings.ami.secret.get_secret_value(),
            "CALLCENTER_AMI__LOGS_DIR": str(settings.ami.logs_dir),
            "CALLCENTER_AGI__PORT": str(settings.agi.port),
            "CALLCENTER_IVR__FLOWS_DIR": str(settings.ivr.flows_dir),
            "CALLCENTER_RECORDINGS__SPOOL_DIR": str(settings.spool_dir),
            # Whoever tries webhooks here has them sent to a program of his own on this computer.
            "CALLCENTER_HOOKS__ALLOWED_NETWORKS": '["127.0.0.0/8"]',
            **{name: value for name, value in optional.items() if value},
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
        """Start the service's processes and wait until they are ready."""
        environment = self.environment()
        for program in self.programs.values():
            program.settings = {**environment, **program.settings}
        await asyncio.gather(*(program.start() for program in self.programs.values()))

    def stop_service(self) -> None:
        """End the service as an operator would; by force when it does not."""
        for program in self.programs.values():
            program.tell_to_end()
        for program in self.programs.values():
            program.stop()

    def kill_service(self) -> None:
        """SIGKILL, as a crash would be."""
        for program in self.programs.values():
            program.kill()

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
            ami=AmiSettings(port=free_port(), secret=self._secrets["ami"]),
            agi=self._agi,
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

    def _programs(self) -> dict[str, Program]:
        if not self.redis:
            return {"serve": Program("serve", "serve", self.folder, {}, self.web_port)}
        made = [Program(f"web{number}", "web", self.folder, {}) for number in (1, 2)]
        made.append(Program("ami", "ami", self.folder, {}))
        for number, agi in enumerate(self._agi, start=1):
            made.append(Program(f"agi{number}", "agi", self.folder, {"CALLCENTER_AGI__PORT": str(agi.port)}))
        made += [Program(f"worker{number}", "worker", self.folder, {}) for number in (1, 2)]
        return {program.name: program for program in made}
