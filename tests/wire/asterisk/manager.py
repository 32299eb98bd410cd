"""A small manager server that misbehaves on demand, and a client of ours that is connected to it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

from pydantic import SecretStr

from callcenter.asterisk.ami import AmiClient, AmiMessage
from callcenter.setting_groups import AmiSettings

Answer = Callable[[dict[str, str]], bytes | None]


def ok(action: dict[str, str], *lines: str) -> bytes:
    return "".join(
        f"{line}\r\n" for line in ("Response: Success", f"ActionID: {action['ActionID']}", *lines, "")
    ).encode()


def refused(action: dict[str, str], why: str) -> bytes:
    return f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: {why}\r\n\r\n".encode()


class FakeManager:
    """Speaks enough of the protocol; `answers` overrides what an action gets, None keeps silent."""

    def __init__(self, secret: str = "s") -> None:
        self.answers: dict[str, Answer] = {}
        self.seen: list[str] = []
        self._news = asyncio.Event()
        self.writers: list[asyncio.StreamWriter] = []
        self._secret = secret
        self.secure: ssl.SSLContext | None = None

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self.secure)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        self._server.close()
        self.drop()
        await self._server.wait_closed()

    async def until(self, action: str, times: int = 1) -> None:
        """Until so many of these actions have come."""
        async with asyncio.timeout(5):
            while self.seen.count(action) < times:
                self._news.clear()
                await self._news.wait()

    def drop(self) -> None:
        for writer in self.writers:
            writer.transport.abort()
        self.writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in block.strip().split("\r\n"))
                self.seen.append(action["Action"])
                self._news.set()
                answer = self.answers.get(action["Action"], self._answer)(action)
                if answer is not None:
                    writer.write(answer)

    def _answer(self, action: dict[str, str]) -> bytes:
        match action["Action"]:
            case "Challenge":
                return ok(action, "Challenge: 42")
            case "Login":
                if action["Key"] == hashlib.md5(f"42{self._secret}".encode()).hexdigest():
                    return ok(action) + b"Event: FullyBooted\r\n\r\n"
                return refused(action, "Authentication failed")
        return ok(action)


@contextlib.asynccontextmanager
async def connected(
    server: FakeManager,
    *,
    messages: list[AmiMessage] | None = None,
    on_connected: Callable[[AmiClient], Awaitable[None]] | None = None,
    **options: float,
) -> AsyncIterator[AmiClient]:
    port = await server.start()
    settings = AmiSettings(port=port, secret=SecretStr("s"))
    taken = messages if messages is not None else []
    client = AmiClient(settings, on_message=taken.append, on_connected=on_connected, **options)
    task = asyncio.create_task(client.run())
    try:
        await asyncio.wait_for(client.wait_connected(), 5)
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await server.stop()


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def long_list(action: dict[str, str], count: int) -> bytes:
    ident = f"ActionID: {action['ActionID']}\r\n"
    items = "".join(f"Event: Status\r\n{ident}Number: {number}\r\n\r\n" for number in range(count))
    return ok(action, "EventList: start") + (items + f"Event: Done\r\n{ident}EventList: Complete\r\n\r\n").encode()
