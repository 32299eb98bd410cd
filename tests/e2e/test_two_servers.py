"""Two Asterisk servers at once: the calls of each are heard, popped, recorded and told apart."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.phones import BaresipPhone, Caller, SipServer
from callcenter.demo.seed import PEOPLE

from .conftest import OpenScene
from .scene import COMPLAINTS, LIMIT_S, Scene, until

_SOUTH, _NORTH = "1001", "1002"
_SITS_AT = {person.extension: person.name for person in PEOPLE}


async def test_calls_on_both(open_scene: OpenScene) -> None:
    scene = await open_scene()
    api = await scene.api()
    async with _north(scene) as north:
        sip = SipServer("127.0.0.1", north.settings.sip_port)
        there = BaresipPhone(scene.stage.folder / "north-phone", scene.stage.account(_NORTH), sip)
        caller = Caller(scene.stage.folder / "north-caller", "13900139003", sip)
        try:
            await scene.phones[_NORTH].stop()  # one phone at each server
            await there.register()
            await until("agent in the northern queue", lambda: _stands(north, "(Not in use)"))
            await caller.dial(COMPLAINTS)
            await there.wait_ringing(LIMIT_S)
            await there.answer()
            other = await scene.dial("13800138001")
            await scene.phones[_SOUTH].wait_ringing(LIMIT_S)
            await scene.phones[_SOUTH].answer()
            await until("agent of the south paused in the north", lambda: _stands(north, "paused"))
            for number, phone, server in (("13900139003", _NORTH, "north"), ("13800138001", _SOUTH, "callcenter")):
                call = await scene.call_of(api, number)
                assert [leg["uniqueid"].partition("-")[0] for leg in call["legs"]] == [server, server]
                call = await scene.call_when(api, call["id"], "talk", agent_name=_SITS_AT[phone])
            await caller.hang_up()
            await other.hang_up()
            for number in ("13900139003", "13800138001"):
                call = await scene.call_of(api, number)
                ended = await scene.call_when(api, call["id"], "end of the call", outcome="answered")
                assert ended["end_cause"] == "normal"
                assert (await scene.recorded(api, call["id"]))["recording"]["sides"] == {"caller": True, "agent": True}
        finally:
            await there.stop()
            await caller.stop()


@asynccontextmanager
async def _north(scene: Scene) -> AsyncIterator[LocalAsterisk]:
    """A second Asterisk, and the service started again to hear it as well."""
    stage = scene.stage
    ami = stage.asterisk.settings.ami.model_copy(update={"name": "north", "port": 0})
    new = {"directory": stage.folder / "north", "system_name": "north", "sip_port": 0, "rtp_first": 0, "rtp_last": 0}
    north = LocalAsterisk(stage.asterisk.settings.model_copy(update={**new, "ami": ami}))
    await north.start()
    try:
        stage.stop_service()
        place = north.settings.ami
        at = {"name": "north", "host": place.host, "port": place.port, "secret": place.secret.get_secret_value()}
        stage.extra = {"CALLCENTER_MORE_AMI": json.dumps([at])}
        await stage.start_service()
        yield north
    finally:
        await north.stop()


async def _stands(server: LocalAsterisk, how: str) -> bool:
    """Whether one member of the complaint queue stands like this."""
    return how in await server.rx("queue show complaint")
