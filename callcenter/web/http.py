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
        return shape.model_validate_json(await request.read())
    except ValidationError as error:
        raise _invalid(error) from error


def parse_query(request: web.Request, shape: type[BaseModel]) -> BaseModel:
    """The query string as `shape`; empty values count as absent."""
    try:
        return shape.model_validate({key: value for key, value in request.query.items() if value != ""})
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> Problem:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or None
    return Problem("invalid_input", status=422, field=field, reason=first["msg"], kind=first["type"])
