"""Calls in a time in which nobody heard Asterisk: what the ledger says of them afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from callcenter.demo.stage import Stage

from .conftest import OpenScene
from .scene import COMPLAINTS, SOUNDS, Api, Scene, speak, until

_NUMBER = "13900139003"


async def ledger(stage: Stage, *arguments: str) -> tuple[int, list[Any]]:
    """`callcenter ledger ...`: its exit status and what it prints, as JSON."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "callcenter", "ledger", *arguments,
        env={**os.environ, **stage.environment()}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told, _ = await process.communicate()
    return process.returncode or 0, [json.loads(line) for line in told.decode().splitlines() if line.startswith("{")]


async def agrees(scene: Scene, calls: int) -> bool:
    """Whether the check sees so many calls and no disagreement."""
    status, [told] = await ledger(scene.stage, "check", "--json")
    assert told["disagreements"] == []
    return status == 0 and told["calls"] >= calls


async def _talks(api: Api, call_id: str) -> bool:
    return (await api.get(f"/calls/{call_id}"))["answered_at"] is not None


async def test_a_whole_call_while_the_service_is_dead(open_scene: OpenScene) -> None:
    """Its record, the agent, the talk and the sound are as if somebody had heard it."""
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
    assert [leg["extension"] for leg in call["legs"]] == [None, phone.extension]
    for told, known in ((call["answered_at"], began), (call["ended_at"], ended)):
        assert datetime.fromisoformat(told).timestamp() == pytest.approx(known, abs=2.5)
    assert call["talk_s"] == pytest.approx(ended - began, abs=2.5)
    recording = (await scene.recorded(api, call["id"]))["recording"]
    assert recording["sides"] == {"caller": True, "agent": True}
    assert not recording["repaired"]
    assert recording["duration_s"] > ended - began
    assert await scene.calls_of(api, _NUMBER) == [call["id"]]
    assert await agrees(scene, 1)
    _, gaps = await ledger(scene.stage, "gaps", "--json")
    assert [(gap["why"], gap["closed_by"], gap["found"], gap["marked"]) for gap in gaps] == [
        ("process", "files", 1, [])
    ]
    assert datetime.fromisoformat(gaps[0]["to"]) < datetime.now(UTC)


async def test_a_talk_that_ends_while_the_service_is_dead(open_scene: OpenScene) -> None:
    """The call ends when it ended and not when the service was back; its journal folds into the same record."""
    scene = await open_scene()
    api = await scene.api()
    caller = await scene.dial(_NUMBER, COMPLAINTS)
    await scene.talk_with(caller)
    call = await scene.call_of(api, _NUMBER)
    await until("talk", lambda: _talks(api, call["id"]))
    scene.stage.kill_service()
    ended = datetime.now(UTC)
    await caller.hang_up()

    async def gone() -> bool:
        return not await scene.channel(_NUMBER)

    await until("end of the channel", gone)
    await scene.stage.start_service()
    call = await scene.call_when(api, call["id"], "end of the call", outcome="answered", end_cause="normal")
    assert abs((datetime.fromisoformat(call["ended_at"]) - ended).total_seconds()) < 1.5
    assert await agrees(scene, 1)
    status, _ = await ledger(scene.stage, "recompute", "--call", call["id"])
    assert status == 0
