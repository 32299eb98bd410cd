"""Customers over HTTP, as the screens ask for them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from callcenter.customers import routes
from callcenter.customers.service import Customers
from callcenter.web.identity import Identity
from callcenter.web.server import COOKIE, make_app

WANG = {
    "name": "王小明",
    "grade": "A",
    "phones": [{"raw": "138 0013 8000", "label": "本人"}],
    "homes": [{"project": "翠湖花园", "building": "3", "unit": "2", "room": "1201"}],
    "tags": ["大客户"],
}
FILE = "姓名,电话,等级\n李芳,13912345678,B\n赵六,abc,B\n".encode()


class OneUser:
    async def identify(self, token: str) -> Identity | None:
        return Identity("u1", "li", "李主管", "supervisor", None, "zh-CN", "csrf")


@pytest.fixture
async def client(customers: Customers) -> AsyncIterator[TestClient[Any, Any]]:
    server = TestServer(make_app(routes.build(customers).routes, OneUser(), None))
    async with TestClient(server, cookies={COOKIE: "x"}, headers={"X-CSRF-Token": "csrf"}) as client:
        yield client


async def _created(client: TestClient[Any, Any]) -> dict[str, Any]:
    response = await client.post("/api/v1/customers", json=WANG)
    assert response.status == 201
    made: dict[str, Any] = await response.json()
    return made


async def test_a_customer_as_the_screens_show_him(client: TestClient[Any, Any]) -> None:
    made = await _created(client)
    assert made["phones"] == [
        {"id": made["phones"][0]["id"], "raw": "138 0013 8000", "e164": "+8613800138000", "label": "本人"}
    ]
    assert (made["kind"], made["version"], made["created_at"]) == ("person", 1, "2026-11-03T01:02:03Z")
    assert await (await client.get(f"/api/v1/customers/{made['id']}")).json() == made
    listed = await (await client.get("/api/v1/customers?q=1201")).json()
    assert listed["next_cursor"] is None
    assert listed["items"] == [{key: made[key] for key in ("id", "name", "grade", "kind", "phones", "homes", "tags")}]


async def test_looked_up(client: TestClient[Any, Any]) -> None:
    made = await _created(client)
    answer = await (await client.get("/api/v1/customers/lookup", params={"number": "+86 138-0013-8000"})).json()
    assert answer["number"] == "+8613800138000"
    assert [each["id"] for each in answer["candidates"]] == [made["id"]]


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [('"1"', 200, None), ("1", 200, None), ('"2"', 412, "customer_changed_meanwhile"), ("x", 400, "version_unreadable"),
     (None, 428, "version_missing")],
)  # fmt: skip
async def test_changed_at_its_version(
    client: TestClient[Any, Any], version: str | None, status: int, code: str | None
) -> None:
    made = await _created(client)
    headers = {"If-Match": version} if version else {}
    response = await client.patch(f"/api/v1/customers/{made['id']}", json={"grade": "B"}, headers=headers)
    answer = await response.json()
    assert (response.status, answer.get("code")) == (status, code)
    if status == 200:
        assert (answer["grade"], answer["version"], answer["tags"]) == ("B", 2, ["大客户"])


async def test_pages(client: TestClient[Any, Any]) -> None:
    made = [(await _created(client))["id"] for _ in range(3)]
    first = await (await client.get("/api/v1/customers?limit=2")).json()
    rest = await (await client.get("/api/v1/customers", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [each["id"] for each in (*first["items"], *rest["items"])] == made[::-1]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_a_file_is_brought_in(client: TestClient[Any, Any], language: str) -> None:
    for dry_run, found in (("true", 0), ("false", 1)):
        form = FormData()
        form.add_field("file", FILE, filename="客户.csv", content_type="text/csv")
        path = f"/api/v1/customers/import?dry_run={dry_run}"
        answer = await (await client.post(path, data=form, headers={"Accept-Language": language})).json()
        assert (answer["rows"], answer["created"], answer["updated"], answer["unchanged"]) == (2, 1, 0, 0)
        (error,) = answer["errors"]
        assert (error["line"], error["field"], error["value"]) == (3, "phones", "abc")
        assert error["title"] and error["remedy"]
        assert len((await (await client.get("/api/v1/customers?q=李芳")).json())["items"]) == found


async def test_no_file(client: TestClient[Any, Any]) -> None:
    response = await client.post("/api/v1/customers/import", json={})
    assert (response.status, (await response.json())["code"]) == (400, "import_file_missing")


async def test_a_name_is_needed(client: TestClient[Any, Any]) -> None:
    response = await client.post("/api/v1/customers", json={**WANG, "name": " "})
    assert (response.status, (await response.json())["field"]) == (422, "name")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"phones": [{"raw": "abc"}]}, "customer_phone_invalid", "phones"),
        ({"name": "王\u0000明"}, "invalid_control_character", "name"),
        ({"note": "a\u0007"}, "invalid_control_character", "note"),
        ({"homes": [{"room": "12\u001b01"}]}, "invalid_control_character", "homes.0"),
        ({"name": "王" * 129}, "invalid_too_long", "name"),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    client: TestClient[Any, Any], change: dict[str, Any], code: str, field: str
) -> None:
    response = await client.post("/api/v1/customers", json={**WANG, **change})
    problem = await response.json()
    assert (response.status, problem["code"], problem["field"]) == (422, code, field)
