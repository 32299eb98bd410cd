"""One connection to the manager interface that logs in, keeps itself alive and comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Protocol, cast

import structlog
from pydantic import SecretStr

from callcenter import metrics
from callcenter.asterisk.ami import figures
from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.errors import Problem
from callcenter.words import explain

Header = str | int | Iterable[str]
OnMessage = Callable[[AmiMessage], None]
OnConnected = Callable[["AmiClient"], Awaitable[None]]

log = structlog.get_logger(__name__)

ACTION_LIMIT_S = 10.0
CONNECT_LIMIT_S = 5.0
BOOT_LIMIT_S = 60.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


class AmiAccess(Protocol):
    """Where the manager interface listens and who we are there: any settings with these fields."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def user(self) -> str: ...

    @property
    def secret(self) -> SecretStr: ...


class NotConnected(Exception):
    """No connection right now; it is being restored. Passing."""


class ActionFailed(Exception):
    """Asterisk answered an action with an error. `message` is its whole answer."""

    def __init__(self, action: str, message: AmiMessage) -> None:
        super().__init__(f"{action}: {message.get('message')}")
        self.message = message


class AmiClient:
    """`run()` belongs in a task of its own and ends by cancellation, or by Problem when the first log-in is refused.

    A log-in refused later is logged and tried again: somebody is changing manager.conf while callers are served.

    `on_message` gets every message that is no answer to an action of ours, in order, and must not block:
    reading never stops, because Asterisk cuts off a reader that lags. `on_connected` is awaited after each
    log-in once Asterisk is fully booted; it may use `action`, and messages keep coming meanwhile.
    `on_lost` is told when an established connection is gone.
    """

    def __init__(
        self,
        settings: AmiAccess,
        *,
        on_message: OnMessage,
        on_connected: OnConnected | None = None,
        on_lost: Callable[[], None] | None = None,
        ping_s: float = 5.0,
        silence_s: float = 10.0,
    ) -> None:
        self._settings = settings
        self._on_message = on_message
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._ping_s = ping_s
        self._silence_s = silence_s
        self._link: _Link | None = None
        self._ready = asyncio.Event()
        self._accepted = False  # at least once

    @property
    def connected(self) -> bool:
        """Logged in, Asterisk booted, `on_connected` done."""
        return self._ready.is_set()

    async def wait_connected(self) -> None:
        await self._ready.wait()

    async def run(self) -> None:
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with self._linked() as link:
                    pause = FIRST_PAUSE_S
                    await self._keep_alive(link)
            except (OSError, TimeoutError, NotConnected, ActionFailed) as error:
                log.warning("ami.lost", host=self._settings.host, port=self._settings.port, reason=repr(error))
            except Problem as problem:
                if not self._accepted:
                    raise
                log.error("ami.refused", problem=str(problem), remedy=explain(problem, "en").remedy)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def action(self, name: str, *, limit_s: float = ACTION_LIMIT_S, **headers: Header) -> AmiMessage:
        """Asterisk's answer. An iterable value repeats its header. Raises ActionFailed, NotConnected, TimeoutError."""
        return (await self._require().ask(name, headers, limit_s))[0]

    async def list_action(self, name: str, *, limit_s: float = ACTION_LIMIT_S, **headers: Header) -> list[AmiMessage]:
        """The events of a list, without the answer before them and the event that closes it."""
        return (await self._require().ask(name, headers, limit_s))[1:]

    def _require(self) -> _Link:
        if self._link is None:
            raise NotConnected
        return self._link

    @contextlib.asynccontextmanager
    async def _linked(self) -> AsyncIterator[_Link]:
        loop = asyncio.get_running_loop()
        link = _Link(self._on_message)
        async with asyncio.timeout(CONNECT_LIMIT_S):
            await loop.create_connection(lambda: link, self._settings.host, self._settings.port)
        ready = False
        try:
            await self._log_in(link)
            async with asyncio.timeout(BOOT_LIMIT_S):
                await link.booted()
            self._link = link
            if self._on_connected:
                await self._on_connected(self)
            self._ready.set()
            figures.connected(again=self._accepted)
            ready = self._accepted = True
            log.info("ami.connected", host=self._settings.host, port=self._settings.port)
            yield link
        finally:
            self._link = None
            self._ready.clear()
            metrics.AMI_CONNECTED.set(0)
            link.close()
            if ready and self._on_lost:
                self._on_lost()

    async def _log_in(self, link: _Link) -> None:
        """MD5 challenge: the secret itself is not sent."""
        challenge = (await link.ask("Challenge", {"AuthType": "MD5"}, ACTION_LIMIT_S))[0].get("challenge")
        secret = self._settings.secret.get_secret_value()
        key = hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()
        login: dict[str, Header] = {"AuthType": "MD5", "Username": self._settings.user, "Key": key}
        try:
            await link.ask("Login", login, ACTION_LIMIT_S)
        except ActionFailed as error:
            raise Problem(
                "asterisk_ami_refused",
                status=502,
                field="ami.secret",
                user=self._settings.user,
                host=self._settings.host,
                port=self._settings.port,
            ) from error

    async def _keep_alive(self, link: _Link) -> None:
        """Returns never; raises when the connection is lost or silent for too long."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._ping_s):
                    await link.lost()
            await link.ask("Ping", {}, self._silence_s)


class _Link(asyncio.Protocol):
    """One TCP connection. Answers go to whoever asked, everything else to `on_message`."""

    def __init__(self, on_message: OnMessage) -> None:
        loop = asyncio.get_running_loop()
        self._on_message = on_message
        self._parser = AmiParser()
        self._numbers = itertools.count(1)
        self._asked: dict[str, tuple[str, list[AmiMessage], asyncio.Future[list[AmiMessage]]]] = {}
        self._transport: asyncio.Transport | None = None
        self._lost: asyncio.Future[None] = loop.create_future()
        self._booted: asyncio.Future[None] = loop.create_future()

    async def ask(self, name: str, headers: dict[str, Header], limit_s: float) -> list[AmiMessage]:
        if self._transport is None or self._transport.is_closing():
            raise NotConnected
        action_id = f"cc-{next(self._numbers)}"
        data = encode(name, action_id, headers)
        answer: asyncio.Future[list[AmiMessage]] = asyncio.get_running_loop().create_future()
        self._asked[action_id] = (name, [], answer)
        try:
            self._transport.write(data)
            async with asyncio.timeout(limit_s):
                return await answer
        finally:
            self._asked.pop(action_id, None)

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

    def data_received(self, data: bytes) -> None:
        metrics.AMI_BYTES.inc(len(data))
        try:
            for message in self._parser.feed(data):
                self._deliver(message)
        except Problem as problem:
            log.error("ami.not_ami", problem=str(problem))
            self.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        for _, _, answer in self._asked.values():
            if not answer.done():
                answer.set_exception(NotConnected())

    def _deliver(self, message: AmiMessage) -> None:
        figures.read(message)
        if message.name == "FullyBooted" and not self._booted.done():
            self._booted.set_result(None)
        asked = self._asked.get(message.action_id) if message.action_id else None
        if asked is not None and self._collect(message, *asked):
            return
        if message.name:
            self._hand_on(message)

    def _collect(
        self,
        message: AmiMessage,
        action: str,
        parts: list[AmiMessage],
        answer: asyncio.Future[list[AmiMessage]],
    ) -> bool:
        """True if the message belongs to the answer. A list's events carry the id of the action that asked."""
        if answer.done():
            return False
        if message.response == "Error":
            answer.set_exception(ActionFailed(action, message))
            return True
        if message.name and not parts:
            return False
        if message.get("eventlist").lower() != "complete":
            parts.append(message)
            if message.get("eventlist").lower() == "start" or message.name:
                return True
        answer.set_result(parts)
        return True

    def _hand_on(self, message: AmiMessage) -> None:
        try:
            self._on_message(message)
        except Exception:
            log.exception("ami.handler_failed", message=message.name)


def encode(name: str, action_id: str, headers: dict[str, Header]) -> bytes:
    """One action as bytes. ValueError for a line break in a name or value: it would begin another header."""
    lines = [("Action", name), ("ActionID", action_id)]
    for key, value in headers.items():
        many = [str(value)] if isinstance(value, str | int) else list(value)
        lines += [(key, item) for item in many]
    text = ""
    for key, item in lines:
        if any(character in "\r\n\0" for character in key + item):
            raise ValueError(f"control character in header {key!r} of action {name!r}")
        text += f"{key}: {item}\r\n"
    return (text + "\r\n").encode()
