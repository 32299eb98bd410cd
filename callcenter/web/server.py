"""The aiohttp application: sessions, permissions, CSRF, errors in one shape, the screens' files."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from pydantic import BaseModel

from callcenter.db import away
from callcenter.errors import Problem, as_problem
from callcenter.web.health import HealthChecks, add_health
from callcenter.web.http import API, Context, Route, parse_body, parse_query
from callcenter.web.identity import Identity, Sessions
from callcenter.web.observed import asked_by, closing, observed
from callcenter.web.proxies import believing
from callcenter.words import explain, preferred

log = structlog.get_logger(__name__)
COOKIE = "cc_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_LARGEST_FILE = 64 * 2**20
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:"
    ),
}


def make_app(
    routes: Iterable[Route],
    sessions: Sessions,
    static: Path | None,
    *,
    trusted_proxies: Sequence[str] = (),
    health: HealthChecks | None = None,
) -> web.Application:
    """An application that serves the routes below `/api/v1`, and the built screens everywhere else.

    With `health` also /healthz, /readyz and /metrics; and while that is draining, answers end their connections.
    It writes its own access log: run it with `access_log=None`.
    """
    app = web.Application(middlewares=[believing(trusted_proxies), observed, _errors], client_max_size=_LARGEST_FILE)
    for route in routes:
        app.router.add_route(route.method, API + route.path, _endpoint(route, sessions))
    if health is not None:
        add_health(app, health)
        app.on_response_prepare.append(closing(health))
    if static is not None:
        _serve_screens(app, static)
    return app


def _endpoint(route: Route, sessions: Sessions) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        identity = await _identity(request, sessions)
        if identity is not None:
            asked_by(identity.username)
        _authorise(request, route, identity)
        context = Context(
            request=request,
            identity=identity,
            body=await parse_body(request, route.request) if route.request else None,
            query=parse_query(request, route.query) if route.query else None,
        )
        return _respond(await route.handler(context), route.status)

    return handle


async def _identity(request: web.Request, sessions: Sessions) -> Identity | None:
    token = request.cookies.get(COOKIE)
    return await sessions.identify(token) if token else None


def _authorise(request: web.Request, route: Route, identity: Identity | None) -> None:
    _same_origin(request)
    if route.open:
        return
    if identity is None:
        raise Problem("not_signed_in", status=401)
    if request.method not in _SAFE:
        given = request.headers.get("X-CSRF-Token", "")
        if not hmac.compare_digest(given.encode(), identity.csrf.encode()):
            raise Problem("csrf_mismatch", status=403)
    if route.permission and not identity.may(route.permission):
        raise Problem("forbidden", status=403, permission=route.permission)


def _same_origin(request: web.Request) -> None:
    """Refuse other sites' scripts: what writes and what opens a socket must come from our own pages."""
    if request.method in _SAFE and "upgrade" not in request.headers.get("Connection", "").lower():
        return
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).netloc != request.host:
        raise Problem("foreign_origin", status=403, origin=origin)


def _respond(answer: BaseModel | web.StreamResponse | None, status: int) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    if answer is None:
        return web.Response(status=204)
    return web.Response(body=answer.model_dump_json(), content_type="application/json", status=status)


@web.middleware
async def _errors(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPNotFound:
        response = _problem(request, Problem("not_found", status=404, path=request.path))
    except web.HTTPRequestEntityTooLarge:
        response = _problem(request, Problem("too_large", status=413, limit_mb=_LARGEST_FILE // 2**20))
    except web.HTTPMethodNotAllowed:
        response = _problem(request, Problem("method_not_allowed", status=405, method=request.method))
    except web.HTTPError as error:
        response = _refused(request, error)
    except (web.HTTPException, ConnectionResetError):
        raise
    except Exception as error:
        problem = as_problem(error) or (Problem("database_away", status=503) if away(error) else None)
        if problem is None:
            log.exception("request_failed", method=request.method, path=request.path)
            problem = Problem("internal", status=500)
        response = _problem(request, problem)
    if not response.prepared:
        response.headers.update(_HEADERS)
    return response


def _refused(request: web.Request, error: web.HTTPError) -> web.Response:
    """What the web server itself refuses; its headers may name what would be possible."""
    response = _problem(request, Problem("request_refused", status=error.status, status_code=error.status))
    response.headers.update({key: error.headers[key] for key in ("Content-Range", "Allow") if key in error.headers})
    return response


def _problem(request: web.Request, problem: Problem) -> web.Response:
    words = explain(problem, preferred(request.headers.get("Accept-Language", "")))
    return web.json_response(
        {
            "type": "about:blank",
            "title": words.title,
            "status": problem.status,
            "code": problem.code,
            "field": problem.field,
            "remedy": words.remedy,
            "params": {key: str(value) for key, value in problem.params.items()},
        },
        status=problem.status,
        content_type="application/problem+json",
    )


def _serve_screens(app: web.Application, static: Path) -> None:
    """Files by name; any other address is the screens' own, so it gets their first page."""
    root = static.resolve()

    async def screens(request: web.Request) -> web.StreamResponse:
        if request.path.startswith(API):
            raise web.HTTPNotFound
        path = request.match_info["path"]
        asset = path.startswith("assets/")
        wanted = _file(root, path)
        if wanted is not None:
            cache = "public, max-age=31536000, immutable" if asset else "no-cache"
            return web.FileResponse(wanted, headers={"Cache-Control": cache})
        if asset:
            raise web.HTTPNotFound  # a page in its place would be kept as a script
        return web.FileResponse(root / "index.html", headers={"Cache-Control": "no-cache"})

    app.router.add_get("/{path:.*}", screens)


def _file(root: Path, path: str) -> Path | None:
    """The file of a name below the folder, None when there is none. Hidden ones and names no file can have: 404."""
    if any(part.startswith(".") for part in path.split("/")):
        raise web.HTTPNotFound
    try:
        wanted = (root / path).resolve()
        return wanted if wanted.is_file() and wanted.is_relative_to(root) else None
    except (ValueError, OSError) as error:
        raise web.HTTPNotFound from error
