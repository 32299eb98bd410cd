"""What a request leaves behind: its line in the log, its mark in the metrics; and who is taken to have sent it."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog
from aiohttp import FormData, WSMsgType, web
from aiohttp.test_utils import TestClient, TestServer

from callcenter import metrics
from callcenter.masking import masked
from callcenter.web.health import HealthChecks
from callcenter.web.http import Context, Route
from callcenter.web.identity import Identity
from callcenter.web.server import COOKIE, make_app

Client = TestClient[web.Request, web.Application]
Said = list[dict[str, Any]]
log = structlog.get_logger("callcenter.test")


class Li:
    """Whoever has a cookie is Li."""

    async def identify(self, token: str) -> Identity | None:
        return Identity("user-li", "li", "李", "agent", "1001", "en", "csrf")


@pytest.fixture
def said() -> Iterator[Said]:
    """What is logged, with what is bound."""
    lines: Said = []

    def keep(_logger: Any, method: str, event: Any) -> Any:
        lines.append({"level": method, **event})
        raise structlog.DropEvent

    structlog.configure(processors=[structlog.contextvars.merge_contextvars, keep])
    yield lines
    structlog.reset_defaults()


async def working(ctx: Context) -> web.Response:
    log.info("working")
    request = ctx.request
    return web.json_response({"remote": request.remote, "secure": request.secure, "host": request.host})


async def broken(_ctx: Context) -> None:
    raise RuntimeError("unforeseen")


async def talking(ctx: Context) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(ctx.request)
    await socket.send_str(str(ctx.request.remote))
    await socket.close()
    return socket


async def uploaded(ctx: Context) -> web.Response:
    part = (await ctx.request.post())["file"]
    assert isinstance(part, web.FileField)
    with part.file as file:
        return web.json_response({"size": len(file.read()), "remote": ctx.request.remote})


ROUTES = [
    Route("GET", "/working", working, open=True),
    Route("GET", "/calls/{id}/peaks", working),
    Route("GET", "/broken", broken, open=True),
    Route("GET", "/talking", talking, open=True),
    Route("POST", "/uploaded", uploaded, open=True),
]


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with TestClient(TestServer(make_app(ROUTES, Li(), None))) as found:
        yield found


@pytest.fixture
async def proxied() -> AsyncIterator[Client]:
    """Behind a proxy on this machine."""
    async with TestClient(TestServer(make_app(ROUTES, Li(), None, trusted_proxies=["127.0.0.0/8"]))) as found:
        yield found


def counted(method: str, route: str, status: int) -> float:
    labels = {"method": method, "route": route, "status": str(status)}
    return metrics.REGISTRY.get_sample_value("callcenter_http_requests_total", labels) or 0.0


def measured(method: str, route: str) -> float:
    labels = {"method": method, "route": route}
    return metrics.REGISTRY.get_sample_value("callcenter_http_request_duration_seconds_count", labels) or 0.0


async def test_one_line_per_request(client: Client, said: Said) -> None:
    response = await client.get("/api/v1/calls/call-1/peaks?x=13800138000", cookies={COOKIE: "token"})
    within, after = said
    assert response.status == 200
    assert within["event"] == "working"
    assert (after["event"], after["level"], after["method"], after["status"]) == ("request", "info", "GET", 200)
    assert after["route"] == "/api/v1/calls/{id}/peaks"
    assert after["ms"] >= 0 and after["remote"] == "127.0.0.1"
    for line in said:
        assert (line["call_id"], line["user"]) == ("call-1", "li")
        assert line["request_id"] == response.headers["X-Request-ID"]
    assert "13800138000" not in str(said)


async def test_requests_of_one_connection_do_not_mix(client: Client, said: Said) -> None:
    await client.get("/api/v1/calls/call-1/peaks", headers={"Cookie": f"{COOKIE}=token"})
    await client.get("/api/v1/working")
    assert [line.get("user") for line in said] == ["li", "li", None, None]
    assert "call_id" not in said[-1]
    assert said[0]["request_id"] != said[-1]["request_id"]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("9f86d081-884c-4d63", True), ("short", False), ("x" * 65, False), ('"quoted text"', False), ("", False)],
)
async def test_a_request_id_is_kept_when_it_is_one(client: Client, said: Said, given: str, kept: bool) -> None:
    response = await client.get("/api/v1/working", headers={"X-Request-ID": given})
    assert (response.headers["X-Request-ID"] == given) is kept
    assert said[-1]["request_id"] == response.headers["X-Request-ID"]
    assert masked(said[-1])["request_id"] == said[-1]["request_id"]


async def test_what_goes_wrong_has_its_line(client: Client, said: Said) -> None:
    await client.get("/api/v1/broken")
    await client.get("/api/v1/calls/call-1/peaks")
    await client.get("/nowhere/13800138000")
    assert [(line["event"], line.get("status")) for line in said] == [
        ("request_failed", None),
        ("request", 500),
        ("request", 401),
        ("request", 404),
    ]
    assert said[0]["request_id"] == said[1]["request_id"]
    assert (said[2]["call_id"], said[3]["route"]) == ("call-1", "none")


async def test_requests_are_counted_by_route(client: Client) -> None:
    route = "/api/v1/calls/{id}/peaks"
    before = counted("GET", route, 200), counted("GET", route, 401), measured("GET", route)
    for number in range(3):
        await client.get(f"/api/v1/calls/call-{number}/peaks", headers={"Cookie": f"{COOKIE}=token"})
    await client.get("/api/v1/calls/call-1/peaks")
    after = counted("GET", route, 200), counted("GET", route, 401), measured("GET", route)
    assert tuple(new - old for new, old in zip(after, before, strict=True)) == (3, 1, 4)


async def test_nobody_can_fill_the_metrics_with_words_of_his_own(client: Client) -> None:
    before = counted("other", "none", 405)
    await client.request("PROPFIND", "/api/v1/working")
    await client.request("MKCOL", "/api/v1/working")
    assert counted("other", "none", 405) - before == 2


async def test_a_socket_counts_but_its_hours_do_not(client: Client, said: Said) -> None:
    route = "/api/v1/talking"
    before = counted("GET", route, 101), measured("GET", route)
    async with client.ws_connect(route) as socket:
        assert (await socket.receive()).type == WSMsgType.TEXT
        assert (await socket.receive()).type == WSMsgType.CLOSE
    await client.close()  # and the server with it: the handler has ended
    assert (counted("GET", route, 101), measured("GET", route)) == (before[0] + 1, before[1])
    assert said[-1]["status"] == 101


async def test_looking_after_the_process_leaves_no_trace(said: Said) -> None:
    async with TestClient(TestServer(make_app(ROUTES, Li(), None, health=HealthChecks("web")))) as client:
        for path in ("/healthz", "/readyz", "/metrics"):
            await client.get(path)
    assert said == []
    assert counted("GET", "/healthz", 200) == 0


FORWARDED = {"X-Forwarded-For": "6.6.6.6, 203.0.113.9", "X-Forwarded-Proto": "https"}


async def test_a_trusted_proxy_is_believed(proxied: Client, said: Said) -> None:
    body = await (await proxied.get("/api/v1/working", headers=FORWARDED)).json()
    assert (body["remote"], body["secure"]) == ("203.0.113.9", True)
    assert said[-1]["remote"] == "203.0.113.9"


async def test_anybody_else_is_not(client: Client, said: Said) -> None:
    body = await (await client.get("/api/v1/working", headers=FORWARDED)).json()
    assert (body["remote"], body["secure"]) == ("127.0.0.1", False)


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("HTTPS", True), ("gopher", False), ("", False)])
async def test_only_two_schemes_are_taken(proxied: Client, scheme: str, secure: bool) -> None:
    answer = await proxied.get("/api/v1/working", headers={"X-Forwarded-Proto": scheme})
    assert await answer.json() == {"remote": "127.0.0.1", "secure": secure, "host": answer.url.authority}


async def test_sockets_and_uploads_come_through_a_proxy(proxied: Client) -> None:
    async with proxied.ws_connect("/api/v1/talking", headers=FORWARDED) as socket:
        assert (await socket.receive()).data == "203.0.113.9"
    form = FormData()
    form.add_field("file", io.BytesIO(b"x" * 100_000), filename="customers.csv")
    body = await (await proxied.post("/api/v1/uploaded", data=form, headers=FORWARDED)).json()
    assert body == {"size": 100_000, "remote": "203.0.113.9"}
