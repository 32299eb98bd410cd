"""Whether a process lives and can work, asked as Prometheus and a balancer ask."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from callcenter.errors import Problem
from callcenter.setting_groups import MonitorSettings
from callcenter.web.health import HealthChecks, HealthServer, Unwell
from callcenter.web.http import Context, Route
from callcenter.web.identity import Identity
from callcenter.web.server import make_app


class Nobody:
    async def identify(self, token: str) -> Identity | None:
        return None


@contextlib.asynccontextmanager
async def monitored(checks: HealthChecks) -> AsyncIterator[str]:
    """A process without a web server; its address."""
    server = HealthServer(MonitorSettings(port=0), checks)
    await server.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        await server.stop()


async def ask(url: str) -> tuple[int, dict[str, Any]]:
    async with ClientSession() as session, session.get(url) as response:
        return response.status, await response.json()


def answering(word: str | None = None) -> Callable[[], Coroutine[Any, Any, str | None]]:
    async def check() -> str | None:
        return word

    return check


def failing(error: Exception) -> Callable[[], Coroutine[Any, Any, str | None]]:
    async def check() -> str | None:
        raise error

    return check


async def test_a_process_that_lives_says_who_it_is() -> None:
    checks = HealthChecks("worker")
    checks.add("database", failing(OSError("down")))
    async with monitored(checks) as url:
        status, body = await ask(f"{url}/healthz")
    assert status == 200
    assert (body["status"], body["process"]) == ("ok", "worker")
    assert body["version"] not in ("", "unknown")


async def test_ready_when_every_required_part_answers() -> None:
    checks = HealthChecks("ami")
    checks.add("database", answering("revision 0007"))
    checks.add_flag("redis", lambda: False, required=False)
    async with monitored(checks) as url:
        status, body = await ask(f"{url}/readyz")
    assert status == 200
    assert body == {
        "ready": True,
        "draining": False,
        "checks": {
            "database": {"ok": True, "required": True, "detail": "revision 0007"},
            "redis": {"ok": False, "required": False, "detail": "not_connected"},
        },
    }


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            Problem("database_unreachable", url="postgresql://firm", reason="13800138000"),
            ("failed", {"reason": "database_unreachable"}),
        ),
        (ConnectionRefusedError("to secret.host"), ("failed", {"reason": "ConnectionRefusedError"})),
        (Unwell("schema", found="0006"), ("schema", {"found": "0006"})),
    ],
)
async def test_what_fails_is_named_without_giving_anything_away(
    error: Exception, said: tuple[str, dict[str, str]]
) -> None:
    checks = HealthChecks("web")
    checks.add("database", failing(error))
    async with monitored(checks) as url:
        status, body = await ask(f"{url}/readyz")
    assert status == 503
    assert body["checks"]["database"] == {"ok": False, "required": True, "detail": said[0], "params": said[1]}


async def test_a_part_that_hangs_is_not_waited_for() -> None:
    """Nor asked again before its last answer: one that holds on to being asked must not pile up."""
    asked, let_go = [], asyncio.Event()

    async def stubborn() -> str | None:
        asked.append(1)
        while not let_go.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await let_go.wait()
        raise OSError("too late")

    checks = HealthChecks("web", limit_s=0.05)
    checks.add("database", stubborn)
    checks.add("disk", answering())
    async with monitored(checks) as url:
        for _ in range(2):
            status, body = await ask(f"{url}/readyz")
            assert status == 503
            assert body["checks"]["database"]["params"] == {"seconds": "0.05"}
            assert body["checks"]["disk"]["ok"]
        assert len(asked) == 1
        let_go.set()
        await checks.look()
        await checks.look()
    assert len(asked) == 2


async def test_not_ready_while_draining_but_alive() -> None:
    checks = HealthChecks("agi", draining=True)
    async with monitored(checks) as url:
        assert (await ask(f"{url}/readyz"))[0] == 503
        assert (await ask(f"{url}/healthz"))[0] == 200


async def test_the_figures_can_be_read_by_prometheus() -> None:
    checks = HealthChecks("worker")
    checks.add("database", answering())
    checks.add_flag("redis", lambda: False)
    async with monitored(checks) as url, ClientSession() as session, session.get(f"{url}/metrics") as response:
        families = {each.name: each for each in text_string_to_metric_families(await response.text())}
        assert response.headers["Content-Type"].startswith("text/plain; version=")
    up = {sample.labels["check"]: sample.value for sample in families["callcenter_check_up"].samples}
    assert (up["database"], up["redis"]) == (1, 0)
    (build,) = families["callcenter_build_info"].samples
    assert (build.labels["process"], build.value) == ("worker", 1)
    assert "process_resident_memory_bytes" in families


async def test_without_a_port_there_is_no_server() -> None:
    server = HealthServer(MonitorSettings(), HealthChecks("ami"))
    await server.start()
    assert server.port is None
    await server.stop()


async def test_a_port_in_use_is_explained() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = HealthServer(MonitorSettings(port=taken.getsockname()[1]), HealthChecks("ami"))
        with pytest.raises(Problem) as caught:
            await server.start()
    assert caught.value.code == "port_in_use"
    assert caught.value.params["setting"] == "CALLCENTER_MONITOR__PORT"
    await server.stop()


async def test_an_address_of_another_machine_is_explained() -> None:
    with pytest.raises(Problem) as caught:
        await HealthServer(MonitorSettings(host="192.0.2.1", port=0), HealthChecks("ami")).start()
    assert (caught.value.code, caught.value.params["host"]) == ("monitor_unusable", "192.0.2.1")


async def test_the_web_process_answers_beside_its_own_routes(tmp_path: Any) -> None:
    (tmp_path / "index.html").write_text("screens")
    checks = HealthChecks("web")
    async with TestClient(TestServer(make_app([], Nobody(), tmp_path, health=checks))) as client:
        assert (await (await client.get("/healthz")).json())["process"] == "web"
        assert (await client.get("/readyz")).status == 200
        assert (await client.get("/metrics")).status == 200
        assert await (await client.get("/elsewhere")).text() == "screens"


async def test_while_draining_every_answer_ends_its_connection() -> None:
    streaming = asyncio.Event()

    async def plain(_ctx: Context) -> None:
        return None

    async def streamed(ctx: Context) -> aiohttp.web.StreamResponse:
        await streaming.wait()
        response = aiohttp.web.StreamResponse()
        await response.prepare(ctx.request)
        await response.write(b"sound")
        return response

    async def socket_(ctx: Context) -> aiohttp.web.StreamResponse:
        response = aiohttp.web.WebSocketResponse()
        await response.prepare(ctx.request)
        await response.close()
        return response

    routes = [
        Route("GET", path, handler, open=True)
        for path, handler in (("/plain", plain), ("/streamed", streamed), ("/socket", socket_))
    ]
    checks = HealthChecks("web")
    async with TestClient(TestServer(make_app(routes, Nobody(), None, health=checks))) as client:
        assert "Connection" not in (await client.get("/api/v1/plain")).headers
        begun = asyncio.create_task(client.get("/api/v1/streamed"))
        assert (await client.get("/api/v1/plain")).status == 204
        checks.draining = True
        streaming.set()
        late = await begun
        assert (late.headers["Connection"], await late.read()) == ("close", b"sound")
        for path in ("/api/v1/plain", "/api/v1/nothing", "/healthz"):
            response = await client.get(path)
            assert response.headers["Connection"] == "close"
            await response.read()
            assert response.connection is None or not response.connection.transport
        async with client.ws_connect("/api/v1/socket") as opened:
            assert (await opened.receive()).type == aiohttp.WSMsgType.CLOSE
