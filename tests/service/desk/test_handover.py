"""A call that changes hands: the next agent sees who had it and what was written, while it is being written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from callcenter.db import Database
from callcenter.events import calls
from callcenter.link import LocalLink

from .browser import Browser
from .house import Door, House
from .line import Line


@pytest.fixture
async def house(db: Database) -> AsyncIterator[House]:
    async with House(db) as house:
        yield house


async def talking(house: House, extension: str = "1001") -> Line:
    return await (await (await house.call()).ring(extension)).answer(extension)


async def noted(house: House, call: Line, note: str, who: str = "1001") -> None:
    assert await house.send("PUT", f"/calls/{call.id}/note", {"note": note}, who) == 204


async def shows_note(tab: Browser, call_id: str, note: str | None) -> None:
    """Read on until the first colleague's note is this."""
    while [colleague["note"] for colleague in tab.pops.get(call_id, {}).get("colleagues", ())] != [note]:
        await tab.next()


async def test_the_next_agent_sees_the_first_ones_name_note_and_ticket(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    async with house.browser("1001") as first, house.browser("1002") as second:
        call = await talking(house)
        await noted(house, call, "三楼渗水，已报修两次")
        await house.ticket("202611-0042", zhang, call_id=call.id)
        await call.ring("1002")
        await shows_note(second, call.id, "三楼渗水，已报修两次")
        while [ticket["number"] for ticket in second.pops[call.id]["tickets"]] != ["202611-0042"]:
            await second.next()
        pop = second.pops[call.id]
        assert pop["colleagues"][0]["name"] == "李娜"
        assert pop["note"] is None
        await noted(house, call, "三楼渗水，已报修两次，今天下午五点前上门")
        await shows_note(second, call.id, "三楼渗水，已报修两次，今天下午五点前上门")
        assert second.kinds.count("pop_opened") == 1
        await first.read_what_came()
        assert first.kinds.count("pop_opened") == 1


async def test_an_agents_own_note_is_there_after_a_reload_and_on_his_other_screen(house: House) -> None:
    async with house.browser("1001") as tab, house.browser("1001") as other:
        call = await talking(house)
        await tab.shows({call.id: "talking"})
        await noted(house, call, "水管")
        for screen in (tab, other):
            while screen.pops.get(call.id, {}).get("note") != "水管":
                await screen.next()
    async with house.browser("1001") as reloaded:
        assert reloaded.pops[call.id]["note"] == "水管"
    await house.restart()
    async with house.browser("1001") as again:
        assert again.pops[call.id]["note"] == "水管"


async def test_the_note_is_told_although_nobody_looked_while_it_was_written(house: House) -> None:
    call = await talking(house)
    await noted(house, call, "电梯困人")
    async with house.browser("1002") as second:
        await call.ring("1002")
        await shows_note(second, call.id, "电梯困人")


async def test_the_summary_is_the_note_as_well(house: House) -> None:
    async with house.browser("1002") as second:
        call = await talking(house)
        body = {"code": "transferred", "note": "转维修"}
        assert await house.send("PUT", f"/calls/{call.id}/disposition", body) == 204
        await call.ring("1002")
        await shows_note(second, call.id, "转维修")


async def test_who_is_asked_on_a_second_line_sees_the_caller_and_keeps_him(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    async with house.browser("1001") as first, house.browser("1002") as second:
        call = await talking(house)
        await first.shows({call.id: "talking"})
        await noted(house, call, "合同问题")
        asked = await call.ask("1001", "1002")
        await shows_note(second, call.id, "合同问题")
        pop = second.pops[call.id]
        assert (pop["consulted_by"], pop["candidates"][0]["id"]) == ("1001", zhang)
        await call.tell(
            calls.CallEnded(at=call.at, call_id=asked, outcome="merged", cause="transferred", merged_into=call.id)
        )
        await call.answer("1002")
        while second.pops[call.id]["consulted_by"]:
            await second.next()
        assert second.pops[call.id]["state"] == "talking"
        for tab in (first, second):
            await tab.read_what_came()
            assert tab.kinds.count("pop_opened") == 1
            assert "pop_closed" not in tab.kinds


async def test_a_note_that_says_the_same_is_not_told_again(house: House) -> None:
    async with house.browser("1001") as tab:
        call = await talking(house)
        await tab.shows({call.id: "talking"})
        for _ in range(3):
            await noted(house, call, "水管")
        while tab.pops[call.id]["note"] != "水管":
            await tab.next()
        told = len(tab.messages)
        await tab.read_what_came()
        assert len(tab.messages) == told


async def test_a_note_of_no_call_and_one_that_is_too_long(house: House) -> None:
    call = await talking(house)
    assert await house.send("PUT", "/calls/nobody/note", {"note": "x"}) == 404
    assert await house.send("PUT", f"/calls/{call.id}/note", {"note": "x" * 4001}) == 400
    assert await house.send("PUT", f"/calls/{call.id}/note", {"note": "a\u0000b"}) == 422


async def test_a_call_told_again_by_the_next_leader_pops_nothing(house: House) -> None:
    """Word by word, as one does who does not know what was written."""
    async with house.browser("1001") as tab, house.browser("1002") as loser:
        call = await house.call()
        at = call.at
        rings = [
            calls.CallRinging(at=at, call_id=call.id, extension=phone, ring_id=f"r{phone}", queue="complaint")
            for phone in ("1001", "1002")
        ]
        answered = calls.CallAnswered(
            at=at + timedelta(seconds=1), call_id=call.id, extension="1001", queue="complaint"
        )
        for event in rings:
            await call.tell(event)
        for screen in (tab, loser):
            await screen.until("pop_opened")
        await call.tell(answered)
        await loser.until("pop_closed")
        for event in (*rings, answered):
            await call.tell(event)
        await call.end()
        await tab.shows({call.id: "ended"})
        await loser.read_what_came()
        assert [kind for kind in tab.kinds if kind.startswith("pop_")] == ["pop_opened", "pop_changed", "pop_changed"]
        assert [kind for kind in loser.kinds if kind.startswith("pop_")] == ["pop_opened", "pop_closed"]


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_the_agents_sit_at_different_web_processes(db: Database) -> None:
    link = LocalLink()
    async with House(db, link=link) as house:
        await house.customer("张伟", "13800138000")
        second = await Door.open(house, link)
        async with (
            house.browser("1001") as first,
            house.browser("1001", second) as also_first,
            house.browser("1002", second) as next_one,
        ):
            call = await talking(house)
            await noted(house, call, "楼道灯坏")
            await call.ring("1002")
            await shows_note(next_one, call.id, "楼道灯坏")
            await call.answer("1002")
            for tab in (first, also_first):
                while not tab.pops.get(call.id, {}).get("colleagues"):
                    await tab.next()
                while tab.pops[call.id]["colleagues"][0]["name"] is None:
                    await tab.next()
            assert first.pops == also_first.pops
        await second.close()
