"""A TCP peer that plays Asterisk's manager interface: it lets the service log in, answers what it asks, and says
what a benchmark gives it to say."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence

_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nStatus: Fully Booted\r\n\r\n"
_EXTRA = {
    "Challenge": "Challenge: 123456789\r\n",
    "CoreStatus": "CoreStartupDate: 2026-11-02\r\nCoreStartupTime: 08:00:00\r\n",
}
_LISTS = {
    "Status": "StatusComplete",
    "CoreShowChannels": "CoreShowChannelsComplete",
    "QueueStatus": "QueueStatusComplete",
    "DeviceStateList": "DeviceStateListComplete",
}


class Manager:
    """Listens on a free port. `extensions` are the phones that it says are registered."""

    def __init__(self, extensions: Sequence[str]) -> None:
        self._extensions = extensions
        self._logged_in: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """The port it listens on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Hang up."""
        for writer in self._logged_in:
            writer.close()
        if self._server is not None:
            self._server.close()

    def say(self, data: bytes) -> bool:
        """Send bytes to the service; whether there is anybody to hear them."""
        there = [writer for writer in self._logged_in if not writer.is_closing()]
        for writer in there:
            writer.write(data)
        return bool(there)

    def items(self, action: str) -> list[str]:
        """The events of a list, each without its action id; for subclasses."""
        if action != "DeviceStateList":
            return []
        return [
            f"Event: DeviceStateChange\r\nDevice: PJSIP/{each}\r\nState: NOT_INUSE\r\n" for each in self._extensions
        ]

    def act(self, action: str, headers: Mapping[str, str]) -> None:
        """Something was asked for that changes something; for subclasses."""

    def now(self) -> float:
        """Its own clock, in seconds since 1970; for subclasses."""
        return time.time()

    def came(self) -> None:
        """Somebody has logged in; for subclasses."""

    def went(self) -> None:
        """Somebody is gone; for subclasses."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_BANNER)
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines if ": " in line)
                writer.write(self._answer(headers))
                if headers["Action"] == "Login":
                    self._logged_in.add(writer)
                    self.came()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer in self._logged_in:
                self._logged_in.discard(writer)
                self.went()

    def _answer(self, headers: Mapping[str, str]) -> bytes:
        action, ident = headers["Action"], f"ActionID: {headers.get('ActionID', '')}\r\n"
        if action in _LISTS:
            start = f"Response: Success\r\n{ident}EventList: start\r\n\r\n"
            end = f"Event: {_LISTS[action]}\r\n{ident}EventList: Complete\r\n\r\n"
            return (start + "".join(f"{item}{ident}\r\n" for item in self.items(action)) + end).encode()
        self.act(action, headers)
        told = f"Ping: Pong\r\nTimestamp: {self.now():.6f}\r\n" if action == "Ping" else _EXTRA.get(action, "")
        answer = f"Response: Success\r\n{ident}{told}\r\n".encode()
        return answer + _BOOTED if action == "Login" else answer
