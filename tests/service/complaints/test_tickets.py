"""Tickets are opened once, numbered without gaps and found again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from callcenter.complaints.numbering import next_number
from callcenter.complaints.service import NewTicket, TicketFilter, Tickets
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.events.complaints import TicketOpened

LEAK = NewTicket(kind="complaint", category="construction.waterproofing", summary=" 卫生间漏水 ")


async def test_opened_with_three_fields(desk: Any) -> None:
    row = await desk.tickets.open(LEAK, "agent-1")
    assert (row.number, row.summary, row.status, row.owner_id) == ("202611-0001", "卫生间漏水", "open", "agent-1")
    assert (row.crm_state, row.crm_attempts, row.crm_next_try_at) == ("pending", 0, desk.clock.now)
    kept = await desk.tickets.get(row.id)
    assert (kept.number, kept.created_at, kept.version) == (row.number, row.created_at, 1)
    (event,) = await desk.events()
    assert event == TicketOpened(at=row.created_at, ticket_id=row.id, number=row.number, kind="complaint")


async def test_the_call_says_who_it_was(desk: Any) -> None:
    row = await desk.tickets.open(replace(LEAK, call_id="call-1"), "agent-1")
    assert (row.call_id, row.customer_id, row.caller_number) == ("call-1", "customer-1", "13800138000")


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"kind": "rant"}, "kind", "ticket_kind_unknown"),
        ({"category": "construction.moat"}, "category", "ticket_category_unknown"),
        ({"summary": " \n"}, "summary", "ticket_summary_missing"),
        ({"summary": "长" * 8001}, "summary", "ticket_summary_long"),
        ({"call_id": "call-9"}, "call_id", "ticket_call_unknown"),
        ({"customer_id": "customer-9"}, "customer_id", "ticket_customer_unknown"),
    ],
)
async def test_what_is_wrong_is_named(desk: Any, wrong: dict[str, str], field: str, code: str) -> None:
    with pytest.raises(Problem) as raised:
        await desk.tickets.open(replace(LEAK, **wrong), "agent-1")
    assert (raised.value.field, raised.value.code) == (field, code)
    assert (await desk.tickets.open(LEAK, "agent-1")).number == "202611-0001"


async def test_the_same_request_again_is_the_same_ticket(desk: Any) -> None:
    rows = [await desk.tickets.open(LEAK, "agent-1", "key-1") for _ in range(3)]
    other = await desk.tickets.open(LEAK, "agent-2", "key-1")
    assert len({row.id for row in rows}) == 1
    assert [rows[0].number, other.number] == ["202611-0001", "202611-0002"]


async def test_the_same_request_at_once_is_the_same_ticket(
    desk: Any, url: str, tickets_on: Callable[[Database], Tickets]
) -> None:
    others = [Database(url) for _ in range(4)]
    rows = await asyncio.gather(*(tickets_on(other).open(LEAK, "agent-1", "key-1") for other in others for _ in "12"))
    assert len({row.id for row in rows}) == 1
    assert (await desk.tickets.open(LEAK, "agent-1")).number == "202611-0002"
    for other in others:
        await other.close()


async def test_a_key_is_for_one_request(desk: Any) -> None:
    await desk.tickets.open(LEAK, "agent-1", "key-1")
    with pytest.raises(Problem) as raised:
        await desk.tickets.open(replace(LEAK, summary="别的事"), "agent-1", "key-1")
    assert (raised.value.code, raised.value.status) == ("idempotency_key_reused", 409)
    with pytest.raises(Problem):
        await desk.tickets.open(LEAK, "agent-1", "k" * 129)


class _Abandoned(Exception):
    pass


async def _take(db: Database, *, give_back: bool) -> str | None:
    try:
        async with db.transaction() as work:
            number = await next_number(work.session, "202611")
            if give_back:
                raise _Abandoned
            return number
    except _Abandoned:
        return None


async def test_twenty_writers_leave_no_gap(desk: Any, url: str) -> None:
    """Each writer has a connection of its own, as separate processes do; every third try fails and is rolled back."""
    writers = [Database(url) for _ in range(20)]

    async def turns(index: int, writer: Database) -> list[str | None]:
        return [await _take(writer, give_back=(index + turn) % 3 == 0) for turn in range(15)]

    taken = await asyncio.gather(*(turns(index, writer) for index, writer in enumerate(writers)))
    numbers = [number for each in taken for number in each if number is not None]
    assert sorted(numbers) == [f"202611-{number:04d}" for number in range(1, 201)]
    for writer in writers:
        await writer.close()


async def test_a_new_month_begins_at_one(desk: Any) -> None:
    await desk.tickets.open(LEAK, "agent-1")
    desk.clock.now = datetime.fromisoformat("2026-11-30T16:00:00Z")
    assert (await desk.tickets.open(LEAK, "agent-1")).number == "202612-0001"


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (TicketFilter(), ["202611-0003", "202611-0002", "202611-0001"]),
        (TicketFilter(q="漏水"), ["202611-0001"]),
        (TicketFilter(q="-0002"), ["202611-0002"]),
        (TicketFilter(q="小明"), ["202611-0003"]),
        (TicketFilter(q="%"), []),
        (TicketFilter(kind="inquiry"), ["202611-0002"]),
        (TicketFilter(status="closed"), []),
        (TicketFilter(customer_id="customer-1"), ["202611-0003"]),
        (TicketFilter(call_id="call-1"), ["202611-0003"]),
    ],
)
async def test_found_again(desk: Any, wanted: TicketFilter, numbers: list[str]) -> None:
    await desk.tickets.open(LEAK, "agent-1")
    await desk.tickets.open(NewTicket("inquiry", "停车费怎么算"), "agent-1")
    await desk.tickets.open(NewTicket("repair", "灯坏了", call_id="call-1"), "agent-1")
    assert [row.number for row in await desk.tickets.page(wanted, None, 10)] == numbers


async def test_pages(desk: Any) -> None:
    ids = [(await desk.tickets.open(LEAK, "agent-1")).id for _ in range(3)]
    first = await desk.tickets.page(TicketFilter(), None, 2)
    rest = await desk.tickets.page(TicketFilter(), first[-1].id, 2)
    assert [row.id for row in (*first, *rest)] == ids[::-1]
