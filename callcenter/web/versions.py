"""Which version of a record a change is based on."""

from __future__ import annotations

from aiohttp import web

from callcenter.errors import Problem


def version_of(request: web.Request) -> int:
    """The version that If-Match names: `"3"` or `3`."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem("version_missing", status=428, field="If-Match")
    digits = given.strip().removeprefix("W/").strip('"')
    if not digits.isascii() or not digits.isdigit():
        raise Problem("version_unreadable", field="If-Match", value=given)
    return int(digits)
