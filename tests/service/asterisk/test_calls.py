"""Real Asterisk, real phones, real sound: what the wire promises to the rooms above."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callcenter.asterisk.agi import AgiHangup, AgiServer, AgiSession
from callcenter.asterisk.sipp import ManyCall, ManyCallers
from callcenter.errors import Problem
from tests.service.asterisk.stage import LOUD, SOUNDS, Opened, loudest, onset

pytestmark = pytest.mark.service


async def test_without_menu_server_the_caller_reaches_an_agent_and_both_sides_are_recorded(opened: Opened) -> None:
    stage = await opened()
    phone = await stage.phone(greeting=SOUNDS / "agent_greeting.wav")
    caller = await stage.call("02088886666")
    assert "13800138000" in await phone.wait_ringing()
    rung = await stage.until("AgentCalled", interface="PJSIP/1001")
    assert not any(message.name == "AgentConnect" for message in stage.messages)
    await phone.answer()
    connected = await stage.until("AgentConnect", interface="PJSIP/1001")
    await asyncio.sleep(min(await caller.say(SOUNDS / "caller_complaint.wav"), 3.0))
    await caller.hang_up()
    completed = await stage.until("AgentComplete")
    assert completed.get("reason") == "caller"

    unique_id = rung.get("uniqueid")
    assert unique_id == connected.get("linkedid") and unique_id.startswith("callcenter-")
    assert (await stage.until("MixMonitorStart")).get("uniqueid") == unique_id
    said, heard = await stage.recorded(unique_id)
    assert len(said) == len(heard)
    assert loudest(said) > LOUD
    # The caller speaks only after the answer: until then he hears the apology, and his own side is silent.
    assert onset(heard) < onset(said)


async def test_menu_hears_keys_and_says_where_to_go(opened: Opened, tmp_path: Path) -> None:
    pressed: list[str] = []

    async def menu(session: AgiSession) -> None:
        await session.set_variable("CHANNEL(language)", "en")
        await session.set_variable("CC_LANG", "en")
        prompt = str(tmp_path / "prompts" / "en" / "main_menu")
        pressed.append(await session.read_digits([prompt], 5, 1, terminators=""))
        for name, value in {"CC_MENU_PATH": "main/complaint", "CC_QUEUE": "complaint", "IVR_DONE": "1"}.items():
            await session.set_variable(name, value)
        assert await session.get_variable("CC_QUEUE") == "complaint"

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port)
    caller = await stage.call("02088886666")
    await stage.until("VarSet", variable="CC_LANG", value="en")
    await caller.press("1")
    await stage.until("VarSet", variable="CC_MENU_PATH", value="main/complaint")
    joined = await stage.until("QueueCallerJoin", queue="complaint")
    await caller.hang_up()
    abandoned = await stage.until("QueueCallerAbandon", uniqueid=joined.get("uniqueid"))
    assert abandoned.get("originalposition") == "1"
    assert pressed == ["1"]
    await server.stop()


async def test_many_callers_each_with_a_number_and_keys_of_his_own(opened: Opened, tmp_path: Path) -> None:
    pressed: list[str] = []

    async def menu(session: AgiSession) -> None:
        pressed.append(await session.read_digits([], 20, 1, terminators=""))
        await session.hang_up()

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port)
    made = await ManyCallers(tmp_path / "callers", stage.server).make(
        [
            ManyCall("13800000001", "02088886666", stay_s=30.0, key="3", key_after_s=2.0),
            ManyCall("13800000002", "02088886666", stay_s=30.0, key="8", key_after_s=2.5),
            ManyCall("13800000003", "02088886667", stay_s=1.5),
            ManyCall("13800000004", "02000000000", stay_s=1.0),
        ],
        per_second=5.0,
    )
    calls = made.by_number
    assert (made.created, made.failed, sorted(pressed)) == (4, 0, ["3", "8"])
    assert (made.refused, made.silent, made.broken) == ({404: 1}, 0, 0)
    assert {number[-1]: call.left for number, call in calls.items() if call.answered_at} == {
        "1": False,
        "2": False,
        "3": True,
    }
    assert all(call.ended_at for call in calls.values() if call.answered_at)
    joined = await stage.until("QueueCallerJoin")
    assert joined.get("calleridnum") == "13800000003"
    await server.stop()


async def test_hang_up_in_the_menu_reaches_the_session(opened: Opened) -> None:
    ends: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def menu(session: AgiSession) -> None:
        try:
            await session.read_digits([], 60, 1, terminators="")
        except AgiHangup:
            ends.set_result("hangup")

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port)
    caller = await stage.call("02088886666")
    await stage.until("VarSet", variable="AGIEXITONHANGUP")
    await caller.hang_up()
    assert await asyncio.wait_for(ends, 5) == "hangup"
    await server.stop()


@pytest.mark.parametrize("fault", ["hangs", "dies"])
async def test_a_menu_server_that_fails_in_mid_call_does_not_hold_the_caller(opened: Opened, fault: str) -> None:
    async def menu(session: AgiSession) -> None:
        await session.get_variable("CC_LANG")
        if fault == "hangs":
            await asyncio.Event().wait()
        raise RuntimeError("the menu server breaks")

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port, menu_silence_s=2)
    caller = await stage.call("02088886666")
    joined = await stage.until("QueueCallerJoin", limit_s=20)
    assert joined.get("queue") == "complaint"
    await caller.hang_up()
    await server.stop(0.1)


async def test_a_dead_phone_does_not_hold_its_caller(opened: Opened) -> None:
    stage = await opened(rtp_timeout_s=2)
    phone = await stage.phone(answer_after_s=0)
    await stage.call("02088886667")
    await stage.until("AgentConnect")
    phone.kill()
    completed = await stage.until("AgentComplete", limit_s=15)
    assert completed.get("interface") == "PJSIP/1001"


async def test_a_number_that_is_not_ours_is_refused(opened: Opened) -> None:
    stage = await opened()
    with pytest.raises(Problem) as caught:
        await stage.call("10086")
    assert "404" in str(caught.value.params["detail"])
