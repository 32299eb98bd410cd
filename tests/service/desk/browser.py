"""A tab of an agent's screen."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientWebSocketResponse, WSMsgType


@dataclass
class Browser:
    """A tab of an agent's screen: keeps what a real one would show."""

    socket: ClientWebSocketResponse
    messages: list[dict[str, Any]] = field(default_factory=list)
    pops: dict[str, dict[str, Any]] = field(default_factory=dict)
    beats: int = 0

    async def next(self) -> dict[str, Any]:
        """The next message, applied; beats are only counted."""
        async with asyncio.timeout(5):
            while (message := await self._received())["type"] == "beat":
                pass
        return message

    async def beat(self, times: int) -> None:
        """Read on until so many beats came."""
        async with asyncio.timeout(5):
            while self.beats < times:
                await self._received()

    async def read_what_came(self) -> None:
        """Apply what is there already."""
        with contextlib.suppress(TimeoutError):
            while True:
                await asyncio.wait_for(self._received(), 0.02)

    async def until(self, kind: str) -> dict[str, Any]:
        """The next message of a kind; others are applied on the way."""
        while (message := await self.next())["type"] != kind:
            pass
        return message

    async def shows(self, states: dict[str, str]) -> None:
        """Read on until it shows these calls so: a screen follows the ledger at a distance."""
        while {call: pop["state"] for call, pop in self.pops.items()} != states:
            await self.next()

    async def _received(self) -> dict[str, Any]:
        received = await self.socket.receive()
        assert received.type == WSMsgType.TEXT, received
        message: dict[str, Any] = received.json()
        self._apply(message)
        return message

    def _apply(self, message: dict[str, Any]) -> None:
        if message["type"] == "beat":
            self.beats += 1
            return
        self.messages.append(message)
        match message["type"]:
            case "snapshot":
                self.pops = {pop["call_id"]: pop for pop in message["pops"]}
            case "pop_opened":
                assert message["pop"]["call_id"] not in self.pops, "a pop twice"
                self.pops[message["pop"]["call_id"]] = message["pop"]
            case "pop_changed":
                assert message["pop"]["call_id"] in self.pops, "a change of nothing"
                self.pops[message["pop"]["call_id"]] = message["pop"]
            case "pop_closed":
                del self.pops[message["call_id"]]

    @property
    def kinds(self) -> list[str]:
        """The types of the messages so far."""
        return [message["type"] for message in self.messages]
