"""A TCP peer that plays Asterisk's manager interface: it lets the service log in, answers what it asks, and says
what a benchmark gives it to say."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 1\r\nStatus: Fully Booted\r\n\r\n"
_EXTRA = {
    "Challenge": b"Challenge: 123456789\r\n",
    "CoreStatus": b"CoreStartupDate: 2026-11-02\r\nCoreStartupTime: 08:00:00\r\n",
}
_LISTS = {
    "Status": "StatusComplete",
    "QueueStatus": "QueueStatusComplete",
    "DeviceStateList": "DeviceStateListComplete",
}


class Manager:
    """Listens on a free port. `extensions` are the phones that it says are registered."""

    def __init__(self, extensions: Sequence[str]) -> None:
        self._extensions = extensions
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """The port it listens on."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
        if self._server is not None:
            self._server.close()

    def say(self, data: bytes) -> None:
        """Send bytes to the service."""
        assert self._writer is not None, "the service has not logged in"
        self._writer.write(data)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        writer.write(_BANNER)
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = dict(line.split(": ", 1) for line in lines if ": " in line)
                writer.write(self._answer(headers["Action"], headers.get("ActionID", "")))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass

    def _answer(self, action: str, action_id: str) -> bytes:
        ident = f"ActionID: {action_id}\r\n".encode()
        if action in _LISTS:
            start = b"Response: Success\r\n" + ident + b"EventList: start\r\n\r\n"
            end = f"Event: {_LISTS[action]}\r\n".encode() + ident + b"EventList: Complete\r\n\r\n"
            return start + self._items(action, ident) + end
        answer = b"Response: Success\r\n" + ident + _EXTRA.get(action, b"") + b"\r\n"
        return answer + _BOOTED if action == "Login" else answer

    def _items(self, action: str, ident: bytes) -> bytes:
        if action != "DeviceStateList":
            return b""
        device = "Event: DeviceStateChange\r\n{ident}Device: PJSIP/{each}\r\nState: NOT_INUSE\r\n\r\n"
        text = ident.decode()
        return "".join(device.format(ident=text, each=each) for each in self._extensions).encode()
