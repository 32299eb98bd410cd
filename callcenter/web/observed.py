"""Every request leaves one line in the log and its mark in the metrics; what is written meanwhile carries its id."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from structlog.contextvars import bind_contextvars, bound_contextvars, unbind_contextvars

from callcenter import metrics
from callcenter.events.ids import new_id
from callcenter.web.health import PATHS, HealthChecks

log = structlog.get_logger(__name__)
REQUEST_ID = "X-Request-ID"
_SANE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CALL = "/calls/{id}"
_SWITCHING = 101
# Nobody is there to be answered: as reverse proxies write it.
_CLIENT_LEFT = 499


@web.middleware
async def observed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outside of what turns errors into answers, inside of what knows who asks."""
    given = request.headers.get(REQUEST_ID, "")
    request_id = given if _SANE.fullmatch(given) else new_id()
    begun, status = time.perf_counter(), _CLIENT_LEFT
    with bound_contextvars(request_id=request_id, **_call(request)):
        try:
            response = await handler(request)
            status = response.status
            if not response.prepared:
                response.headers[REQUEST_ID] = request_id
            return response
        except web.HTTPException as answer:
            status = answer.status
            raise
        finally:
            _note(request, status, time.perf_counter() - begun)
            # aiohttp serves all requests of a connection in one task: the next one may be somebody else's.
            unbind_contextvars("user")


def asked_by(username: str) -> None:
    """What is logged from here to the end of the request carries the user's name."""
    bind_contextvars(user=username)


def closing(checks: HealthChecks) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """For `on_response_prepare`: while the process drains, every answer ends its connection, and the next request
    goes to another process."""

    async def close(_request: web.Request, response: web.StreamResponse) -> None:
        if checks.draining and response.status != _SWITCHING:
            response.force_close()
            response.headers["Connection"] = "close"

    return close


def _note(request: web.Request, status: int, seconds: float) -> None:
    if request.path in PATHS:
        return
    method = request.method if request.method in _METHODS else "other"
    route = _pattern(request)
    metrics.HTTP_REQUESTS.labels(method, route, status).inc()
    if status != _SWITCHING:
        metrics.HTTP_SECONDS.labels(method, route).observe(seconds)
    milliseconds = round(seconds * 1000, 1)
    log.info("request", method=method, route=route, status=status, ms=milliseconds, remote=request.remote)


def _pattern(request: web.Request) -> str:
    """The route as it was declared, not the address: that may hold ids, and there are too many of them."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "none"


def _call(request: web.Request) -> dict[str, str]:
    return {"call_id": request.match_info["id"]} if _CALL in _pattern(request) else {}
