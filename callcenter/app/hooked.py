"""Other people's code, as it is shown to people who keep the system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel

from callcenter.hooks.foreign.discovery import AMI, EVENTS, Group, installed, missing
from callcenter.hooks.foreign.events import cursor_of
from callcenter.setting_groups import HooksSettings

_KINDS: tuple[tuple[Literal["listener", "events"], Group], ...] = (("listener", AMI), ("events", EVENTS))


class HookShown(BaseModel):
    """A hook. `missing` is one that the settings switch on although it is not installed: `installed` then says what is,
    that which is like it first of all; its kind is not known."""

    name: str
    kind: Literal["listener", "events"] | None
    package: str
    state: Literal["on", "off", "missing"]
    installed: str = ""


def hooks_shown(settings: HooksSettings) -> list[HookShown]:
    """As this process finds them, what is missing first."""
    absent = missing(settings.enabled)
    lost = [HookShown(name=name, kind=None, package="", state="missing", installed=absent[name]) for name in absent]
    return lost + [
        HookShown(name=hook.name, kind=kind, package=hook.package, state="on" if _on(hook.name, settings) else "off")
        for kind, group in _KINDS
        for hook in installed(group)
    ]


def cursors_of(hooks: list[HookShown]) -> Mapping[str, str]:
    """Cursor in the journal → name of the hook, of those that read it."""
    return {cursor_of(hook.name): hook.name for hook in hooks if (hook.kind, hook.state) == ("events", "on")}


def _on(name: str, settings: HooksSettings) -> bool:
    return settings.enabled is None or name in settings.enabled
