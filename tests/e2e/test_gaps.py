"""Calls in a time in which nobody heard Asterisk: what the ledger says of them afterwards."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from .conftest import OpenScene
from .scene import COMPLAINTS, SOUNDS, speak, until

_NUMBER = "13900139003"


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_whole_call_while_the_service_is_dead(open_scene: OpenScene) -> None:
    scene = await open_scene()
    api = await scene.api()
    scene.stage.kill_service()
    caller = await scene.dial(_NUMBER, COMPLAINTS)
    phone = await scene.talk_with(caller)
    began, ended = await speak(caller, SOUNDS / "en" / "caller_inquiry.wav")
    await caller.hang_up()

    async def gone() -> bool:
        return not await scene.channel(_NUMBER)

    await until("end of the channel", gone)
    await scene.stage.start_service()

    call = await scene.call_of(api, _NUMBER)
    assert (call["outcome"], call["end_cause"], call["queue"]) == ("answered", "normal", "complaint")
    print(call)
