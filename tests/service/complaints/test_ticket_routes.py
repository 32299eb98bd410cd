"""Tickets over HTTP, as the screens ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from callcenter.complaints import routes
from callcenter.web.identity import Identity
from callcenter.web.server import COOKIE, make_app
from crm_adapter.ports import CrmError

LEAK = {"kind": "complaint", "category": "construction.waterproofing", "summary": "漏水", "call_id": "call-1"}


class OneUser:
    async def identify(self, token: str) -> Identity | None:
        return Identity("agent-1", "zhang", "张客服", "agent", "1001", "zh-CN", "csrf")


@pytest.fixture
async def client(desk: Any, people: Any) -> AsyncIterator[TestClient[Any, Any]]:
    room = routes.build(desk.tickets, people)
    server = TestServer(make_app(room.routes, OneUser(), None))
    async with TestClient(server, cookies={COOKIE: "x"}, headers={"X-CSRF-Token": "csrf"}) as client:
        yield client


async def _post(client: TestClient[Any, Any], body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
    response = await client.post("/api/v1/tickets", json=body, headers=headers)
    return response.status, await response.json()


async def test_a_ticket_as_the_screens_show_it(client: TestClient[Any, Any]) -> None:
    status, ticket = await _post(client, LEAK)
    assert status == 201
    assert ticket == {
        "id": ticket["id"],
        "version": 1,
        "number": "202611-0001",
        "kind": "complaint",
        "category": "construction.waterproofing",
        "summary": "漏水",
        "status": "open",
        "customer_id": "customer-1",
        "customer_name": "王小明",
        "caller_number": "13800138000",
        "call_id": "call-1",
        "owner_id": "agent-1",
        "owner_name": "张客服",
        "created_at": "2026-11-03T01:02:03Z",
        "crm": {
            "state": "pending",
            "attempts": 0,
            "last_error": None,
            "last_error_remedy": None,
            "external_id": None,
            "url": None,
            "next_try_at": "2026-11-03T01:02:03Z",
        },
    }
    assert await (await client.get(f"/api/v1/tickets/{ticket['id']}")).json() == ticket
    listed = await (await client.get("/api/v1/tickets?q=漏&kind=complaint&status=open&limit=1")).json()
    assert listed == {"items": [ticket], "next_cursor": None}


async def test_sent_twice_opened_once(client: TestClient[Any, Any]) -> None:
    answers = [await _post(client, LEAK, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_the_field_at_fault_in_words(client: TestClient[Any, Any], language: str) -> None:
    status, problem = await _post(client, {**LEAK, "category": "moat"}, **{"Accept-Language": language})
    assert (status, problem["code"], problem["field"]) == (400, "ticket_category_unknown", "category")
    assert "moat" in problem["title"]
    assert problem["remedy"]
    status, problem = await _post(client, {**LEAK, "kind": "rant"}, **{"Accept-Language": language})
    assert (status, problem["field"]) == (422, "kind")


async def test_why_it_did_not_arrive_in_words(client: TestClient[Any, Any], desk: Any) -> None:
    _, ticket = await _post(client, LEAK)
    desk.crm.fail_next(CrmError("crm_unauthorised", permanent=True, status=401, detail="bad key"))
    await desk.flow.attempt(ticket["id"], 1, 30)
    path = f"/api/v1/tickets/{ticket['id']}"
    shown = (await (await client.get(path, headers={"Accept-Language": "zh-CN"})).json())["crm"]
    assert (shown["state"], shown["attempts"]) == ("failed", 1)
    assert "401" in shown["last_error"]
    again = await (await client.post(f"{path}/crm/retry")).json()
    assert again["crm"]["state"] == "pending"


@pytest.mark.parametrize(("language", "name"), [("zh-CN", "规划设计"), ("en", "Design and planning")])
async def test_categories_in_the_readers_language(client: TestClient[Any, Any], language: str, name: str) -> None:
    answer = await (await client.get("/api/v1/tickets/categories", headers={"Accept-Language": language})).json()
    first = answer["items"][0]
    assert (first["code"], first["name"]) == ("design", name)
    assert set(first["children"][0]) == {"code", "kinds", "name", "children"}


async def test_a_ticket_that_is_not(client: TestClient[Any, Any]) -> None:
    for response in (await client.get("/api/v1/tickets/none"), await client.post("/api/v1/tickets/none/crm/retry")):
        assert (response.status, (await response.json())["code"]) == (404, "ticket_unknown")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"caller_number": "1" * 65}, "invalid_too_long", "caller_number"),
        ({"summary": "漏水\u0000"}, "invalid_control_character", "summary"),
        ({"kind": "rumour"}, "invalid_choice", "kind"),
        ({"colour": "red"}, "invalid_unknown_field", "colour"),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    client: TestClient[Any, Any], change: dict[str, Any], code: str, field: str
) -> None:
    status, problem = await _post(client, {**LEAK, **change})
    assert (status, problem["code"], problem["field"]) == (422, code, field)
