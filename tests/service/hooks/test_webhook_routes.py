"""Webhooks over HTTP: for administrators, with errors that say what to mend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from callcenter.events.hooks import WebhookChanged
from callcenter.hooks.routes import WebhookRoutes
from callcenter.web.identity import Identity, Role
from callcenter.web.server import COOKIE, make_app

from .conftest import Hooks, Receiver, call

DRAFT = {"url": "https://crm.example.com/hook", "event_types": ["CallEnded", "CallStarted"], "description": "CRM"}
API = "/api/v1/webhooks"


class OneUser:
    """An administrator, until the test says otherwise."""

    role: Role = "admin"

    async def identify(self, token: str) -> Identity | None:
        return Identity("admin-1", "wang", "王管理", self.role, None, "zh-CN", "csrf")


@pytest.fixture
def user() -> OneUser:
    return OneUser()


@pytest.fixture
async def client(hooks: Hooks, user: OneUser) -> AsyncIterator[TestClient[Any, Any]]:
    routes = WebhookRoutes(hooks.endpoints, hooks.deliveries).routes()
    headers = {"X-CSRF-Token": "csrf", "Accept-Language": "en"}
    async with TestClient(TestServer(make_app(routes, user, None)), cookies={COOKIE: "x"}, headers=headers) as client:
        yield client


async def ask(client: TestClient[Any, Any], method: str, path: str, body: Any = None, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await client.request(method, API + path, json=body, headers=named)
    return response.status, await response.json() if response.content_length else None


async def test_the_secret_is_shown_once(client: TestClient[Any, Any], hooks: Hooks) -> None:
    status, made = await ask(client, "POST", "", DRAFT)
    assert (status, made["secret"][:6], made["webhook"]["version"]) == (201, "whsec_", 1)
    assert made["webhook"]["event_types"] == ["CallStarted", "CallEnded"]
    one = f"/{made['webhook']['id']}"
    status, shown = await ask(client, "GET", one)
    assert (status, shown) == (200, made["webhook"])
    status, rotated = await ask(client, "POST", one + "/secret", If_Match="1")
    assert rotated["secret"] != made["secret"]
    assert rotated["webhook"]["old_secret_until"] == "2026-11-25T01:02:03Z"
    status, listed = await ask(client, "GET", "")
    assert made["secret"] not in str(listed)
    assert rotated["secret"] not in str(listed)
    # Nor does the journal hold it.
    events = await hooks.journal(WebhookChanged)
    assert [(each.change, each.user_id) for each in events] == [("created", "admin-1"), ("secret_rotated", "admin-1")]
    assert "whsec_" not in str(events)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"url": "crm.example.com"}, "webhook_url_invalid", "url"),
        ({"url": "ftp://crm.example.com"}, "webhook_url_invalid", "url"),
        ({"url": "https://"}, "webhook_url_invalid", "url"),
        ({"url": "https://crm.example.com:99999/"}, "webhook_url_invalid", "url"),
        ({"url": "https://a b/"}, "webhook_url_invalid", "url"),
        ({"url": "https://[::1/"}, "webhook_url_invalid", "url"),
        ({"url": "https://user:secret@crm.example.com/"}, "webhook_url_credentials", "url"),
        ({"url": "http://169.254.169.254/latest/meta-data/"}, "webhook_address_forbidden", "url"),
        ({"url": "https://crm.example.com/#part"}, "webhook_url_fragment", "url"),
        ({"url": "https://crm.example.com/\r\nX: y"}, "invalid_control_character", "url"),
        ({"url": "https://crm.example.com/" + "a" * 2000}, "invalid_too_long", "url"),
        ({"event_types": ["CallStarted", "Nothing"]}, "webhook_event_unknown", "event_types"),
        ({"event_types": ["SessionEnded"]}, "webhook_event_unknown", "event_types"),
        ({"event_types": []}, "webhook_events_missing", "event_types"),
    ],
)
async def test_what_is_refused(client: TestClient[Any, Any], change: dict[str, Any], code: str, field: str) -> None:
    _status, problem = await ask(client, "POST", "", {**DRAFT, **change})
    assert (problem["code"], problem["field"]) == (code, field)
    assert problem["title"]
    assert problem["remedy"]
    assert "secret" not in problem["title"]


async def test_only_for_administrators(client: TestClient[Any, Any], user: OneUser) -> None:
    user.role = "supervisor"
    for method, path in (("GET", ""), ("POST", ""), ("GET", "/deliveries"), ("POST", "/x/test"), ("POST", "/x/replay")):
        status, problem = await ask(client, method, path, DRAFT if method == "POST" else None)
        assert (status, problem["code"]) in ((403, "forbidden"),), path


async def test_a_change_names_the_version_that_it_changes(client: TestClient[Any, Any]) -> None:
    _status, made = await ask(client, "POST", "", DRAFT)
    one = f"/{made['webhook']['id']}"
    changed = {**DRAFT, "description": "new", "enabled": False}
    assert (await ask(client, "PATCH", one, changed))[0] == 428
    status, webhook = await ask(client, "PATCH", one, changed, If_Match='"1"')
    assert (status, webhook["version"], webhook["enabled"], webhook["off_reason"]) == (200, 2, False, None)
    status, problem = await ask(client, "PATCH", one, changed, If_Match='"1"')
    assert (status, problem["code"]) == (412, "webhook_changed_meanwhile")
    assert (await ask(client, "DELETE", one, If_Match='"1"'))[0] == 412
    assert (await ask(client, "DELETE", one, If_Match='"2"'))[0] == 204
    assert (await ask(client, "GET", one))[0] == 404


async def test_sent_twice_made_once(client: TestClient[Any, Any]) -> None:
    answers = [await ask(client, "POST", "", DRAFT, Idempotency_Key="key-1") for _again in range(2)]
    assert answers[0] == answers[1]
    status, problem = await ask(client, "POST", "", {**DRAFT, "description": "x"}, Idempotency_Key="key-1")
    assert (status, problem["code"]) == (409, "webhook_key_reused")
    assert (await ask(client, "POST", "", DRAFT, Idempotency_Key="k" * 129))[1]["code"] == "idempotency_key_length"


async def test_a_test_asked_for_twice_is_one(client: TestClient[Any, Any], hooks: Hooks) -> None:
    _status, made = await ask(client, "POST", "", DRAFT)
    path = f"/{made['webhook']['id']}/test"
    answers = [await ask(client, "POST", path, Idempotency_Key=key) for key in ("a", "a", "b")]
    assert [status for status, _test in answers] == [200] * 3
    assert answers[0] == answers[1] != answers[2]
    assert len(await hooks.rows()) == 2
    assert [each.change for each in await hooks.journal(WebhookChanged)] == ["created", "tested", "tested"]


async def test_pages_of_endpoints(client: TestClient[Any, Any]) -> None:
    made = [(await ask(client, "POST", "", DRAFT))[1]["webhook"]["id"] for _each in range(3)]
    _status, first = await ask(client, "GET", "?limit=2")
    _status, second = await ask(client, "GET", f"?limit=2&cursor={first['next_cursor']}")
    assert [each["id"] for each in (*first["items"], *second["items"])] == list(reversed(made))
    assert second["next_cursor"] is None


async def test_deliveries_as_the_screens_show_them(
    client: TestClient[Any, Any], hooks: Hooks, address: str, receiver: Receiver
) -> None:
    _status, made = await ask(client, "POST", "", {**DRAFT, "url": address})
    endpoint = made["webhook"]["id"]
    await hooks.happen(call(), call(call_id="call-2"))
    await hooks.send()
    _status, test = await ask(client, "POST", f"/{endpoint}/test")
    assert (test["kind"], test["state"], test["event_seq"]) == ("test", "pending", None)
    _status, listed = await ask(client, "GET", f"/deliveries?endpoint_id={endpoint}&state=delivered&type=CallStarted")
    assert len(listed["items"]) == 2
    assert (await ask(client, "GET", "/deliveries?state=failed"))[1]["items"] == []
    _status, detail = await ask(client, "GET", f"/deliveries/{listed['items'][0]['id']}")
    assert detail["payload"]["data"]["number"] == "13800138000"
    assert [each["status"] for each in detail["attempts"]] == [200]
    assert (await ask(client, "GET", f"/{endpoint}"))[1]["deliveries"] == {"pending": 1, "delivered": 2, "failed": 0}
    status, again = await ask(client, "POST", f"/deliveries/{listed['items'][0]['id']}/resend")
    assert (status, again["state"], again["attempts"]) == (200, "pending", 0)
    assert (await ask(client, "GET", "/deliveries/x"))[1]["code"] == "webhook_delivery_unknown"


async def test_a_replay_over_http(client: TestClient[Any, Any], hooks: Hooks) -> None:
    _status, made = await ask(client, "POST", "", DRAFT)
    path = f"/{made['webhook']['id']}/replay"
    await hooks.happen(call())
    hooks.clock.move(seconds=1)
    assert (await ask(client, "POST", path, {"since": "2026-11-24T01:00:00Z"})) == (200, {"count": 1})
    assert (await ask(client, "POST", path, {"since": "2026-11-24T01:00:00"}))[0] == 422
    assert (await ask(client, "POST", path, {}))[1]["field"] == "since"
    for far in ({"since": "0001-01-01T00:00:00+14:00"}, {"until": "9999-12-31T23:59:59-14:00"}):
        status, refused = await ask(client, "POST", path, {"since": "2026-11-24T01:00:00Z", **far})
        assert (status, [refused["field"]]) == (422, list(far))


async def test_which_events_there_are(client: TestClient[Any, Any]) -> None:
    _status, answer = await ask(client, "GET", "/event-types")
    assert {"type": "CallStarted", "room": "calls"} in answer["items"]
    assert not {"SessionEnded", "WebhookChanged"} & {each["type"] for each in answer["items"]}
