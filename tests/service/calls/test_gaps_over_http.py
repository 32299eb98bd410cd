"""`GET /api/v1/ledger/gaps` of the real service: who may see it, page by page, gaps of every kind."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, CookieJar

from callcenter.accounts.service import Accounts, NewUser
from callcenter.app import Service
from callcenter.calls import gaps
from callcenter.calls.gaps import Gap
from callcenter.calls.model import CallRow
from callcenter.clock import utc_now
from callcenter.config import load
from callcenter.db import Database

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
PASSWORD = "first day only"


def gap(server: str, why: gaps.Why, minutes: int, **values: Any) -> Gap:
    return replace(gaps.opened(server, why, NOON + timedelta(minutes=minutes)), **values)


def closed(minutes: int, by: gaps.ClosedBy, calls: Sequence[str] = ()) -> dict[str, Any]:
    return {"ended_at": NOON + timedelta(minutes=minutes), "closed_by": by, "calls": frozenset(calls)}


def call(call_id: str) -> CallRow:
    return CallRow(
        id=call_id, server="asterisk", linked_id=call_id, direction="inbound", raw_number="", dialled="", menu_path="",
        kind="", language="", started_at=NOON, ended_at=NOON, outcome="answered", gap=True,
    )  # fmt: skip


async def fill(db: Database) -> list[str]:
    """A firm with a supervisor and an agent, calls, and gaps: their ids, the newest first."""
    accounts = Accounts(db, utc_now)
    await accounts.add(NewUser("wang", "王磊", "supervisor", PASSWORD))
    await accounts.add(NewUser("chen", "陈静", "agent", PASSWORD, "1001"))
    rows = [
        gap("asterisk", "process", 0, found=2, ended=1, **closed(3, "files")),
        gap("asterisk", "buffer", 10, **closed(11, "snapshot", ["c-1", "c-2"])),
        gap("north", "link", 20),
        gap("asterisk", "late", 30, ended_at=NOON + timedelta(minutes=31), lag_s=4.25),
        gap("asterisk", "link", 40),
    ]
    async with db.transaction() as work:
        work.session.add_all([call("c-1"), call("c-2")])
        await work.session.flush()
        for row in rows:
            await gaps.write(work.session, row, known=False)
    return [row.id for row in reversed(rows)]


@dataclass
class House:
    """The running service and who asks it."""

    url: str
    ids: list[str]

    async def ask(self, user: str | None, query: str = "") -> tuple[int, Any]:
        async with ClientSession(cookie_jar=CookieJar(unsafe=True), headers={"Accept-Language": "en"}) as client:
            if user is not None:
                async with client.post(f"{self.url}/session", json={"username": user, "password": PASSWORD}) as signed:
                    assert signed.ok
            async with client.get(f"{self.url}/ledger/gaps{query}") as response:
                return response.status, await response.json()


@contextlib.asynccontextmanager
async def running(folder: Path, url: str) -> AsyncIterator[House]:
    db = Database(url)
    ids = await fill(db)
    await db.close()
    # Nobody answers at port 1: no listener closes anything.
    settings = load(data_dir=folder, database={"url": url}, web={"port": 0}, agi={"port": 0}, ami={"port": 1})
    service = Service(settings)
    await service.start()
    try:
        yield House(f"http://127.0.0.1:{service.port}/api/v1", ids)
    finally:
        await service.stop()


@pytest.fixture
async def house(tmp_path: Path, url: str) -> AsyncIterator[House]:
    async with running(tmp_path, url) as found:
        yield found


async def test_who_keeps_the_system_sees_every_gap_and_others_none(house: House) -> None:
    status, told = await house.ask(None)
    assert (status, told["code"]) == (401, "not_signed_in")
    status, told = await house.ask("chen")
    assert (status, told["code"]) == (403, "forbidden")
    status, told = await house.ask("wang")
    assert (status, told["next_cursor"]) == (200, None)
    last, late, removed, shown, read = told["items"]
    assert [each["id"] for each in told["items"]] == house.ids
    assert last == {
        "id": house.ids[0], "server": "asterisk", "why": "link", "since": "2026-11-02T04:40:00Z", "to": None,
        "closed_by": None, "found": 0, "ended": 0, "holds": 0, "calls": [], "lag_s": None,
    }  # fmt: skip
    assert (late["why"], late["closed_by"], late["lag_s"]) == ("late", None, 4.25)
    # Nobody will ever close it: its server is no longer set up.
    assert (removed["server"], removed["to"], removed["closed_by"]) == ("north", None, "removed")
    assert (shown["closed_by"], sorted(shown["calls"])) == ("snapshot", ["c-1", "c-2"])
    assert (read["closed_by"], read["to"], read["found"], read["ended"]) == ("files", "2026-11-02T04:03:00Z", 2, 1)


async def test_page_by_page_each_comes_once(house: House) -> None:
    seen: list[str] = []
    query, sizes = "?limit=2", []
    while query:
        status, page = await house.ask("wang", query)
        assert status == 200
        sizes.append(len(page["items"]))
        seen += [each["id"] for each in page["items"]]
        query = page["next_cursor"] and f"?limit=2&cursor={page['next_cursor']}"
    assert (seen, sizes) == (house.ids, [2, 2, 1])


async def test_a_query_that_makes_no_sense_is_refused(house: House) -> None:
    for query in ("?limit=0", "?limit=many", "?limit=100000"):
        status, told = await house.ask("wang", query)
        assert (status // 100, told["field"]) == (4, "limit"), query
