"""What the real Asterisk shows when it is asked: who waits since when, whose phone holds."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.calls.pbx import AmiPbxState
from callcenter.calls.ports import ChannelSeen
from tests.service.asterisk.stage import Opened, Stage

pytestmark = pytest.mark.service


async def shown(stage: Stage) -> dict[str, ChannelSeen]:
    """By the number or extension of the channel."""
    snapshot = await AmiPbxState(stage.ami).snapshot()
    return {channel.number: channel for channel in snapshot.channels}


async def test_who_waits_and_who_holds(opened: Opened) -> None:
    stage = await opened()
    phone = await stage.phone(answer_after_s=0)
    await stage.call("02088886667")
    await stage.until("AgentConnect")
    talking = await shown(stage)
    assert (talking["1001"].held, talking["13800138000"].held) == (False, False)
    assert (talking["13800138000"].queue, talking["13800138000"].waits_s) == ("complaint", None)
    await phone.command("hold")
    await stage.until("Hold")
    held = await shown(stage)
    assert (held["1001"].held, held["13800138000"].held) == (True, False)
    assert "CC_KIND" in held["13800138000"].variables
    await stage.call("02088886667", "13900139000")
    await stage.until("QueueCallerJoin", CallerIDNum="13900139000")
    await asyncio.sleep(1.1)  # Asterisk counts whole seconds
    waiting = (await shown(stage))["13900139000"]
    assert (waiting.queue, waiting.position) == ("complaint", 1)
    assert waiting.waits_s is not None and 1 <= waiting.waits_s < 5
