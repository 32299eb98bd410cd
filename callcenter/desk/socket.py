"""The desk's WebSocket: a snapshot, then messages, at least a beat. The client says nothing."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import WSCloseCode, web

from callcenter.clock import Clock
from callcenter.db import DATABASE_ERRORS, told
from callcenter.desk.hub import BACKLOG, SIGNED_OUT, Connection, Hub
from callcenter.desk.ports import Floor, SessionOver
from callcenter.desk.protocol import Beat, Snapshot
from callcenter.desk.screen_pop import ScreenPop
from callcenter.web.http import Context
from callcenter.web.identity import Identity, Sessions
from callcenter.web.server import COOKIE

log = structlog.get_logger(__name__)

_HEARTBEAT_S = 20.0
_GOODBYE_S = 1.0
_LARGEST_FROM_CLIENT = 4096
LOOK_AGAIN_S = 60.0
# A browser hides our pings from its page, and a balancer holds the line while the process behind it is frozen or gone:
# only what comes from this very process tells the page that it is there. The screens give up after 25 s.
BEAT_S = 10.0
_BEAT = Beat().model_dump_json()


@dataclass(frozen=True)
class SessionWatch:
    """Notices that a session is over while its socket stays open: it ran out, or was ended from elsewhere."""

    sessions: Sessions
    over: SessionOver
    clock: Clock
    look_again_s: float = LOOK_AGAIN_S

    async def until_over(self, ctx: Context) -> None:
        """Returns when the session of the request is over."""
        who: Identity | None = ctx.me
        while who is not None:
            await asyncio.sleep(self._pause(who))
            who = await self._who(ctx.request.cookies.get(COOKIE, ""))

    async def _who(self, token: str) -> Identity | None:
        """The user behind a token, asked for until the database answers: no answer is not the end of a session."""
        while True:
            try:
                return await self.sessions.identify(token)
            except DATABASE_ERRORS as error:
                log.warning("session_unanswered", reason=told(error))
                await asyncio.sleep(self.look_again_s)

    def _pause(self, who: Identity) -> float:
        """Not the same for all: five hundred that connected at once must not be looked after at once, while a phone
        rings."""
        pause = self.look_again_s * random.uniform(0.5, 1.0)
        left = (who.until - self.clock()).total_seconds() if who.until else pause
        return max(0.0, min(pause, left))


@dataclass(frozen=True)
class DeskSocket:
    """GET /desk."""

    hub: Hub
    pop: ScreenPop
    floor: Floor
    watch: SessionWatch
    backlog: int = BACKLOG
    beat_s: float = BEAT_S

    async def serve(self, ctx: Context) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_S, timeout=_GOODBYE_S, max_msg_size=_LARGEST_FROM_CLIENT, compress=False
        )
        await socket.prepare(ctx.request)
        if ctx.me.extension:
            await self.pop.prepare(ctx.me.extension)
        connection = self.hub.join(ctx.me, self._snapshot(ctx.me), self.backlog)
        try:
            over = await _talk(socket, _send(socket, connection, self.beat_s), connection, self.watch.until_over(ctx))
        finally:
            self.hub.leave(connection)
        if over:
            connection.end(SIGNED_OUT)
            await self.watch.over(ctx.me)
        if connection.ended.is_set():
            await _send_away(ctx.request, socket, connection.code)
        return socket

    def _snapshot(self, who: Identity) -> Snapshot:
        """Everything that this user sees; nobody else runs between this and joining, so nothing is missed."""
        extension = who.extension
        return Snapshot(
            presence=self.floor.view(who.user_id, extension) if extension else None,
            pops=self.pop.pops.shown(extension) if extension else (),
            queues=tuple(self.floor.live()),
        )


async def _talk(
    socket: web.WebSocketResponse,
    sending: Coroutine[Any, Any, None],
    connection: Connection,
    over: Coroutine[Any, Any, None],
) -> bool:
    """Send until the client goes, is to be sent away or is no longer signed in; whether it was the last."""
    session = asyncio.create_task(over, name="desk-session")
    tasks = [
        asyncio.create_task(sending, name="desk-send"),
        asyncio.create_task(_listen(socket), name="desk-listen"),
        asyncio.create_task(connection.ended.wait(), name="desk-ended"),
        session,
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return session.done() and session.exception() is None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(socket: web.WebSocketResponse, connection: Connection, beat_s: float) -> None:
    """Each message in its turn, and a beat when there was none for `beat_s`."""
    while True:
        text = _BEAT
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(beat_s):
                text = await connection.next()
        await socket.send_str(text)


async def _listen(socket: web.WebSocketResponse) -> None:
    async for _message in socket:
        pass


async def _send_away(request: web.Request, socket: web.WebSocketResponse, code: int) -> None:
    """Ask a client that fell behind to connect again, or to sign in; then cut, because it may not read at all."""
    reason = b"signed out" if code == SIGNED_OUT else b"reconnect"
    await socket.close(code=code, message=reason, drain=False)
    if code == WSCloseCode.TRY_AGAIN_LATER and request.transport is not None:
        request.transport.abort()
