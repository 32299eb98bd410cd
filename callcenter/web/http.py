"""Routes as data: method, path, shapes and permission beside the handler. OpenAPI is made from the same data."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from callcenter.errors import Problem
from callcenter.web.identity import Identity

API = "/api/v1"
T = TypeVar("T")
# Kinds of pydantic's errors for which the catalogues have words; `invalid_input` is for the others.
_CODES = {
    "missing": "invalid_missing",
    "string_too_long": "invalid_too_long",
    "string_too_short": "invalid_too_short",
    "too_long": "invalid_too_many",
    "literal_error": "invalid_choice",
    "int_parsing": "invalid_whole_number",
    "int_type": "invalid_whole_number",
    "int_from_float": "invalid_whole_number",
    "bool_parsing": "invalid_yes_or_no",
    "bool_type": "invalid_yes_or_no",
    "string_type": "invalid_text",
    "greater_than": "invalid_too_small",
    "greater_than_equal": "invalid_too_small",
    "less_than": "invalid_too_large",
    "less_than_equal": "invalid_too_large",
    "extra_forbidden": "invalid_unknown_field",
    "control_character": "invalid_control_character",
}
_MOST_JSON = 2**20
_LIMITS = ("max_length", "min_length", "ge", "gt", "le", "lt")


class Page(BaseModel, Generic[T]):
    """One page of a list; `next_cursor` asks for the one that follows, null at the end."""

    items: list[T]
    next_cursor: str | None = None


class Items(BaseModel, Generic[T]):
    """A whole list."""

    items: list[T]


@dataclass(frozen=True)
class Context:
    """A request, parsed. `body` and `query` are of the types that the route names."""

    request: web.Request
    identity: Identity | None
    body: Any = None
    query: Any = None

    @property
    def me(self) -> Identity:
        """The signed-in user."""
        if self.identity is None:
            raise Problem("not_signed_in", status=401)
        return self.identity

    def path(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]


Answer = BaseModel | web.StreamResponse | None
Endpoint = Callable[[Context], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """One operation of the API, below `/api/v1`. `permission` None: anyone signed in; `open`: anyone at all."""

    method: str
    path: str
    handler: Endpoint
    request: type[BaseModel] | None = None
    response: Any = None
    query: type[BaseModel] | None = None
    permission: str | None = None
    open: bool = False
    status: int = 200


async def parse_body(request: web.Request, shape: type[BaseModel]) -> BaseModel:
    """The body as `shape`; a `Problem` names the first field at fault."""
    try:
        return shape.model_validate_json(await _read(request))
    except ValidationError as error:
        raise _invalid(error) from error


async def _read(request: web.Request) -> bytes:
    """The body. Only uploaded files may be larger: they go to the disk, this is held in memory."""
    body = bytearray()
    async for chunk in request.content.iter_any():
        body.extend(chunk)
        if len(body) > _MOST_JSON:
            raise Problem("too_large", status=413, limit_mb=_MOST_JSON // 2**20)
    return bytes(body)


def parse_query(request: web.Request, shape: type[BaseModel]) -> BaseModel:
    """The query string as `shape`; empty values count as absent."""
    try:
        return shape.model_validate({key: value for key, value in request.query.items() if value != ""})
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> Problem:
    first = error.errors()[0]
    kind = first["type"]
    if kind == "json_invalid":
        return Problem("invalid_json", status=422)
    field = ".".join(str(part) for part in first["loc"])
    if not field:
        return Problem("invalid_body", status=422)
    code = _CODES.get(kind, "invalid_input")
    return Problem.of(code, field, {**_bounds(first.get("ctx", {})), "kind": kind}, status=422)


def _bounds(context: dict[str, Any]) -> dict[str, object]:
    """What a rule of pydantic's asked for: `limit` of a length or an amount, `expected` of a choice."""
    limit = next((context[key] for key in _LIMITS if key in context), "")
    return {"limit": limit, "expected": str(context.get("expected", "")).replace("'", "").replace(" or ", ", ")}
