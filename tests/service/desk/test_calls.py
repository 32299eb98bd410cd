"""The list of calls, one call, a customer's time line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from callcenter.calls.model import CallLegRow, CallRow, CallTalkRow
from callcenter.db import Database
from callcenter.events.ids import new_id
from recordings.model import RecordingRow, TranscriptRow

from .fakes import START
from .house import House
from .line import Line


@pytest.fixture
async def house(db: Database) -> AsyncIterator[House]:
    async with House(db) as house:
        yield house


async def talked(house: House, number: str, extension: str = "1001") -> Line:
    """A call that was answered and is over."""
    call = await (await (await (await house.call(number)).ring(extension)).answer(extension)).end()
    talk = CallTalkRow(
        call_id=call.id, uniqueid="1.2", extension=extension, started_at=START, ended_at=START + timedelta(seconds=42)
    )  # fmt: skip
    leg = CallLegRow(
        call_id=call.id, uniqueid="1.2", channel="PJSIP/1001-1", role="agent", extension=extension, started_at=START
    )  # fmt: skip
    async with house.db.transaction() as work:
        work.session.add_all([talk, leg])
    return call


async def recorded(house: House, call: Line) -> None:
    """Both sides of the call are kept and read."""
    recording_id = new_id()
    async with house.db.transaction() as work:
        work.session.add(
            RecordingRow(
                id=recording_id, call_id=call.id, server="pbx", uniqueid="1.1", state="ready", started_at=START,
                duration_s=60.0, caller_file="c.wav", heard_file="h.wav", repaired=False,
                segments=[{"start_s": 0, "end_s": 5, "kind": "menu"}, {"start_s": 5, "end_s": 60, "kind": "talk"}],
            )
        )  # fmt: skip
        await work.session.flush()
        work.session.add(TranscriptRow(recording_id=recording_id, state="running", language="zh", requested_at=START))


async def ids(house: House, query: str, who: str = "1001") -> list[str]:
    return [row["id"] for row in (await house.get(f"/calls?{query}", who))["items"]]


async def test_a_line_says_who_how_long_and_what_hangs_on_it(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    call = await talked(house, "13800138000")
    await recorded(house, call)
    await house.ticket("202611-0042", zhang, call_id=call.id)
    assert await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": zhang}) == 204
    [row] = (await house.get("/calls"))["items"]
    assert (row["customer_name"], row["agent_name"], row["number"]) == ("张伟", "李娜", "+8613800138000")
    assert (row["direction"], row["outcome"], row["talk_s"]) == ("inbound", "answered", 42.0)
    assert (row["has_recording"], row["transcript_state"]) == (True, "running")
    assert row["ticket_numbers"] == ["202611-0042"]
    assert row["menu_path"] is None


async def test_pages_go_from_the_newest_to_the_oldest(house: House) -> None:
    made = [(await house.call(f"1380013800{number}")).id for number in range(5)]
    seen: list[str] = []
    cursor: Any = ""
    while cursor is not None:
        page = await house.get(f"/calls?limit=2&cursor={cursor}")
        seen += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert seen == made[::-1]


async def test_filters(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    mine = await talked(house, "13800138000", "1001")
    hers = await talked(house, "13900139000", "1002")
    gone = await (await house.call("02087654321")).end("abandoned")
    await house.send("PUT", f"/calls/{mine.id}/customer", {"customer_id": zhang})
    assert await ids(house, "mine=true") == [mine.id]
    assert await ids(house, "mine=true", who="1002") == [hers.id]
    assert await ids(house, "outcome=abandoned") == [gone.id]
    assert await ids(house, "queue=repair") == []
    assert await ids(house, "q=张") == [mine.id]
    assert await ids(house, "q=139-0013-9000") == [hers.id]
    assert await ids(house, "q=7654321") == [gone.id]
    assert await ids(house, "q=%25") == []


async def test_one_call_with_everything(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    call = await talked(house, "13800138000")
    await recorded(house, call)
    await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": zhang})
    await house.ticket("202611-0042", zhang, call_id=call.id)
    detail = await house.get(f"/calls/{call.id}")
    kinds = [entry["kind"] for entry in detail["timeline"]]
    assert kinds == ["started", "queued", "ticket_opened", "ringing", "answered", "ended"]
    assert detail["timeline"][3]["agent_name"] == "李娜"
    assert detail["lacks"] is None
    assert detail["legs"][0]["agent_name"] == "李娜"
    assert detail["customer"]["name"] == "张伟"
    assert detail["tickets"][0]["number"] == "202611-0042"
    assert detail["recording"]["sides"] == {"caller": True, "agent": True}
    assert detail["recording"]["segments"][1]["end_s"] == 60.0


@pytest.mark.parametrize(("column", "said"), [("gap", "anything"), ("holds_gap", "holds")])
async def test_a_call_that_may_lack_something_says_what(house: House, column: str, said: str) -> None:
    call = await talked(house, "13800138000")
    async with house.db.transaction() as work:
        setattr(await work.session.get_one(CallRow, call.id), column, True)
    assert (await house.get(f"/calls/{call.id}"))["lacks"] == said


async def test_a_call_that_does_not_exist(house: House) -> None:
    answer = await house.get("/calls/nothing")
    assert (answer["status"], answer["code"]) == (404, "call_unknown")


async def test_a_customers_time_line(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    call = await talked(house, "13800138000")
    await house.send("PUT", f"/calls/{call.id}/customer", {"customer_id": zhang})
    house.now = START + timedelta(hours=1)
    ticket = await house.ticket("202611-0042", zhang)
    items = (await house.get(f"/customers/{zhang}/timeline"))["items"]
    assert [(item["kind"], item["id"]) for item in items] == [("ticket", ticket), ("call", call.id)]
    assert (await house.get("/customers/nobody/timeline"))["code"] == "customer_unknown"


async def test_a_caller_with_one_record_is_written_into_the_ledger_by_itself(house: House) -> None:
    zhang = await house.customer("张伟", "13800138000")
    await house.customer("刘洋", "13900139000")
    await house.customer("张洋", "13900139000")
    known, family = await house.call("13800138000"), await house.call("13900139000")
    async with asyncio.timeout(5):
        while (await house.get(f"/calls/{known.id}"))["customer_id"] != zhang:
            pass
    assert (await house.get(f"/calls/{family.id}"))["customer_id"] is None
