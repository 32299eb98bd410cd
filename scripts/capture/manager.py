"""The manager interface, raw: what Asterisk said byte by byte, and actions whose answers are waited for."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

Headers = tuple[tuple[str, str], ...]
LIMIT_S = 20.0


class Manager:
    """Keeps every event in `events`, in order. Bytes that are no UTF-8 are kept as surrogates."""

    def __init__(self) -> None:
        self.events: list[Headers] = []
        self._answers: dict[str, asyncio.Future[dict[str, str]]] = {}
        self._ids = itertools.count(1)
        self._news = asyncio.Event()

    async def open(self, port: int, user: str, secret: str) -> None:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
        await self._reader.readline()
        self._reading = asyncio.create_task(self._read(), name="manager")
        await self.action("Login", Username=user, Secret=secret)

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()

    async def action(self, name: str, /, **headers: str) -> dict[str, str]:
        """Asterisk's answer; RuntimeError when it is an error."""
        number = str(next(self._ids))
        lines = [f"Action: {name}", f"ActionID: {number}", *(f"{key}: {value}" for key, value in headers.items())]
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write("\r\n".join([*lines, "", ""]).encode())
        found = await asyncio.wait_for(answer, LIMIT_S)
        if found.get("Response") == "Error":
            raise RuntimeError(f"{name}: {found.get('Message')}")
        return found

    async def until(
        self, since: int, fits: Callable[[dict[str, str]], bool], limit_s: float = LIMIT_S
    ) -> dict[str, str]:
        """The first event from number `since` on that fits, past or to come."""
        async with asyncio.timeout(limit_s):
            while True:
                for event in self.events[since:]:
                    if fits(found := dict(event)):
                        return found
                    since += 1
                self._news.clear()
                await self._news.wait()

    async def _read(self) -> None:
        while block := await self._reader.readuntil(b"\r\n\r\n"):
            headers = tuple(_header(line) for line in block.decode("utf-8", "surrogateescape").split("\r\n") if line)
            if headers and headers[0][0] == "Event":
                self.events.append(headers)
                self._news.set()
            elif answer := self._answers.pop(dict(headers).get("ActionID", ""), None):
                answer.set_result(dict(headers))


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.removeprefix(" ")
