"""Asterisk's configuration from `PbxSettings`: a whole private set, or include files for a user's own Asterisk."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import SecretStr

from callcenter.asterisk import manager_events
from callcenter.asterisk.settings import PbxSettings
from callcenter.errors import Problem

INCLUDES = (
    "extensions_callcenter.conf",
    "manager_callcenter.conf",
    "pjsip_callcenter.conf",
    "queues_callcenter.conf",
    "cdr_custom.conf",
    "cel_custom.conf",
)
_PRIVATE = (
    "asterisk.conf", "modules.conf", "logger.conf", "rtp.conf", "pjsip.conf", "queues.conf", "extensions.conf",
    "manager.conf", "cdr.conf", "cel.conf", "musiconhold.conf", "features.conf", "confbridge.conf",
    "res_parking.conf", "indications.conf", "http.conf",
)  # fmt: skip
# Asterisk complains of these when they are missing, though it has nothing to read in them.
_EMPTY = ("acl.conf", "ccss.conf", "cli_permissions.conf", "pjproject.conf", "queuerules.conf", "udptl.conf")
# In a dialplan line or a shell command these would end the path and begin something else.
_UNSAFE_IN_PATH = re.compile(r"[\x00-\x20,;&|$`\"'()\[\]{}<>*?!#\\]")


def render_private(settings: PbxSettings, modules: Path) -> None:
    """Write the whole set into `settings.configuration`. Ports must be chosen (not 0)."""
    available = {path.stem for path in modules.glob("*.so")}
    _render((*_PRIVATE, *INCLUDES), settings, settings.configuration, modules=modules, available=available)
    for name in _EMPTY:
        _write(settings.configuration / name, "; Nothing to set.\n")


def render_includes(settings: PbxSettings, target: Path) -> list[Path]:
    """Write the include files for an existing Asterisk; their paths."""
    return _render(INCLUDES, settings, target)


def _render(names: Iterable[str], settings: PbxSettings, target: Path, **extra: object) -> list[Path]:
    environment = Environment(
        loader=PackageLoader("callcenter.asterisk"),
        undefined=StrictUndefined,
        trim_blocks=False,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["secret"] = _secret
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    values = {
        "s": settings,
        "etc": settings.configuration,
        "directory": _safe(settings.directory),
        "run": settings.run_directory,
        "prompts": _safe(settings.prompts),
        "spool": _safe(settings.spool),
        "events": manager_events.EVENTS,
        "variables": manager_events.VARIABLES,
        "loopback": settings.bind.startswith("127."),
        **extra,
    }
    written = []
    for name in names:
        path = target / name
        _write(path, environment.get_template(f"{name}.j2").render(values))
        written.append(path)
    return written


def _safe(path: Path) -> Path:
    absolute = path.absolute()
    if _UNSAFE_IN_PATH.search(str(absolute)):
        raise Problem("asterisk_unsafe_path", path=str(absolute))
    return absolute


def _secret(value: SecretStr) -> str:
    text = value.get_secret_value()
    if not text or any(character < " " for character in text):
        raise Problem("asterisk_unsafe_secret")
    return text.replace(";", "\\;")


def _write(path: Path, text: str) -> None:
    """Readable by the owner only from the first byte on; replaced at once, never half written."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
        handle.write(text)
    fresh.rename(path)
