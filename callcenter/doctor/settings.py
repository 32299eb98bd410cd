"""Settings: readable, and all of them meant."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk.settings import PbxSettings
from callcenter.config import Settings, load, stray_variables
from callcenter.doctor.finding import Finding, ok, warning
from callcenter.doctor.wanted import ami_access, wanted_pbx
from callcenter.setting_groups import AmiSettings

CHECK = "settings"
_SECRET_NAMES = {"secret", "password"}


@dataclass(frozen=True)
class Read:
    """The settings, how to log in to Asterisk, and the Asterisk that they describe, or why that is not known."""

    settings: Settings
    ami: AmiSettings
    pbx: PbxSettings | None = None
    trouble: Exception | None = None


def read() -> Read:
    """Raises what is wrong with the settings themselves."""
    settings = load()
    try:
        pbx = wanted_pbx(settings)
        return Read(settings, ami_access(settings, pbx), pbx)
    except Exception as reason:
        return Read(settings, settings.ami, trouble=reason)


def judge() -> list[Finding]:
    """Of settings that could be read: what is questionable."""
    file = os.environ.get("CALLCENTER_CONFIG")
    strays = [warning(CHECK, "doctor_stray_variable", variable=name, nearest=near) for name, near in stray_variables()]
    found = [*strays, *_file_findings(Path(file) if file else None)]
    return found or [ok(CHECK, "doctor_settings_good", file=file or "-")]


def holds_secret(groups: Mapping[str, object]) -> bool:
    """Whether a settings file gives a secret away to whoever reads it."""
    for name, value in groups.items():
        if isinstance(value, Mapping):
            if holds_secret(value):
                return True
        elif name in _SECRET_NAMES or (name == "url" and "@" in str(value)):
            return True
    return False


def _file_findings(file: Path | None) -> Iterator[Finding]:
    if file is None:
        return
    mode = file.stat().st_mode
    if mode & 0o007 and holds_secret(tomllib.loads(file.read_text(encoding="utf-8"))):
        yield warning(CHECK, "doctor_settings_open", path=str(file), mode=f"{mode & 0o777:o}")
