"""What must not stand in a log: callers' numbers and names, and secrets. Pure; the last step before a line is written.

A value is masked by its field's name; a text by what stands in it (`texts.py`), because libraries and exceptions tell
in their own words what they were given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from callcenter.masking.texts import HIDDEN, NAMES, NUMBERS, masked_number, masked_text, masked_trace, plain_name

__all__ = ["masked", "masked_text"]

_SECRETS = re.compile(r"(?:.*_)?(?:password|passwd|secret|token|cookie|authorization|csrf|api_?key|private_key)")
_TRACES = ("exception", "stack")


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with every value masked as its name and its shape ask for."""
    return {name: _value(name.lower(), value) for name, value in fields.items()}


def _value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    plain = plain_name(name)
    if _SECRETS.fullmatch(name) or (plain in NAMES and value != ""):
        return HIDDEN
    match value:
        case Mapping():
            return {masked_text(str(key)): _value(str(key).lower(), each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_value(name, each) for each in value]
        case int() | float() if plain not in NUMBERS:
            return value
    text = value if isinstance(value, str) else str(value) if isinstance(value, int | float) else repr(value)
    if plain in NUMBERS:
        return masked_number(text)
    return masked_trace(text) if name in _TRACES else masked_text(text)
