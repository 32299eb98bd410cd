"""What is wrong with a setting, for the person who wrote it: which one, where it stands, what it should be."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from callcenter.errors import Problem

# The kinds of errors of pydantic that people make; the others keep their own words.
_CODES = {
    "missing": "settings_missing",
    "extra_forbidden": "settings_no_such_name",
    "int_parsing": "settings_whole_number",
    "int_type": "settings_whole_number",
    "int_from_float": "settings_whole_number",
    "float_parsing": "settings_number",
    "float_type": "settings_number",
    "bool_parsing": "settings_yes_or_no",
    "bool_type": "settings_yes_or_no",
    "string_type": "settings_text",
    "literal_error": "settings_choice",
    "string_pattern_mismatch": "settings_characters",
    "greater_than": "settings_too_small",
    "greater_than_equal": "settings_too_small",
    "less_than": "settings_too_large",
    "less_than_equal": "settings_too_large",
    "tuple_type": "settings_list",
    "model_type": "settings_group",
}
_LIMITS = ("gt", "ge", "lt", "le")


def variable(field: str) -> str:
    """The environment variable of a setting such as `web.port`. The servers of `more_ami` have one together, in which
    `[north].port` is a server's port."""
    group, _, rest = field.partition(".")
    if group == "more_ami":
        server, _, name = rest.rpartition(".")
        return "CALLCENTER_MORE_AMI" + (f"[{server or name}]" if rest else "") + (f".{name}" if server else "")
    return "CALLCENTER_" + field.upper().replace(".", "__")


def invalid(error: ValidationError, servers: Sequence[Any], file: str | None) -> Problem:
    """The first error. `servers` is `more_ami` as it was written, `file` the settings file, if there is one."""
    first = error.errors()[0]
    field = _field(first["loc"], servers)
    context = first.get("ctx", {})
    limit = next((context[name] for name in _LIMITS if name in context), "")
    code = _CODES.get(first["type"], "settings_invalid")
    return Problem(
        code if not first["type"].startswith("settings_") else first["type"],
        field=field,
        source=variable(field) + (f" / {file}" if file else ""),
        reason=first["msg"].removeprefix("Value error, "),
        **{"limit": limit, "expected": _plain(context.get("expected", "")), "names": context.get("names", "")},
    )


def unreadable(error: SettingsError) -> Problem:
    """For a variable such as CALLCENTER_WEB that holds a whole group or list, but not as JSON."""
    found = re.search(r'field "(\w+)"', str(error))
    field = found[1] if found else ""
    cause = error.__cause__
    position = cause.pos + 1 if isinstance(cause, json.JSONDecodeError) else 1
    return Problem("settings_not_json", field=field, source=variable(field), position=position)


def _field(place: Sequence[int | str], servers: Sequence[Any]) -> str:
    """`web.port`; a further server by its name, or by its place from 1 when it has none."""
    if len(place) > 1 and place[0] == "more_ami" and isinstance(place[1], int):
        server = servers[place[1]] if place[1] < len(servers) else None
        name = server.get("name") if isinstance(server, dict) else None
        place = ["more_ami", str(name or place[1] + 1), *place[2:]]
    return ".".join(str(part) for part in place)


def _plain(choices: str) -> str:
    """`'a', 'b' or 'c'` without the English."""
    return ", ".join(re.findall(r"'([^']*)'", choices))
