"""Which hooks are installed. Nothing of them is loaded here: that is for their own process."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Literal

Group = Literal["callcenter.ami_listeners", "callcenter.event_hooks"]
AMI: Group = "callcenter.ami_listeners"
EVENTS: Group = "callcenter.event_hooks"
GROUPS: tuple[Group, ...] = (AMI, EVENTS)


@dataclass(frozen=True)
class Hook:
    """`target` is what it names, `package` where it comes from, for people to read."""

    group: Group
    name: str
    target: str
    package: str


def installed(group: Group, enabled: Collection[str] | None = None) -> list[Hook]:
    """Those of a group, by name; `enabled` None: all of them. Of two of one name the first is taken."""
    found = {each.name: each for each in reversed(tuple(entry_points(group=group)))}
    return [
        Hook(group, name, each.value, _package(each))
        for name, each in sorted(found.items())
        if enabled is None or name in enabled
    ]


def missing(enabled: Collection[str] | None) -> dict[str, str]:
    """Names that are switched on and not installed, each with what is installed: what is like it, else everything."""
    there = sorted({hook.name for group in GROUPS for hook in installed(group)})
    absent = sorted(set(enabled or ()).difference(there))
    return {name: ", ".join(difflib.get_close_matches(name, there) or there) or "-" for name in absent}


def entry_point(group: str, name: str) -> EntryPoint:
    """The one of this name; LookupError when there is none."""
    found = tuple(entry_points(group=group, name=name))
    if not found:
        raise LookupError(f"no {name} in {group}")
    return found[0]


def _package(found: EntryPoint) -> str:
    return f"{found.dist.name} {found.dist.version}" if found.dist is not None else ""
