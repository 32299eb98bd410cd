"""docker-compose.yml as Docker Compose reads it, `.env` filled in, where there is no Docker: for checks and proofs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docker-compose.yml"
_PLACE = re.compile(r"\$(?:\$|{(?P<name>\w+)(?P<needed>:\?(?P<why>[^}]*))?})")


class Unset(ValueError):
    """A variable that the file cannot do without is empty or missing."""


@dataclass(frozen=True)
class Volume:
    """`source` is a path that begins with a dot, or a volume's name."""

    source: str
    target: str
    writable: bool


@dataclass(frozen=True)
class Service:
    name: str
    image: str
    command: tuple[str, ...]
    environment: dict[str, str]
    volumes: tuple[Volume, ...]
    # All that the file says of it, filled in.
    raw: dict[str, Any]

    @property
    def target(self) -> str | None:
        """The Dockerfile's stage that it is built from; None for an image of others."""
        return self.raw["build"]["target"] if "build" in self.raw else None


def services(env: Mapping[str, str], file: Path = FILE) -> dict[str, Service]:
    """Every service. `Unset` when a needed variable is empty."""
    given = yaml.safe_load(file.read_text(encoding="utf-8"))["services"]
    return {name: _service(name, fill(raw, env), env) for name, raw in given.items()}


def variables(file: Path = FILE) -> set[str]:
    """The names that the file takes from `.env`: its places, and settings without a value."""
    text = file.read_text(encoding="utf-8")
    given = yaml.safe_load(text)["services"].values()
    without_value = {name for raw in given for name, value in raw.get("environment", {}).items() if value is None}
    return {found["name"] for found in _PLACE.finditer(text) if found["name"]} | without_value


def fill(value: Any, env: Mapping[str, str]) -> Any:
    """The value with its places `${NAME}` and `${NAME:?WHY}` filled in, at any depth; `$$` is a dollar."""
    if isinstance(value, dict):
        return {key: fill(each, env) for key, each in value.items()}
    if isinstance(value, list):
        return [fill(each, env) for each in value]
    return _PLACE.sub(lambda found: _filled(found, env), value) if isinstance(value, str) else value


def _filled(found: re.Match[str], env: Mapping[str, str]) -> str:
    if found["name"] is None:
        return "$"
    value = env.get(found["name"], "")
    if found["needed"] and not value:
        raise Unset(f"{found['name']}: {found['why']}")
    return value


def _service(name: str, raw: dict[str, Any], env: Mapping[str, str]) -> Service:
    environment = {
        key: str(env.get(key) if value is None else value)
        for key, value in raw.get("environment", {}).items()
        if value is not None or key in env
    }
    volumes = (each.split(":") for each in raw.get("volumes", []))
    return Service(
        name=name,
        image=raw["image"],
        command=tuple(raw.get("command", ())),
        environment=environment,
        volumes=tuple(Volume(source, target, "ro" not in mode) for source, target, *mode in volumes),
        raw=raw,
    )
