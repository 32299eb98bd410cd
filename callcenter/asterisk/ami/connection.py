"""One connection to the manager interface that logs in, keeps itself alive and comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Protocol

import structlog
from pydantic import SecretStr

from callcenter.asterisk.ami import figures, tls
from callcenter.asterisk.ami.actions import ActionFailed, Header, ListOverrun, NotConnected, encode
from callcenter.asterisk.ami.link import AmiLink, OnMessage
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.errors import Problem
from callcenter.words import explain

__all__ = ["ACTION_LIMIT_S", "ActionFailed", "AmiClient", "ListOverrun", "NotConnected", "encode"]

OnConnected = Callable[["AmiClient"], Awaitable[None]]

log = structlog.get_logger(__name__)

ACTION_LIMIT_S = 10.0
CONNECT_LIMIT_S = 5.0
BOOT_LIMIT_S = 60.0
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


class AmiAccess(Protocol):
    """Which server it is, where its manager interface listens, who we are there: any settings with these fields.
    `field` and `setting` tell where in the settings one of them stands, for who has to mend it."""

    @property
    def name(self) -> str: ...

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...

    @property
    def user(self) -> str: ...

    @property
    def secret(self) -> SecretStr: ...

    @property
    def tls(self) -> bool: ...

    @property
    def tls_ca(self) -> Path | None: ...

    def field(self, name: str) -> str: ...

    def setting(self, name: str) -> str: ...


class AmiClient:
    """`run()` belongs in a task of its own and ends by cancellation, or by Problem when the first log-in is refused.

    A log-in refused later, or when `patient`, is logged and tried again: somebody is changing manager.conf while
    callers are served, or others of several servers are there to be served.

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
        patient: bool = False,
    ) -> None:
        self._settings = settings
        self._patient = patient
        self._on_message = on_message
        self._on_connected = on_connected
        self._on_lost = on_lost
        self._ping_s = ping_s
        self._silence_s = silence_s
        self._link: AmiLink | None = None
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
            except (OSError, TimeoutError, NotConnected, ActionFailed, ListOverrun) as error:
                log.warning("ami.lost", host=self._settings.host, port=self._settings.port, reason=repr(error))
            except Problem as problem:
                if not (self._accepted or self._patient):
                    raise
                place = f"{self._settings.host}:{self._settings.port}"
                log.error("ami.refused", at=place, problem=str(problem), remedy=explain(problem, "en").remedy)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def action(self, name: str, *, limit_s: float = ACTION_LIMIT_S, **headers: Header) -> AmiMessage:
        """Asterisk's answer. An iterable value repeats its header. Raises ActionFailed, NotConnected, TimeoutError."""
        return (await self._require().ask(name, headers, limit_s))[0]

    async def list_action(self, name: str, *, limit_s: float = ACTION_LIMIT_S, **headers: Header) -> list[AmiMessage]:
        """The events of a list, without the answer before them and the event that closes it."""
        return (await self._require().ask(name, headers, limit_s))[1:]

    async def stream_action(
        self, name: str, *, limit_s: float = ACTION_LIMIT_S, **headers: Header
    ) -> AsyncIterator[AmiMessage]:
        """The events of a list while they come, for lists too long to hold; each within `limit_s` of the one before.

        Whoever takes them far more slowly than they come gets ListOverrun instead of the rest.
        """
        first = True
        async for message in self._require().stream(name, headers, limit_s):
            if not first:
                yield message
            first = False

    def _require(self) -> AmiLink:
        if self._link is None:
            raise NotConnected
        return self._link

    @contextlib.asynccontextmanager
    async def _linked(self) -> AsyncIterator[AmiLink]:
        link = await self._connect()
        told = False
        try:
            await self._log_in(link)
            async with asyncio.timeout(BOOT_LIMIT_S):
                await link.booted()
            self._link = link
            # Whoever began to hear must learn that it is over, also when the link breaks while he still asks.
            told = True
            if self._on_connected:
                await self._on_connected(self)
            self._ready.set()
            figures.connected(self._settings.name, again=self._accepted)
            self._accepted = True
            log.info("ami.connected", host=self._settings.host, port=self._settings.port)
            yield link
        finally:
            self._link = None
            self._ready.clear()
            link.close()
            figures.disconnected(self._settings.name)
            if told and self._on_lost:
                self._on_lost()

    async def _connect(self) -> AmiLink:
        host, port = self._settings.host, self._settings.port
        link = AmiLink(self._on_message)
        secure = await tls.context(self._settings) if self._settings.tls else None
        with tls.told(self._settings):
            async with asyncio.timeout(CONNECT_LIMIT_S):
                await asyncio.get_running_loop().create_connection(lambda: link, host, port, ssl=secure)
        return link

    async def _log_in(self, link: AmiLink) -> None:
        """MD5 challenge: the secret itself is not sent."""
        challenge = (await link.ask("Challenge", {"AuthType": "MD5"}, ACTION_LIMIT_S))[0].get("Challenge")
        secret = self._settings.secret.get_secret_value()
        key = hashlib.md5((challenge + secret).encode(), usedforsecurity=False).hexdigest()
        login: dict[str, Header] = {"AuthType": "MD5", "Username": self._settings.user, "Key": key}
        try:
            await link.ask("Login", login, ACTION_LIMIT_S)
        except ActionFailed as error:
            raise Problem(
                "asterisk_ami_refused",
                status=502,
                field=self._settings.field("secret"),
                user=self._settings.user,
                host=self._settings.host,
                port=self._settings.port,
                user_setting=self._settings.setting("user"),
                secret_setting=self._settings.setting("secret"),
            ) from error

    async def _keep_alive(self, link: AmiLink) -> None:
        """Returns never; raises when the connection is lost or silent for too long."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._ping_s):
                    await link.lost()
            await link.ask("Ping", {}, self._silence_s)
