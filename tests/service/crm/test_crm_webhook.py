"""The webhook adapter against the real receiver over loopback, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from crm_adapter.contract import CHECKS, DRAFT, Subject
from crm_adapter.ports import CrmError, ExternalTicket
from crm_adapter.webhook import LARGEST_ANSWER, WebhookCrm
from crm_adapter.webhook.messages import ticket_message
from crm_adapter.webhook.receiver import Receiver, Refusal
from crm_adapter.webhook.signing import new_secret, signed_headers

pytestmark = pytest.mark.service
SECRET = new_secret()


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """The application on a free port of loopback; yields its address."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def adapter(url: str, secret: str = SECRET, timeout_s: float = 5.0) -> AsyncIterator[WebhookCrm]:
    crm = WebhookCrm(url, secret, timeout_s=timeout_s, lookup_url=url)
    try:
        yield crm
    finally:
        await crm.close()


@asynccontextmanager
async def answering(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/", handler)
    async with serving(app) as url:
        yield url


async def error_of(call: Awaitable[object]) -> CrmError:
    with pytest.raises(CrmError) as caught:
        await call
    return caught.value


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_webhook_keeps_the_contract(check: Callable[[Subject], Awaitable[None]]) -> None:
    receiver = Receiver(SECRET)

    def fail_once(permanent: bool) -> None:
        receiver.refusals.append(Refusal(400) if permanent else Refusal(429, retry_after="7"))

    async with serving(receiver.app()) as url, adapter(url) as crm:
        await check(
            Subject(crm, lambda: [each.draft for each in receiver.receipts], receiver.customers.append, fail_once)
        )


async def test_the_receivers_id_and_link_come_back() -> None:
    receiver = Receiver(SECRET)
    async with serving(receiver.app()) as url, adapter(url) as crm, aiohttp.ClientSession() as browser:
        ticket = await crm.create_ticket(DRAFT)
        assert ticket == ExternalTicket("CRM-000001", f"{url}tickets/CRM-000001", "open")
        async with browser.get(str(ticket.url)) as page:
            assert (await page.json())["draft"]["summary"] == DRAFT.summary
        async with browser.get(f"{url}tickets") as page:
            assert len((await page.json())["items"]) == 1


async def test_wrong_secret_is_permanent_and_leaves_nothing() -> None:
    receiver = Receiver(SECRET)
    async with serving(receiver.app()) as url, adapter(url, secret=new_secret()) as crm:
        error = await error_of(crm.create_ticket(DRAFT))
    assert (error.code, error.permanent, error.params["status"]) == ("crm_unauthorised", True, 401)
    assert receiver.receipts == []
    assert receiver.rejected == ["bad_signature"]


async def test_a_replay_opens_nothing_and_an_old_one_is_refused() -> None:
    moment = [1_800_000_000.0]
    receiver = Receiver(SECRET, now=lambda: moment[0])
    body = ticket_message(DRAFT)
    headers = signed_headers(SECRET, "msg_1", int(moment[0]), body)
    async with serving(receiver.app()) as url, aiohttp.ClientSession() as thief:
        statuses = []
        for later in (0, 0, 301):
            moment[0] += later
            async with thief.post(url, data=body, headers=headers) as response:
                statuses.append(response.status)
    assert statuses == [200, 200, 401]
    assert len(receiver.receipts) == 1
    assert receiver.rejected == ["too_old"]


async def test_a_signed_message_of_another_kind_is_refused() -> None:
    receiver = Receiver(SECRET, now=lambda: 1000.0)
    body = b'{"type": "ticket.created", "timestamp": "2026-11-03T00:00:00Z", "data": {"number": 1}}'
    headers = signed_headers(SECRET, "m", 1000, body)
    async with (
        serving(receiver.app()) as url,
        aiohttp.ClientSession() as client,
        client.post(url, data=body, headers=headers) as response,
    ):
        assert response.status == 400
    assert receiver.rejected == ["not_understood"]


async def test_the_receiver_remembers_over_a_restart(tmp_path: Path) -> None:
    store = tmp_path / "received.jsonl"
    ids = []
    for _ in range(2):
        async with serving(Receiver(SECRET, store=store).app()) as url, adapter(url) as crm:
            ids.append((await crm.create_ticket(DRAFT)).external_id)
    assert ids == ["CRM-000001", "CRM-000001"]
    assert [each.draft for each in Receiver(SECRET, store=store).receipts] == [DRAFT]


async def test_refused_connection() -> None:
    with socket.socket() as taken:
        # Bound but not listening: nobody else can take the port while nobody answers on it.
        taken.bind(("127.0.0.1", 0))
        async with adapter(f"http://127.0.0.1:{taken.getsockname()[1]}/") as crm:
            error = await error_of(crm.create_ticket(DRAFT))
    assert (error.code, error.permanent) == ("crm_unreachable", False)
    assert error.params["reason"]


async def test_an_address_that_is_none() -> None:
    async with adapter("http://[::1/") as crm:
        assert (await error_of(crm.create_ticket(DRAFT))).code == "crm_unreachable"


@pytest.mark.parametrize(
    ("refusal", "code", "permanent", "pause"),
    [
        (Refusal(500, body="Traceback:\n  boom"), "crm_failed", False, None),
        (Refusal(400, body="no such category"), "crm_rejected", True, None),
        (Refusal(429, retry_after="12"), "crm_busy", False, 12.0),
        (Refusal(503, retry_after="120"), "crm_busy", False, 120.0),
        (Refusal(302), "crm_redirected", False, None),
    ],
)
async def test_refusals(refusal: Refusal, code: str, permanent: bool, pause: float | None) -> None:
    receiver = Receiver(SECRET)
    receiver.refusals.append(refusal)
    async with serving(receiver.app()) as url, adapter(url) as crm:
        error = await error_of(crm.create_ticket(DRAFT))
    assert (error.code, error.permanent, error.retry_after_s) == (code, permanent, pause)
    assert error.params["detail"] == " ".join(refusal.body.split())
    assert receiver.deliveries == 1


async def test_a_redirect_is_not_followed() -> None:
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.StreamResponse:
        seen.append(request.path)
        return web.Response(status=307, headers={"location": "/other"})

    async with answering(elsewhere) as url, adapter(url) as crm:
        await error_of(crm.create_ticket(DRAFT))
    assert seen == ["/"]


async def test_time_out_is_passing() -> None:
    release = asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        await release.wait()
        return web.Response()

    async with answering(silent) as url, adapter(url, timeout_s=0.05) as crm:
        error = await error_of(crm.create_ticket(DRAFT))
        release.set()
    assert (error.code, error.permanent, error.params) == ("crm_timeout", False, {"seconds": 0.05})


async def test_cancelling_is_not_an_error_of_the_crm() -> None:
    release, arrived = asyncio.Event(), asyncio.Event()

    async def silent(request: web.Request) -> web.StreamResponse:
        arrived.set()
        await release.wait()
        return web.Response()

    async with answering(silent) as url, adapter(url) as crm:
        task = asyncio.create_task(crm.create_ticket(DRAFT))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()


async def test_a_connection_cut_in_mid_answer_is_passing() -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.abort()
        return response

    async with answering(cut) as url, adapter(url) as crm:
        error = await error_of(crm.create_ticket(DRAFT))
    assert (error.code, error.permanent) == ("crm_unreachable", False)


@pytest.mark.parametrize(
    ("body", "ticket"),
    [
        (b"", ExternalTicket(DRAFT.number)),
        (b"OK", ExternalTicket(DRAFT.number)),
        (b"<html>\xff\xfe", ExternalTicket(DRAFT.number)),
        (b"[1,2]", ExternalTicket(DRAFT.number)),
        (b"null", ExternalTicket(DRAFT.number)),
        (b'{"id": {"a": 1}}', ExternalTicket(DRAFT.number)),
        (b'{"id": 17}', ExternalTicket("17")),
        (b'{"id": "X", "url": "javascript:alert(1)"}', ExternalTicket("X")),
        (
            b'{"id": "X", "url": "https://h.example/X", "state": "new", "more": 1}',
            ExternalTicket("X", "https://h.example/X", "new"),
        ),
        (b"x" * (2 * LARGEST_ANSWER), ExternalTicket(DRAFT.number)),
    ],
)
async def test_success_with_any_body_is_success(body: bytes, ticket: ExternalTicket) -> None:
    async def reply(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    async with answering(reply) as url, adapter(url) as crm:
        assert await crm.create_ticket(DRAFT) == ticket


@pytest.mark.parametrize("body", [b"<html>", b'{"customers": [{"name": 1}]}', b'{"customers": "all"}'])
async def test_garbage_in_a_lookup_is_named(body: bytes) -> None:
    async def reply(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body)

    async with answering(reply) as url, adapter(url) as crm:
        assert (await error_of(crm.find_customer("+8613800138000"))).code == "crm_unreadable"


async def test_without_a_lookup_address_nobody_is_asked() -> None:
    crm = WebhookCrm("http://127.0.0.1:1/", SECRET)
    assert await crm.find_customer("+8613800138000") == []
    await crm.close()


async def test_a_key_that_cannot_travel_is_refused_before_sending() -> None:
    async with adapter("http://127.0.0.1:1/") as crm:
        error = await error_of(crm.create_ticket(replace(DRAFT, idempotency_key="a\r\nx: y")))
    assert (error.code, error.permanent, error.field) == ("crm_bad_key", True, "idempotency_key")
