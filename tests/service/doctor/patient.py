"""An installation to be examined: settings as variables, everything on free ports and in a folder of its own."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from callcenter.asterisk import configured, ports
from callcenter.asterisk.local import LocalAsterisk
from callcenter.config import load
from callcenter.doctor.examine import CHECKS, Wish, examine
from callcenter.doctor.finding import Finding
from recordings.models import write_manifest

_HOST = "127.0.0.1"
NAMES = [check.name for check in CHECKS]


@dataclass
class Patient:
    """Well at first: `callcenter doctor` finds nothing but a missing Asterisk and a database still to be made."""

    home: Path
    monkeypatch: pytest.MonkeyPatch
    found: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.home / "var").mkdir(mode=0o700)
        self._make_screens()
        self._make_models()
        self.set(
            DATA_DIR=self.home / "var",
            WEB__PORT=ports.free(_HOST, socket.SOCK_STREAM),
            AGI__PORT=ports.free(_HOST, socket.SOCK_STREAM),
            AMI__PORT=ports.free(_HOST, socket.SOCK_STREAM),
            PBX__SIP_PORT=ports.free(_HOST, socket.SOCK_DGRAM),
            PBX__EXTENSIONS='["1001"]',
            WEB__SCREENS_DIR=self.home / "screens",
            SPEECH__MODELS_DIR=self.home / "models",
            DISK__MIN_FREE_MB=1,
        )

    def set(self, **variables: object) -> None:
        """Settings, without their common prefix."""
        for name, value in variables.items():
            self.monkeypatch.setenv(f"CALLCENTER_{name}", str(value))

    async def examine(self, *names: str, **wish: object) -> list[str]:
        """Findings of these checks (or of all) that are not ok, as `check state code`."""
        without = [name for name in NAMES if names and name not in names]
        self.found = await examine(Wish(without=without, **wish))  # type: ignore[arg-type]
        return [str(each) for each in map(_Line, self.found) if each.finding.state != "ok"]

    def remedy(self, code: str) -> str:
        """What to do about a finding of the last examination."""
        return next(each.words("en").remedy for each in self.found if each.code.removeprefix("doctor_") == code)

    def asterisk(self) -> LocalAsterisk:
        """The private Asterisk of these settings, not started; its secrets are made."""
        return LocalAsterisk(configured.load(load()))

    def _make_screens(self) -> None:
        (self.home / "screens").mkdir()
        (self.home / "screens" / "index.html").write_text('<script src="/app.js"></script>')
        (self.home / "screens" / "app.js").write_text("")

    def _make_models(self) -> None:
        for name, engine, language in (("vosk-en", "vosk", "en"), ("whisper-small", "whisper", "*")):
            folder = self.home / "models" / name
            folder.mkdir(parents=True)
            (folder / "model.bin").write_text(name)
            write_manifest(folder, name, engine, [language], "test")  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Line:
    finding: Finding

    def __str__(self) -> str:
        return f"{self.finding.check} {self.finding.state} {self.finding.code.removeprefix('doctor_')}"


def shown(found: list[Finding]) -> str:
    """Everything that a finding would tell."""
    return json.dumps([[each.words("en"), dict(each.params)] for each in found], default=str)
