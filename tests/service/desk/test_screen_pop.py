"""Who sees what on a real socket, over a real database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import WSServerHandshakeError
from sqlalchemy.event import listens_for

from callcenter.db import Database
from callcenter.events import calls, complaints
from crm_adapter.ports import ForeignRecord
from tests.service.polling import until

from .browser import Browser
from .fakes import START, FakeCrm
from .house import House


@pytest.fixture
async def house(db: Database) -> AsyncIterator[House]:
    async with House(db) as house:
        yield house


@contextlib.asynccontextmanager
async def three_tabs(house: House) -> AsyncIterator[tuple[Browser, Browser, Browser]]:
    async with house.browser("1001") as first, house.browser("1002") as second, house.browser("1003") as third:
        yield first, second, third


async def said_nothing(house: House, *tabs: Browser) -> None:
    """Nothing but figures came to these tabs: a message that all get is the next one each of them sees."""
    async with house.db.transaction() as work:
        work.emit(complaints.TicketCrmChanged(at=START, ticket_id="fence", state="sent"))
    for tab in tabs:
        await tab.until("ticket_changed")
        assert not [kind for kind in tab.kinds if kind.startswith("pop_")]


async def test_the_pop_is_on_the_ringing_agents_screen_and_on_no_other(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000", grade="A", tags=["业主"])
    await house.ticket("202611-0042", zhang)
    async with three_tabs(house) as (first, second, third), house.browser("boss") as boss:
        await (await house.call("+86 138-0013-8000")).ring("1002")
        pop = (await second.until("pop_opened"))["pop"]
        assert (pop["state"], pop["number"], pop["queue"]) == ("ringing", "+8613800138000", "complaint")
        [card] = pop["candidates"]
        assert (card["id"], card["name"], card["grade"], card["reason"]) == (zhang, "张伟", "A", "only_match")
        assert card["homes"][0]["project"] == "翠湖花园"
        assert card["open_tickets"][0]["number"] == "202611-0042"
        assert pop["new_customer"] is None
        await said_nothing(house, first, third, boss)


async def test_of_many_phones_that_ring_the_losers_close(house: House) -> None:
    async with three_tabs(house) as (first, second, third):
        call = await (await house.call()).ring("1001", "1002", "1003")
        for tab in (first, second, third):
            await tab.until("pop_opened")
        await call.answer("1002")
        assert (await second.until("pop_changed"))["pop"]["state"] == "talking"
        for tab in (first, third):
            assert (await tab.until("pop_closed"))["reason"] == "answered_elsewhere"
            assert tab.pops == {}


async def test_the_caller_gives_up(house: House) -> None:
    async with house.browser("1001") as tab:
        call = await (await house.call()).ring("1001")
        await tab.until("pop_opened")
        await call.end("abandoned")
        assert (await tab.until("pop_closed"))["reason"] == "abandoned"


async def test_all_tabs_of_an_agent_agree(house: House) -> None:
    async with house.browser("1001") as one, house.browser("1001") as other:
        call = await (await house.call()).ring("1001")
        assert (await one.until("pop_opened"))["pop"] == (await other.until("pop_opened"))["pop"]
        await (await call.answer("1001")).end()
        for tab in (one, other):
            while tab.pops[call.id]["state"] != "ended":
                await tab.until("pop_changed")
        assert await house.send("POST", f"/desk/pops/{call.id}/dismiss") == 204
        for tab in (one, other):
            assert (await tab.until("pop_closed"))["reason"] == "ended"


async def test_a_reload_in_mid_call_shows_the_call_at_once(house: House) -> None:
    await house.customer("张伟", "13800138000")
    async with house.browser("1001") as tab:
        call = await (await house.call()).ring("1001")
        await tab.until("pop_opened")
        await call.answer("1001")
        await tab.until("pop_changed")
    async with house.browser("1001") as reloaded, house.browser("1002") as other:
        assert reloaded.pops == tab.pops
        assert reloaded.pops[call.id]["state"] == "talking"
        assert other.pops == {}


async def test_the_service_is_started_again_in_mid_call(house: House) -> None:
    await house.customer("张伟", "13800138000")
    rings = await (await house.call("13900139000")).ring("1002")
    talks = await (await (await house.call()).ring("1001", "1002")).answer("1001")
    over = await (await (await (await house.call("13700137000")).ring("1001")).answer("1001")).end()
    house.now = over.at + timedelta(seconds=5)
    async with house.browser("1001") as tab:
        await tab.shows({talks.id: "talking", over.id: "ended"})
        before = dict(tab.pops)
    await house.restart()
    async with house.browser("1001") as first, house.browser("1002") as second:
        await first.shows({talks.id: "talking", over.id: "ended"})
        await second.shows({rings.id: "ringing"})
        assert first.pops == before
        await talks.end()
        await first.until("pop_changed")
        assert first.pops[talks.id]["state"] == "ended"


async def test_a_call_long_over_does_not_come_back(house: House) -> None:
    call = await (await (await (await house.call()).ring("1001")).answer("1001")).end()
    house.now = call.at + timedelta(hours=1)
    await house.restart()
    async with house.browser("1001") as tab:
        await said_nothing(house, tab)
        assert tab.pops == {}


async def test_an_unknown_number_gets_a_form_with_the_number_in_it(house: House) -> None:
    async with house.browser("1001") as tab:
        await (await house.call("013912345678")).ring("1001")
        pop = (await tab.until("pop_opened"))["pop"]
        assert pop["candidates"] == []
        assert pop["new_customer"] == {"phone": "+8613912345678"}


async def test_the_form_becomes_the_record_when_it_is_saved(house: House) -> None:
    async with house.browser("1001") as tab:
        call = await (await house.call("13912345678")).ring("1001")
        await tab.until("pop_opened")
        wu = await house.customer("吴强", "139 1234 5678")
        pop = (await tab.until("pop_changed"))["pop"]
        assert [card["id"] for card in pop["candidates"]] == [wu]
        assert pop["new_customer"] is None
        assert pop["call_id"] == call.id


async def test_a_number_that_is_learned_while_the_agents_phone_rings(house: House) -> None:
    """A call that began at his phone: whom it is for comes later."""
    zhang = await house.customer("张伟", "13800138000")
    async with house.browser("1001") as tab:
        call = await (await house.call("")).ring("1001")
        assert (await tab.until("pop_opened"))["pop"]["withheld"]
        number = "13800138000"
        await call.tell(
            calls.CallNumberLearned(at=call.at, call_id=call.id, direction="outbound", number=number, dialled=number)
        )
        while [card["id"] for card in tab.pops[call.id]["candidates"]] != [zhang]:
            await tab.next()
        assert (tab.pops[call.id]["raw_number"], tab.pops[call.id]["withheld"]) == (number, False)


async def test_a_withheld_number(house: House) -> None:
    await house.customer("张伟", "13800138000")
    async with house.browser("1001") as tab:
        await (await house.call("")).ring("1001")
        pop = (await tab.until("pop_opened"))["pop"]
        assert (pop["withheld"], pop["number"], pop["candidates"]) == (True, None, [])


async def test_a_family_on_one_number_until_the_agent_says_who_it_is(house: House) -> None:
    wife = await house.customer("刘洋", "13800138000")
    husband = await house.customer("张伟", "13800138000")
    await house.ticket("202611-0042", wife)
    async with house.browser("1001") as tab:
        call = await (await house.call()).ring("1001")
        pop = (await tab.until("pop_opened"))["pop"]
        assert [(card["id"], card["reason"], card["tied"]) for card in pop["candidates"]] == [
            (wife, "open_complaint", False),
            (husband, "same_number", False),
        ]
        assert pop["candidates"][0]["reason_params"]["number"] == "202611-0042"
        assert await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": husband}) == 204
        pop = (await tab.until("pop_changed"))["pop"]
        assert (pop["candidates"][0]["id"], pop["candidates"][0]["reason"]) == (husband, "chosen")
        assert await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": "nobody"}) == 404


async def test_a_family_that_nothing_tells_apart(house: House) -> None:
    people = {await house.customer(name, "13800138000") for name in ("刘洋", "张伟")}
    async with house.browser("1001") as tab:
        await (await house.call()).ring("1001")
        pop = (await tab.until("pop_opened"))["pop"]
        assert {card["id"] for card in pop["candidates"]} == people
        assert [(card["reason"], card["tied"]) for card in pop["candidates"]] == [("same_number", True)] * 2


async def test_who_called_this_queue_before_stands_first(house: House) -> None:
    repairs = await house.customer("刘洋", "13800138000")
    complains = await house.customer("张伟", "13800138000")
    for customer, queue, days in ((complains, "complaint", 40), (repairs, "repair", 30)):
        house.now = START - timedelta(days=days)
        call = await house.call()
        await call.tell(calls.CallQueued(at=call.at, call_id=call.id, queue=queue, position=1), queue=queue)
        await call.end("abandoned")
        assert await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": customer}) == 204
    house.now = START
    async with house.browser("1001") as tab:
        await (await house.call()).ring("1001")
        first, second = (await tab.until("pop_opened"))["pop"]["candidates"]
        assert (first["id"], first["reason"], first["reason_params"]["queue"]) == (complains, "same_queue", "complaint")
        assert (second["id"], second["reason"]) == (repairs, "last_contact")


async def test_many_phones_need_one_look_up_and_it_is_done_before_they_ring(house: House) -> None:
    await house.customer("张伟", "13800138000")
    asked = list[str]()

    @listens_for(house.db.engine.sync_engine, "before_cursor_execute")
    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    async with three_tabs(house) as tabs:
        call = await house.call()

        async def looked_up() -> bool:
            return any("FROM tickets" in statement for statement in asked)

        await until(looked_up)
        before = len(asked)
        await call.ring("1001", "1002", "1003")
        for tab in tabs:
            assert (await tab.until("pop_opened"))["pop"]["candidates"][0]["name"] == "张伟"
        assert not [statement for statement in asked[before:] if "FROM tickets" in statement]


async def test_what_changed_while_the_caller_waited_is_on_the_pop(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    async with house.browser("1001") as tab:
        call = await house.call()
        await house.ticket("202611-0042", zhang)
        house.now += timedelta(seconds=10)
        await call.ring("1001")
        while not [card for pop in tab.pops.values() for card in pop["candidates"] if card["open_tickets"]]:
            await tab.next()


async def test_the_third_call_of_a_week_is_said(house: House) -> None:
    await house.customer("张伟", "13800138000")
    for _ in range(2):
        await (await house.call()).end("abandoned")
    async with house.browser("1001") as tab:
        await (await house.call()).ring("1001")
        pop = (await tab.until("pop_opened"))["pop"]
        assert pop["warnings"] == [
            {"code": "third_call_this_week", "params": {"count": 3}},
            {"code": "gave_up_before", "params": {}},
        ]


async def test_the_firms_own_crm_fills_in_the_open_pop(db: Database) -> None:
    crm = FakeCrm()
    crm.records = [ForeignRecord("77", "张伟", fields=(("等级", "VIP"),), url="https://crm.example/77")]
    async with House(db, crm=crm) as house, house.browser("1001") as tab:
        await (await house.call()).ring("1001")
        assert (await tab.until("pop_opened"))["pop"]["crm"]["state"] == "waiting"
        crm.answer.set()
        assert (await tab.until("pop_changed"))["pop"]["crm"] == {
            "state": "found",
            "name": "张伟",
            "url": "https://crm.example/77",
            "fields": [{"label": "等级", "value": "VIP"}],
        }


async def test_presence_goes_to_the_agents_own_tabs(house: House) -> None:
    async with house.browser("1001") as tab, house.browser("1002") as other:
        house.floor.set("1001", "wrapup")
        assert (await tab.until("presence_changed"))["presence"]["state"] == "wrapup"
        assert (await tab.until("queues_changed"))["queues"][0]["name"] == "complaint"
        await said_nothing(house, other)
        assert "presence_changed" not in other.kinds


async def test_another_sites_page_gets_no_socket(house: House) -> None:
    headers = {**house.cookie("1001"), "Origin": "https://evil.example"}
    with pytest.raises(WSServerHandshakeError) as refused:
        await house.client.ws_connect(house.url("/desk"), headers=headers)
    assert refused.value.status == 403


async def test_a_client_that_does_not_read_is_sent_away_and_harms_nobody(db: Database) -> None:
    async with House(db, backlog=10) as house, house.browser("1002") as quick:
        deaf, writer = await _deaf_client(house, "1001")
        call = await (await house.call()).ring("1001", "1002")
        await quick.until("pop_opened")
        for turn in range(100):  # more than the system's buffers and the backlog together
            path = f"{turn}/" + "x" * 100_000
            await call.tell(
                calls.CallClassified(at=call.at, call_id=call.id, menu_path=path, kind="complaint", language="zh")
            )
            await quick.until("pop_changed")
        async with asyncio.timeout(10):
            with contextlib.suppress(ConnectionError):
                while await deaf.read(1 << 20):  # what had been sent already, then the end
                    pass
        writer.close()
        async with house.browser("1001") as again:
            assert again.pops[call.id]["menu_path"] == quick.pops[call.id]["menu_path"]


async def _deaf_client(house: House, who: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that opens the socket and then takes nothing from it."""
    reader, writer = await asyncio.open_connection(house.door.server.host, house.door.server.port, limit=1024)
    lines = [
        "GET /api/v1/desk HTTP/1.1",
        f"Host: {house.door.server.host}:{house.door.server.port}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        f"Cookie: {house.cookie(who)['Cookie']}",
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    assert b"101" in await reader.readline()
    return reader, writer
