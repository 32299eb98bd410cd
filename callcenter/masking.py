"""What must not stand in a log: callers' numbers and secrets. Pure; the log's last step before it is written.

A number that stands alone in a text is recognised by its shape; what has the shape and is none (our ids, Asterisk's
unique ids, times) stays readable, because a log is read by following them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_READABLE = r"""
    [0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}                                    # an id of ours
  | (?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)?(?!\d)           # a time
  | (?<![\d+])1\d{9}\.\d+                                                          # Asterisk's unique id
  | (?<![\d+])1[5-9]\d{8}(?:\d{3})?(?!\d)                                          # seconds or ms since 1970
  | -0[0-9a-f]{7}(?:;[12])?(?![0-9a-z])                                            # of a channel: PJSIP/1001-00000012
"""
# In groups only when it begins as a number does: a list of ports in a message is none.
_NUMBER = r"""
    (?<![0-9A-Za-z])(?<!\d\.)
    (?: (?: \+\d{1,3} | \(?0\d{2,3}\)? | 1[3-9]\d | [48]00 ) (?: [ -]{1,2}\(?\d{3,4}\)? ){2,3} | \+?\d{7,} )
    (?![0-9A-Za-z])
"""
_SHAPES = re.compile(f"(?P<readable>{_READABLE})|{_NUMBER}", re.VERBOSE | re.IGNORECASE)
_CREDENTIALS = re.compile(
    r"""(?P<before> (?<=://)[^/@\s:]*: (?=[^/@\s]*@)            # in an address: USER:PASSWORD@
                  | \b(?:bearer|basic)\ + (?=[\w.~+/=-]{8})
                  | (?:password|passwd|secret|token)=
        ) (?: [^\s&"'@]+ )""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBERS = frozenset(
    {"number", "numbers", "raw_number", "caller", "caller_id", "caller_number", "callerid", "calleridnum"}
    | {"connected_number", "phone", "phones"}
)
_SECRETS = re.compile(r"(?:.*_)?(?:password|passwd|secret|token|cookie|authorization|csrf|api_?key|private_key)")
_HIDDEN = "***"
_SHORTEST_NUMBER = 5
_LONG_NUMBER = 10


def masked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with every value masked as its name and its shape ask for."""
    return {name: _value(name.lower(), value) for name, value in fields.items()}


def masked_text(text: str) -> str:
    """A text without numbers and credentials."""
    return _SHAPES.sub(_shape, _CREDENTIALS.sub(rf"\g<before>{_HIDDEN}", text))


def _value(name: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if _SECRETS.fullmatch(name):
        return _HIDDEN
    match value:
        case Mapping():
            return masked({str(key): each for key, each in value.items()})
        case list() | tuple() | set() | frozenset():
            return [_value(name, each) for each in value]
        case int() | float() if name not in _NUMBERS:
            return value
    text = value if isinstance(value, str | int | float) else repr(value)
    return _number(str(text)) if name in _NUMBERS else masked_text(str(text))


def _number(text: str) -> str:
    """A value that is known to be a number, however it is written. Those of the house, such as 1001, are nobody's."""
    digits = re.sub(r"\D", "", text)
    return text if len(digits) < _SHORTEST_NUMBER else _shown(digits)


def _shown(digits: str) -> str:
    """So much that two callers can be told apart, and neither can be called."""
    return _HIDDEN + (digits[-4:] if len(digits) >= _LONG_NUMBER else digits[-2:])


def _shape(found: re.Match[str]) -> str:
    return found[0] if found["readable"] else _shown(re.sub(r"\D", "", found[0]))
