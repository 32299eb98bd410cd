"""The catalogue of domain events: every type there is, and the way back from the journal."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from callcenter.events import calls, complaints, customers, hooks, people, recordings
from callcenter.events.base import Event

_ROOMS = (calls, people, recordings, complaints, customers, hooks)

CATALOGUE: dict[str, type[Event]] = {
    name: value
    for room in _ROOMS
    for name, value in vars(room).items()
    if isinstance(value, type)
    and issubclass(value, Event)
    and "type" in vars(value).get("__annotations__", {})
    and value is not Event
}


class Unreadable(Exception):
    """An event that this version does not understand: the code is older, or newer, than its data."""


def parse(type_name: str, payload: dict[str, Any]) -> Event:
    """The event that a journal row holds; Unreadable."""
    try:
        return CATALOGUE[type_name].model_validate(payload)
    except (KeyError, ValidationError) as error:
        raise Unreadable(type_name) from error


__all__ = ["CATALOGUE", "Event", "Unreadable", "parse"]
