"""The floor under the measurements: bytes on a bare TCP socket → a frame on one of many aiohttp WebSockets.

Run as `python -m callcenter.bench.floor`; prints the two ports. A line `NUMBER LENGTH` on the TCP socket, padded to the
size of the manager's messages, sends LENGTH characters to the socket opened as `/NUMBER`.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

import uvloop
from aiohttp import web


class Floor:
    """One TCP peer, many sockets."""

    def __init__(self) -> None:
        self._sockets: dict[str, web.WebSocketResponse] = {}

    async def run(self) -> None:
        """Serve until killed."""
        server = await asyncio.start_server(self._bytes, "127.0.0.1", 0)
        app = web.Application()
        app.router.add_get("/{number}", self._socket)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]} {runner.addresses[0][1]}\n")
        sys.stdout.flush()
        await asyncio.Event().wait()

    async def _bytes(self, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):  # the peer hung up
            while True:
                number, length, *_padding = (await reader.readuntil(b"\r\n\r\n")).decode().split()
                await self._sockets[number].send_str("x" * int(length))

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        self._sockets[request.match_info["number"]] = socket
        async for _message in socket:
            pass
        return socket


if __name__ == "__main__":
    uvloop.run(Floor().run())
