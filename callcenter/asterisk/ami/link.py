"""One TCP connection to the manager interface. Reading never stops: Asterisk cuts off a reader that lags."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import cast

import structlog

from callcenter.asterisk.ami.actions import Answers, Asked, Header, NotConnected, encode
from callcenter.asterisk.ami.figures import Tally
from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.errors import Problem

OnMessage = Callable[[AmiMessage], None]

# As much as stays in the processor's cache while its messages are looked at.
_BUFFER_BYTES = 64_000

log = structlog.get_logger(__name__)


class AmiLink(asyncio.BufferedProtocol):
    """Answers go to whoever asked, every event to `on_message`."""

    def __init__(self, on_message: OnMessage) -> None:
        loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._tally = Tally(loop.time)
        # A view: who reads into a part of it must not get a copy.
        self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        self._parser = AmiParser(self._tally.count)
        self._answers = Answers()
        self._transport: asyncio.Transport | None = None
        self._lost: asyncio.Future[None] = loop.create_future()
        self._booted: asyncio.Future[None] = loop.create_future()

    async def ask(self, name: str, headers: Mapping[str, Header], limit_s: float) -> list[AmiMessage]:
        """All messages of an answer, within `limit_s`."""
        async with asyncio.timeout(limit_s), self._asked(name, headers) as answer:
            return [message async for message in answer]

    async def stream(self, name: str, headers: Mapping[str, Header], limit_s: float) -> AsyncIterator[AmiMessage]:
        """The messages of an answer as they come, each within `limit_s` of the one before."""
        async with self._asked(name, headers) as answer:
            while True:
                async with asyncio.timeout(limit_s):
                    message = await anext(answer, None)
                if message is None:
                    return
                yield message

    @contextlib.asynccontextmanager
    async def _asked(self, name: str, headers: Mapping[str, Header]) -> AsyncIterator[Asked]:
        if self._transport is None or self._transport.is_closing():
            raise NotConnected
        asked = self._answers.begin(name)
        try:
            try:
                self._transport.write(encode(name, asked.action_id, headers))
            except ValueError:
                asked.end()  # never sent: nothing will come of it
                raise
            yield asked
        finally:
            self._answers.leave(asked)

    async def booted(self) -> None:
        await asyncio.wait({self._booted, self._lost}, return_when=asyncio.FIRST_COMPLETED)
        if self._lost.done():
            raise NotConnected

    async def lost(self) -> None:
        """Waits for the end of the connection, then raises NotConnected."""
        await asyncio.wait({self._lost})
        raise NotConnected

    def close(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not checked with isinstance: the transports of uvloop are of no class of asyncio's.
        self._transport = cast(asyncio.Transport, transport)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._buffer[:nbytes])
        try:
            messages = self._parser.feed(data)
        except Problem as problem:
            log.error("ami.not_ami", problem=str(problem))
            self.close()
            return
        self._tally.read(data)
        if not self._parser.plain or self._answers.awaited or not self._booted.done():
            messages = filter(self._is_event, messages)
        self._hand_on(messages)

    def connection_lost(self, exc: Exception | None) -> None:
        self._tally.flush()
        if not self._lost.done():
            self._lost.set_result(None)
        self._answers.end(NotConnected())

    def _is_event(self, message: AmiMessage) -> bool:
        """False for an answer, which is taken here, and for what is no event."""
        if message.name == "FullyBooted" and not self._booted.done():
            self._booted.set_result(None)
        return not self._answers.take(message) and message.name != ""

    def _hand_on(self, messages: Iterable[AmiMessage]) -> None:
        """Every event in order; what a handler does wrong with one does not keep it from the next."""
        left, on_message, message = iter(messages), self._on_message, None
        while True:
            try:
                for message in left:
                    on_message(message)
                return
            except Exception:
                log.exception("ami.handler_failed", message=message.name if message else "")
