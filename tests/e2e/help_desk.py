"""The firm's own help desk: real HTTP, on a port that is refused until it opens."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from crm_adapter.webhook.receiver import Receiver
from crm_adapter.webhook.signing import new_secret


@dataclass
class HelpDesk:
    """`settings` are those of a service that sends its tickets here."""

    receiver: Receiver
    secret: str
    socket: socket.socket
    runner: web.AppRunner

    @property
    def settings(self) -> dict[str, str]:
        """Settings of a service that sends its tickets here."""
        return {
            "CALLCENTER_CRM__KIND": "webhook",
            "CALLCENTER_CRM__URL": f"http://127.0.0.1:{self.socket.getsockname()[1]}/",
            "CALLCENTER_CRM__SECRET": self.secret,
        }

    async def open(self) -> None:
        await self.runner.setup()
        await web.SockSite(self.runner, self.socket).start()

    @classmethod
    @asynccontextmanager
    async def built(cls) -> AsyncIterator[HelpDesk]:
        """Not open yet."""
        secret = new_secret()
        receiver = Receiver(secret)
        bound = socket.socket()
        bound.bind(("127.0.0.1", 0))  # not listening yet: who connects is refused, and nobody else gets the port
        desk = cls(receiver, secret, bound, web.AppRunner(receiver.app()))
        yield desk
        await desk.runner.cleanup()
        bound.close()
