"""Signing in over HTTP: who gets in, what a session may do, what is refused and how."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer
from argon2 import PasswordHasher
from yarl import URL

from callcenter.accounts import routes
from callcenter.accounts.service import Accounts, NewUser
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.link import LocalLink
from callcenter.setting_groups import FirmSettings
from callcenter.web.http import Context, Route
from callcenter.web.identity import Identity
from callcenter.web.server import make_app

PASSWORD = "correct horse"
START = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


class HeldClock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
async def accounts(db: Database, clock: HeldClock) -> Accounts:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    found = Accounts(db, clock, hasher, LocalLink(clock.seconds))
    await found.add(NewUser("chen", "陈静", "agent", PASSWORD, "1001"))
    return found


@pytest.fixture
def gone() -> list[str]:
    """Sessions whose end was told."""
    return []


@pytest.fixture
async def client(accounts: Accounts, gone: list[str], tmp_path: Path) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    async def nothing(_ctx: Context) -> None:
        return None

    async def broken(_ctx: Context) -> None:
        raise RuntimeError("unforeseen")

    async def signed_out(who: Identity) -> None:
        gone.append(who.session)

    screens = tmp_path / "screens"
    (screens / "assets").mkdir(parents=True)
    for name in ("index.html", ".stamp", "assets/main.js"):
        (screens / name).write_text("first page" if name == "index.html" else name)
    room = routes.build(accounts, FirmSettings(), signed_out=signed_out)

    async def unsatisfiable(_ctx: Context) -> None:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": "bytes */9"})

    own = [
        Route("GET", "/range", unsatisfiable, open=True),
        Route("GET", "/admins", nothing, permission="customers.import"),
        Route("GET", "/broken", broken, open=True),
    ]
    async with TestClient(TestServer(make_app([*room.routes, *own], accounts, screens))) as found:
        yield found


async def sign_in(client: TestClient, password: str = PASSWORD, language: str = "en") -> ClientResponse:  # type: ignore[type-arg]
    body = {"username": "chen", "password": password}
    return await client.post("/api/v1/session", json=body, headers={"Accept-Language": language})


async def test_the_right_password_opens_a_session(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await sign_in(client)
    me = await response.json()
    assert (response.status, me["user"]["name"], me["user"]["extension"]) == (200, "陈静", "1001")
    cookie = response.cookies["cc_session"]
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert (await (await client.get("/api/v1/session")).json())["csrf"] == me["csrf"]


@pytest.mark.parametrize(("language", "word"), [("en", "wrong"), ("zh-CN", "错误")])
async def test_the_wrong_password_is_explained(client: TestClient, language: str, word: str) -> None:  # type: ignore[type-arg]
    response = await sign_in(client, "wrong", language)
    problem = await response.json()
    assert (response.status, problem["code"], problem["field"]) == (401, "wrong_password", "password")
    assert word in problem["title"] and problem["remedy"]


async def test_an_unknown_user_is_told_the_same(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.post("/api/v1/session", json={"username": "nobody", "password": "x"})
    assert (await response.json())["code"] == "wrong_password"


async def test_guessing_is_slowed_down(client: TestClient, clock: HeldClock) -> None:  # type: ignore[type-arg]
    for _ in range(10):
        await sign_in(client, "wrong")
    assert (await sign_in(client)).status == 429
    clock.now += timedelta(minutes=6)
    assert (await sign_in(client)).status == 200


async def test_tries_at_the_same_time_are_counted_too(client: TestClient) -> None:  # type: ignore[type-arg]
    answers = await asyncio.gather(*(sign_in(client, "wrong") for _ in range(15)))
    assert sorted(answer.status for answer in answers) == [401] * 10 + [429] * 5


async def test_guessing_elsewhere_locks_nobody_out(accounts: Accounts) -> None:
    for _ in range(10):
        with pytest.raises(Problem, match="wrong_password"):
            await accounts.sign_in("chen", "wrong", "10.0.0.9")
    with pytest.raises(Problem, match="too_many_tries"):
        await accounts.sign_in("chen", PASSWORD, "10.0.0.9")
    assert await accounts.sign_in("chen", PASSWORD, "10.0.0.1")


async def test_a_new_password_or_role_reaches_running_sessions(accounts: Accounts, clock: HeldClock) -> None:
    token = await accounts.sign_in("chen", PASSWORD)
    assert await accounts.identify(token)
    # What `callcenter user add` does, in a process of its own.
    command = Accounts(accounts.db, clock, accounts.hasher)
    await command.add(NewUser("chen", "陈静", "supervisor", PASSWORD, "1001"))
    clock.now += timedelta(seconds=61)
    who = await accounts.identify(token)
    assert who is not None and who.role == "supervisor"
    await command.add(NewUser("chen", "陈静", "supervisor", "another horse", "1001"))
    clock.now += timedelta(seconds=61)
    assert await accounts.identify(token) is None


async def test_an_endless_name_is_refused(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.post("/api/v1/session", json={"username": "x" * 100, "password": PASSWORD})
    assert (response.status, (await response.json())["field"]) == (422, "username")


async def test_writing_needs_the_sessions_token(client: TestClient) -> None:  # type: ignore[type-arg]
    me = await (await sign_in(client)).json()
    english = {"language": "en"}
    assert (await client.patch("/api/v1/session", json=english)).status == 403
    response = await client.patch("/api/v1/session", json=english, headers={"X-CSRF-Token": me["csrf"]})
    assert (await response.json())["user"]["language"] == "en"


async def test_other_sites_are_refused(client: TestClient) -> None:  # type: ignore[type-arg]
    body = {"username": "chen", "password": PASSWORD}
    response = await client.post("/api/v1/session", json=body, headers={"Origin": "https://evil.example"})
    assert (await response.json())["code"] == "foreign_origin"


async def test_a_role_bounds_what_one_may_do(client: TestClient) -> None:  # type: ignore[type-arg]
    assert (await client.get("/api/v1/admins")).status == 401
    await sign_in(client)
    assert (await client.get("/api/v1/admins")).status == 403


async def test_a_session_ends(client: TestClient, clock: HeldClock, gone: list[str]) -> None:  # type: ignore[type-arg]
    me = await (await sign_in(client)).json()
    assert (await client.delete("/api/v1/session", headers={"X-CSRF-Token": me["csrf"]})).status == 204
    assert len(gone) == 1
    assert (await client.get("/api/v1/session")).status == 401
    await sign_in(client)
    clock.now += timedelta(hours=13)
    assert (await client.get("/api/v1/session")).status == 401


async def test_bad_input_names_its_field(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.post("/api/v1/session", json={"username": "chen"})
    problem = await response.json()
    assert (response.status, problem["code"], problem["field"]) == (422, "invalid_missing", "password")


async def test_what_nobody_foresaw_is_not_shown_to_strangers(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.get("/api/v1/broken")
    assert (response.status, (await response.json())["code"]) == (500, "internal")
    assert "unforeseen" not in await response.text()


async def test_short_passwords_and_unknown_roles_are_refused(accounts: Accounts) -> None:
    with pytest.raises(Problem, match="password_too_short"):
        await accounts.add(NewUser("wang", "王磊", "agent", "short"))
    with pytest.raises(Problem, match="unknown_role"):
        await accounts.add(NewUser("wang", "王磊", "boss", "long enough"))  # type: ignore[arg-type]


@pytest.mark.parametrize(("language", "word"), [("en", "JSON"), ("zh-CN", "内容")])
async def test_a_body_that_is_no_json(client: TestClient, language: str, word: str) -> None:  # type: ignore[type-arg]
    response = await client.post("/api/v1/session", data=b"{", headers={"Accept-Language": language})
    problem = await response.json()
    assert (response.status, problem["code"], problem["field"]) == (422, "invalid_json", None)
    assert word in problem["title"] and "“”" not in problem["title"]


async def test_no_english_in_a_chinese_sentence(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.post("/api/v1/session", json={"username": "x" * 65, "password": "x"})
    assert (await response.json())["title"] == "“username”超过 64 个字符。"


async def test_a_body_beyond_all_measure_is_refused(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.post("/api/v1/session", data=b" " * (2**20 + 1))
    assert (response.status, (await response.json())["params"]["limit_mb"]) == (413, "1")


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/calls/1", 200, "first page"),
        ("/assets/main.js", 200, "assets/main.js"),
        ("/assets/gone.js", 404, "not_found"),
        ("/.stamp", 404, "not_found"),
        ("/a%00b", 404, "not_found"),
        ("/" + "x" * 5000, 404, "not_found"),
    ],
)
async def test_the_screens_files(client: TestClient, path: str, status: int, text: str) -> None:  # type: ignore[type-arg]
    response = await client.get(URL(path, encoded=True))
    assert response.status == status and text in await response.text()


async def test_what_the_web_server_refuses_has_the_same_shape(client: TestClient) -> None:  # type: ignore[type-arg]
    response = await client.get("/api/v1/range")
    assert (response.status, response.content_type) == (416, "application/problem+json")
    assert response.headers["X-Frame-Options"] == "DENY" and response.headers["Content-Range"] == "bytes */9"
