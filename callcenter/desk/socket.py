"""The desk's WebSocket: a snapshot, then messages. The client says nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import WSCloseCode, web

from callcenter.desk.hub import BACKLOG, Connection, Hub
from callcenter.desk.pops import Pops
from callcenter.desk.ports import Floor
from callcenter.desk.protocol import Snapshot
from callcenter.web.http import Context
from callcenter.web.identity import Identity

_HEARTBEAT_S = 20.0
_GOODBYE_S = 1.0
_LARGEST_FROM_CLIENT = 4096


@dataclass(frozen=True)
class DeskSocket:
    """GET /desk."""

    hub: Hub
    pops: Pops
    floor: Floor
    backlog: int = BACKLOG

    async def serve(self, ctx: Context) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_S, timeout=_GOODBYE_S, max_msg_size=_LARGEST_FROM_CLIENT, compress=False
        )
        await socket.prepare(ctx.request)
        connection = self.hub.join(ctx.me, self._snapshot(ctx.me), self.backlog)
        try:
            await _talk(socket, connection)
        finally:
            self.hub.leave(connection)
        if connection.fallen_behind.is_set():
            await _send_away(ctx.request, socket)
        return socket

    def _snapshot(self, who: Identity) -> Snapshot:
        """Everything that this user sees; nobody else runs between this and joining, so nothing is missed."""
        extension = who.extension
        return Snapshot(
            presence=self.floor.view(who.user_id, extension) if extension else None,
            pops=self.pops.shown(extension) if extension else (),
            queues=tuple(self.floor.live()),
        )


async def _talk(socket: web.WebSocketResponse, connection: Connection) -> None:
    """Send until the client goes or falls too far behind."""
    tasks = [
        asyncio.create_task(_send(socket, connection), name="desk-send"),
        asyncio.create_task(_listen(socket), name="desk-listen"),
        asyncio.create_task(connection.fallen_behind.wait(), name="desk-behind"),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(socket: web.WebSocketResponse, connection: Connection) -> None:
    while True:
        await socket.send_str(await connection.next())


async def _listen(socket: web.WebSocketResponse) -> None:
    async for _message in socket:
        pass


async def _send_away(request: web.Request, socket: web.WebSocketResponse) -> None:
    """Ask a client that fell behind to connect again; then cut, because it may not be reading at all."""
    await socket.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"reconnect", drain=False)
    if request.transport is not None:
        request.transport.abort()
