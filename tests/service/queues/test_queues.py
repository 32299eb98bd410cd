"""Presence over a real database and a fake Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from callcenter.db import JournalRow
from callcenter.errors import Problem
from callcenter.events.calls import CallAgentLeft, CallAnswered, CallEnded, CallRinging
from callcenter.queues.pbx import FakePbx
from callcenter.queues.ports import PbxUnreachable, QueueCaller, QueueMember
from callcenter.queues.service import Queues
from tests.service.queues.conftest import NOON, House, Phone


@dataclass(frozen=True)
class Line:
    name: str
    headers: dict[str, str]

    def get(self, key: str, /) -> str | None:
        return self.headers.get(key)


async def talk(queues: Queues, call: str = "c1", queue: str = "complaint") -> None:
    now = queues.clock()
    await queues.presence.on_event(CallRinging(at=now, call_id=call, ring_id="r", extension="1001", queue=queue))
    await queues.presence.on_event(CallAnswered(at=now, call_id=call, extension="1001", queue=queue))


async def leave(queues: Queues, call: str = "c1") -> None:
    await queues.presence.on_event(CallAgentLeft(at=queues.clock(), call_id=call, extension="1001"))


def state(queues: Queues) -> str:
    return queues.view("user-li", "1001").state


async def test_ready_paused_offline_reach_asterisk(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx()
    await queues.on_connected("asterisk", pbx)
    await queues.presence.choose("user-li", "1001", "ready", None)
    await queues.sync("asterisk").apply()
    await queues.presence.choose("user-li", "1001", "paused", "meal")
    await queues.sync("asterisk").apply()
    await queues.presence.choose("user-li", "1001", "offline", None)
    await queues.sync("asterisk").apply()
    assert pbx.commands == [
        "add complaint PJSIP/1001 false",
        "add inquiry PJSIP/1001 false",
        "pause complaint PJSIP/1001 true meal",
        "pause inquiry PJSIP/1001 true meal",
        "remove complaint PJSIP/1001",
        "remove inquiry PJSIP/1001",
    ]


async def test_who_leaves_his_desk_is_rung_no_more(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx()
    await queues.on_connected("asterisk", pbx)
    await queues.presence.choose("user-li", "1001", "ready", None)
    await queues.sync("asterisk").apply()
    await queues.leave("user-li")
    await queues.leave("nobody")
    await queues.sync("asterisk").apply()
    assert state(queues) == "offline"
    assert pbx.commands[-1].startswith("remove inquiry")


async def test_a_wish_without_asterisk_is_kept_and_applied_later(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx()
    await queues.presence.choose("user-li", "1001", "paused", "meal")
    assert not queues.view("user-li", "1001").pbx_connected
    again = await house.enter()
    await again.on_connected("asterisk", pbx)
    assert pbx.commands == ["add complaint PJSIP/1001 true meal", "add inquiry PJSIP/1001 true meal"]
    assert again.view("user-li", "1001").pbx_connected
    assert (again.view("user-li", "1001").reason, state(again)) == ("meal", "paused")


async def test_after_a_reconnect_only_differences_are_mended(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx()
    await queues.presence.choose("user-li", "1001", "ready", None)
    mine = QueueMember("complaint", "PJSIP/1001", paused=True, reason="wrapup")
    gone = QueueMember("inquiry", "PJSIP/1002", paused=False, reason="")
    foreign = QueueMember("inquiry", "PJSIP/9999", paused=False, reason="")
    pbx.members = {(member.queue, member.interface): member for member in (mine, gone, foreign)}
    await queues.on_connected("asterisk", pbx)
    assert pbx.commands == [
        "pause complaint PJSIP/1001 false",
        "add inquiry PJSIP/1001 false",
        "remove inquiry PJSIP/1002",
    ]


async def test_a_command_that_fails_is_given_again(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx()
    await queues.on_connected("asterisk", pbx)
    pbx.broken = True
    await queues.presence.choose("user-li", "1001", "ready", None)
    with pytest.raises(PbxUnreachable):
        await queues.sync("asterisk").apply()
    pbx.broken = False
    await queues.sync("asterisk").apply()
    assert len(pbx.members) == 2


async def test_wrapup_ends_by_itself(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx()
    await queues.on_connected("asterisk", pbx)
    await queues.presence.choose("user-li", "1001", "ready", None)
    await queues.sync("asterisk").apply()
    pbx.commands.clear()
    await talk(queues)
    house.clock.pass_by(60)
    await leave(queues)
    await queues.sync("asterisk").apply()
    assert (state(queues), queues.presence.end_due()) == ("wrapup", 15.0)
    house.clock.pass_by(14)
    assert (queues.presence.end_due(), state(queues)) == (1.0, "wrapup")
    house.clock.pass_by(1)
    assert (queues.presence.end_due(), state(queues)) == (None, "ready")
    await queues.sync("asterisk").apply()
    assert pbx.commands == [
        "pause complaint PJSIP/1001 true wrapup",
        "pause inquiry PJSIP/1001 true wrapup",
        "pause complaint PJSIP/1001 false",
        "pause inquiry PJSIP/1001 false",
    ]


async def test_an_end_that_was_not_heard_is_written_up_from_when_it_is_told(house: House) -> None:
    queues = await house.enter()
    await queues.presence.choose("user-li", "1001", "ready", None)
    await talk(queues)
    ended = house.clock.now
    house.clock.pass_by(60)
    await queues.presence.on_event(CallEnded(at=ended, call_id="c1", outcome="cut", cause="asterisk_restarted"))
    assert (state(queues), queues.presence.end_due()) == ("wrapup", 15.0)


async def test_wrapup_survives_a_restart_and_then_ends(house: House) -> None:
    queues = await house.enter()
    await queues.presence.choose("user-li", "1001", "ready", None)
    await talk(queues)
    await leave(queues)
    await queues.presence.save()
    again = await house.enter()
    assert state(again) == "wrapup"
    house.clock.pass_by(15)
    again.presence.end_due()
    assert state(again) == "ready"


async def test_a_queue_without_wrapup_has_none(house: House) -> None:
    queues = await house.enter()
    await queues.presence.choose("user-li", "1001", "ready", None)
    await talk(queues, queue="inquiry")
    await leave(queues)
    assert state(queues) == "ready"


async def test_after_a_restart_in_mid_call_the_agent_is_talking(house: House) -> None:
    queues = await house.enter()
    await queues.presence.choose("user-li", "1001", "ready", None)
    house.busy = [Phone("1001", "c1", talking=True, queue="complaint")]
    again = await house.enter()
    assert state(again) == "talking"
    await again.presence.on_event(CallEnded(at=NOON, call_id="c1", outcome="cut", cause="link_lost"))
    assert state(again) == "wrapup"


async def test_the_journal_tells_attendance(house: House) -> None:
    queues = await house.enter()
    await queues.presence.choose("user-li", "1001", "ready", None)
    await talk(queues)
    await leave(queues)
    await queues.presence.choose("user-li", "1001", "paused", "meal")
    await queues.presence.save()
    changes = select(JournalRow).where(JournalRow.type == "PresenceChanged")
    async with house.db.read() as session:
        rows = (await session.scalars(changes.order_by(JournalRow.seq))).all()
    assert [(row.payload["state"], row.payload["reason"]) for row in rows] == [
        ("ready", None),
        ("talking", None),
        ("wrapup", None),
        ("paused", "meal"),
    ]


async def test_live_figures(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx(registered={"1001": True})
    pbx.callers = [QueueCaller("complaint", "u1", 30.0)]
    changes: list[str] = []
    await queues.on_connected("asterisk", pbx)
    queues.watch_queues(lambda: changes.append("queues"))
    queues.watch_presence(lambda user, extension: changes.append(user))
    queues.feed("asterisk", Line("QueueCallerJoin", {"Queue": "complaint", "Uniqueid": "u2"}))
    await queues.presence.choose("user-li", "1001", "ready", None)
    await queues.presence.choose("user-wang", "1002", "ready", None)
    complaint, inquiry, *_ = queues.live()
    assert (complaint.waiting, complaint.longest_wait_s, complaint.ready) == (2, 30, 1)
    assert inquiry.ready == 1  # the other has no phone
    queues.feed("asterisk", Line("DeviceStateChange", {"Device": "PJSIP/1002", "State": "NOT_INUSE"}))
    assert queues.live()[1].ready == 2
    queues.feed("asterisk", Line("QueueCallerLeave", {"Queue": "complaint", "Uniqueid": "u1"}))
    assert (queues.live()[0].waiting, queues.live()[0].longest_wait_s) == (1, 0)
    assert {"queues", "user-li", "user-wang"} <= set(changes)


async def test_two_servers_make_one_line(house: House) -> None:
    queues, south, north = await house.enter(), FakePbx(registered={"1001": True}), FakePbx(registered={"1001": False})
    south.callers, north.callers = [QueueCaller("complaint", "s-1.1", 10)], [QueueCaller("complaint", "n-1.1", 90)]
    await queues.on_connected("south", south)
    queues.sync("north")  # not heard yet
    assert not queues.line.connected
    await queues.on_connected("north", north)
    complaint = next(queue for queue in queues.live() if queue.name == "complaint")
    assert (complaint.waiting, complaint.longest_wait_s) == (2, 90)
    assert queues.view("user-li", "1001").phone_registered and queues.line.connected
    queues.on_lost("north")
    assert not queues.view("user-li", "1001").pbx_connected
    assert queues.line.waiting("complaint") == 2


async def test_who_talks_on_one_server_is_paused_on_the_other(house: House) -> None:
    queues, south, north = await house.enter(), FakePbx(), FakePbx()
    await queues.on_connected("south", south)
    await queues.on_connected("north", north)
    await queues.presence.choose("user-li", "1001", "ready", None)
    await talk(queues)
    await queues.sync("north").apply()
    assert {member.paused for member in north.members.values()} == {True}
    await leave(queues)
    house.clock.pass_by(60)
    queues.presence.end_due()
    await queues.sync("north").apply()
    assert {member.paused for member in north.members.values()} == {False}


async def test_the_tasks_keep_and_apply_by_themselves(house: House) -> None:
    queues, pbx = await house.enter(), FakePbx()
    await queues.on_connected("asterisk", pbx)
    kept = asyncio.Event()
    house.db.after_commit(lambda events: kept.set())
    tasks = [asyncio.create_task(queues.presence.run()), asyncio.create_task(queues.sync("asterisk").run())]
    await talk(queues)
    await asyncio.wait_for(kept.wait(), timeout=5)
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_an_unknown_queue_is_named(house: House) -> None:
    queues = await house.enter()
    with pytest.raises(Problem) as caught:
        await queues.serve("user-li", ["billing"])
    assert (caught.value.code, caught.value.field) == ("queue_unknown", "queues")
