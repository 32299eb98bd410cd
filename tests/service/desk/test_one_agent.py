"""One agent with two tabs: what either says of the caller, both learn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from callcenter.db import Database

from .browser import Browser
from .house import House


@pytest.fixture
async def house(db: Database) -> AsyncIterator[House]:
    async with House(db) as house:
        yield house


async def first_card(tab: Browser, call_id: str, **told: Any) -> dict[str, Any]:
    """The first candidate, once the tab is told so much of him."""
    while True:
        cards: list[dict[str, Any]] = tab.pops[call_id]["candidates"]
        if cards and told.items() <= cards[0].items():
            return cards[0]
        await tab.next()


async def test_what_is_picked_last_in_either_tab_is_told_to_both(house: House) -> None:
    people = [await house.customer(name, "13800138000") for name in ("刘洋", "张伟")]
    async with house.browser("1001") as one, house.browser("1001-other") as other:
        call = await (await house.call()).ring("1001")
        for tab in (one, other):
            await tab.until("pop_opened")
        for who, picked in (("1001", people[0]), ("1001-other", people[1]), ("1001", people[0])):
            assert await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": picked}, who) == 204
            for tab in (one, other):
                assert await first_card(tab, call.id, id=picked, reason="chosen")
        assert one.pops == other.pops


async def test_a_ticket_opened_in_the_call_is_on_the_card_of_a_caller_registered_in_it(house: House) -> None:
    """Also one who hides his number: only the choice joins him to the call."""
    async with house.browser("1001") as one, house.browser("1001-other") as other:
        call = await (await (await house.call("")).ring("1001")).answer("1001")
        for tab in (one, other):
            await tab.until("pop_opened")
        wu = await house.customer("吴强", "13912345678")
        assert await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": wu}) == 204
        for tab in (one, other):
            assert (await first_card(tab, call.id, id=wu))["open_tickets"] == []
        await house.ticket("202611-0042", wu, call_id=call.id)
        for tab in (one, other):
            while not (await first_card(tab, call.id))["open_tickets"]:
                await tab.next()
        assert one.pops == other.pops
