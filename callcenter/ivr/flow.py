"""The shape of a voice menu: typed nodes, told apart by `kind`. Values only; reading them is `reading.py`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from callcenter.ivr.hours import Week, parse_week

# Names become parts of file names and of dialplan arguments, hence plain.
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Prompts = tuple[Name, ...]
Matter = Literal["complaint", "inquiry", "suggestion", "repair", "operator"]

REPEAT = "repeat"
BACK = "back"
RESERVED = (REPEAT, BACK)


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Menu(_Shape):
    """Waits for one key. `intro` is heard once in each language, `prompts` every time.

    A key leads to a node, to `repeat`, or to `back` (the menu before; at the first menu: repeat).
    After `tries` silences or wrong keys the call goes to `give_up`, or to the flow's fallback.
    """

    kind: Literal["menu"]
    intro: Prompts = ()
    prompts: Annotated[Prompts, Field(min_length=1)]
    keys: Annotated[dict[Key, Name], Field(min_length=1)]
    timeout_s: Annotated[float, Field(gt=0, le=30)] = 6
    tries: Annotated[int, Field(ge=1, le=9)] = 3
    give_up: Name | None = None


class Say(_Shape):
    """Plays and goes on; keys are not heard."""

    kind: Literal["say"]
    prompts: Annotated[Prompts, Field(min_length=1)]
    next: Name


class Hours(_Shape):
    """Goes one way in business hours and the other outside them. See `hours.py` for the writing."""

    kind: Literal["hours"]
    timezone: str
    weekly: dict[str, str]
    closed_on: tuple[date, ...] = ()
    open: Name
    closed: Name

    @field_validator("weekly")
    @classmethod
    def _readable(cls, written: dict[str, str]) -> dict[str, str]:
        try:
            parse_week(written)
        except ValueError as error:
            raise PydanticCustomError("bad_hours", "{reason}", {"reason": str(error)}) from error
        return written

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (OSError, ValueError, KeyError) as error:
            reason = f"{name!r} is no time zone: write Asia/Shanghai"
            raise PydanticCustomError("bad_hours", "{reason}", {"reason": reason}) from error
        return name

    @cached_property
    def week(self) -> Week:
        return parse_week(self.weekly)


class SetLanguage(_Shape):
    kind: Literal["set_language"]
    language: Language
    next: Name


class Queue(_Shape):
    """An end: the caller waits in `queue`. `matter` tells agents what it is about."""

    kind: Literal["queue"]
    queue: Name
    matter: Matter
    prompts: Prompts = ()


class Hangup(_Shape):
    """An end: the call is over."""

    kind: Literal["hangup"]
    prompts: Prompts = ()


Node = Annotated[Menu | Say | Hours | SetLanguage | Queue | Hangup, Field(discriminator="kind")]


class Flow(_Shape):
    """A whole menu. `languages`: the first one is spoken until the caller chooses.

    `fallback` (a queue) takes who gave no valid key, and who is still in the menu after `max_steps` keys.
    """

    languages: Annotated[tuple[Language, ...], Field(min_length=1)]
    start: Name
    fallback: Name
    max_steps: Annotated[int, Field(ge=5, le=200)] = 40
    invalid: Name = "invalid"
    timeout: Name = "timeout"
    nodes: Annotated[dict[Name, Node], Field(min_length=1)]


Place = tuple[str, ...]  # where in the file, e.g. ("nodes", "main", "keys", "1")


def targets(flow: Flow, name: str) -> Iterator[tuple[Place, str]]:
    """Every place of a node that names another one, with the name (or a reserved word, in keys)."""
    node, here = flow.nodes[name], ("nodes", name)
    match node:
        case Menu():
            yield from (((*here, "keys", key), target) for key, target in node.keys.items())
            if node.give_up:
                yield (*here, "give_up"), node.give_up
        case Say() | SetLanguage():
            yield (*here, "next"), node.next
        case Hours():
            yield (*here, "open"), node.open
            yield (*here, "closed"), node.closed


def give_up(flow: Flow, menu: Menu) -> str:
    """Where a caller goes who gave no valid key."""
    return menu.give_up or flow.fallback


def prompts_of(flow: Flow, name: str) -> Iterator[tuple[Place, str]]:
    """Every place of a node that names a prompt, with the name."""
    node = flow.nodes[name]
    for field in ("intro", "prompts"):
        yield from ((("nodes", name, field), prompt) for prompt in getattr(node, field, ()))
