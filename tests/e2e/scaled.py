"""The scaled form as the tests direct it: several processes, any of which may die."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from playwright.async_api import expect

from callcenter.asterisk.phones import BaresipPhone, Caller

from .house import Ground
from .scene import COMPLAINTS, LIMIT_S, SWITCHBOARD, Api, Scene, until
from .screens import Screen, Screens

PROCESSES = ("web1", "web2", "ami", "agi1", "agi2", "worker1", "worker2")
ENGINES = ("postgres", "redis", "asterisk")
# So long after a part is back, or another has taken its place, every desk must be in order again. Held to where nothing
# else runs (`make proof`); on a machine with other work it only must come to pass.
BACK_S = 5.0 if os.environ.get("PROOF") else LIMIT_S


@dataclass
class ScaledScene(Scene):
    """`kill` and `revive` know every part by name."""

    ground: Ground = field(kw_only=True)
    desks: dict[str, Screen] = field(default_factory=dict)

    async def open(self) -> None:
        await self.stage.start()
        webs = [program.port for program in self.stage.programs.values() if program.kind == "web"]
        await self.ground.proxy.start(webs)
        await self.register_phones()
        await self.staffed()

    async def seat(self, screens: Screens) -> None:
        """Both agents sit down at their desks."""
        for extension, username in (("1001", "agent"), ("1002", "agent2")):
            desk = await screens.screen(self.stage.url)
            await desk.sign_in(username, self.passwords[username])
            await desk.at_desk()
            self.desks[extension] = desk

    async def kill(self, part: str) -> None:
        """SIGKILL."""
        match part:
            case "postgres":
                await asyncio.to_thread(self.ground.postgres.kill)
            case "redis":
                await asyncio.to_thread(self.ground.redis.kill)
            case "asterisk":
                self.stage.asterisk.kill()
            case _:
                await asyncio.to_thread(self.stage.programs[part].kill)

    async def revive(self, part: str) -> None:
        """Start it again as it was; the phones of a new Asterisk register anew."""
        match part:
            case "postgres":
                await asyncio.to_thread(self.ground.postgres.start)
            case "redis":
                await asyncio.to_thread(self.ground.redis.start)
            case "asterisk":
                for phone in self.phones.values():
                    await phone.stop()
                await self.stage.asterisk.start()
                await self.register_phones()
            case _:
                await self.stage.programs[part].start()

    async def desks_in_order(self, since: float) -> float:
        """Until every desk is connected and its phone can be rung; seconds since then."""
        for desk in self.desks.values():
            await expect(desk.one("reconnecting")).to_have_count(0)
            await expect(desk.one("phone-state")).to_have_attribute("data-state", "phoneOk")
        return time.monotonic() - since

    async def complaint(self, api: Api, number: str, *, menu: bool = False) -> Talk:
        """A call up to the talk, with its pop on the right desk and on no other."""
        caller = await self.dial(number, SWITCHBOARD if menu else COMPLAINTS)
        if menu:
            await self.press(caller, "91")
        return await self.picked_up(api, caller)

    async def picked_up(self, api: Api, caller: Caller) -> Talk:
        """Whoever is rung sees the pop, the other does not; then he answers."""
        phone = await self.rings()
        desk = self.desks[phone.extension]
        await expect(desk.pop).to_have_attribute("data-state", "ringing")
        call_id = (await self.call_of(api, caller.number))["id"]
        await phone.answer()
        await phone.wait_established()
        await expect(desk.pop).to_have_attribute("data-state", "talking")
        others = [each for extension, each in self.desks.items() if extension != phone.extension]
        assert all(call_id not in each.popped for each in others)
        return Talk(caller, phone, call_id)

    async def ready_for_next(self) -> None:
        """No agent writes up the call before."""
        await self.surely(self._end_wrapups)
        await self.staffed()

    async def surely(self, ask: Callable[[], Awaitable[Any]]) -> Any:
        """As a person does who is told to try again: until it is done."""

        async def done() -> Any:
            try:
                return (await ask(),)
            except (AssertionError, aiohttp.ClientError):
                return None

        return (await until("answer", done))[0]

    async def _end_wrapups(self) -> None:
        for username in ("agent", "agent2"):
            agent = await self.api(username)
            await agent.send("POST", "/presence/end-wrapup")


@dataclass(frozen=True)
class Talk:
    """A call in which two people talk."""

    caller: Caller
    phone: BaresipPhone
    call_id: str
