"""Real SIP phones for tests and the demo: an agent's phone, and a caller who comes in over the trunk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from callcenter.asterisk.baresip import Baresip, PhoneEvent, SipServer
from callcenter.asterisk.install import AsteriskTree
from callcenter.asterisk.settings import PhoneAccount
from callcenter.errors import Problem

__all__ = ["BaresipPhone", "Caller", "PhoneEvent", "SipServer"]


class BaresipPhone(Baresip):
    """An agent's phone. `answer_after_s` None: it rings until `answer()` is called."""

    def __init__(
        self,
        home: Path,
        account: PhoneAccount,
        server: SipServer,
        *,
        answer_after_s: float | None = None,
        greeting: Path | None = None,
        tree: AsteriskTree | None = None,
    ) -> None:
        extension = account.extension
        password = account.password.get_secret_value()
        line = (
            f"<sip:{extension}@{server.host}:{server.port}>;auth_user={extension};auth_pass={password}"
            ";answermode=manual;regint=60;audio_codecs=pcma,pcmu"
        )
        super().__init__(home, line, server, tree)
        self.extension = extension
        self.greeting = greeting
        self._answer_after_s = answer_after_s
        self._answering: set[asyncio.Task[None]] = set()

    async def register(self, limit_s: float = 10.0) -> None:
        """Start and wait until Asterisk knows the phone; Problem when it refuses the password."""
        await self.start()
        event = await self.wait_for("REGISTER_OK", "REGISTER_FAIL", limit_s=limit_s)
        if event.type == "REGISTER_FAIL":
            await self.stop()
            raise Problem("asterisk_phone_not_registered", extension=self.extension, detail=event.text)

    async def wait_ringing(self, limit_s: float = 20.0) -> str:
        """Until a call comes in; the peer's address, such as sip:13800138000@127.0.0.1."""
        return (await self.wait_for("CALL_INCOMING", limit_s=limit_s)).peer

    async def answer(self) -> None:
        """Pick up; the greeting, if any, is spoken at once."""
        await self.command("accept")

    async def on_event(self, event: PhoneEvent) -> None:
        if event.type == "CALL_INCOMING" and self._answer_after_s is not None:
            self._background(self._answer_later(self._answer_after_s))
        if event.type == "CALL_ESTABLISHED" and self.greeting is not None:
            self._background(self._greet(self.greeting))

    async def stop(self) -> None:
        for task in self._answering:
            task.cancel()
        await super().stop()

    def _background(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task = asyncio.create_task(work, name=f"phone {self.extension}")
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer_later(self, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        try:
            await self.answer()
        except Problem:
            return  # the caller gave up, or another phone was quicker

    async def _greet(self, greeting: Path) -> None:
        await self.say(greeting)


class Caller(Baresip):
    """Somebody who dials in over the trunk, with a number of his own choice."""

    def __init__(self, home: Path, number: str, server: SipServer, *, tree: AsteriskTree | None = None) -> None:
        line = f"<sip:{number}@{server.host}:{server.port}>;regint=0;audio_codecs=pcma,pcmu"
        super().__init__(home, line, server, tree)
        self.number = number

    async def dial(self, number: str, limit_s: float = 20.0) -> None:
        """Call and wait until it is answered; Problem when it is not taken."""
        if self._process is None:
            await self.start()
        self.forget_events()
        await self.be_silent()
        await self.command("dial", f"sip:{number}@{self.server.host}:{self.server.port}")
        try:
            event = await self.wait_for("CALL_ESTABLISHED", "CALL_CLOSED", limit_s=limit_s)
        except TimeoutError as error:
            server = f"{self.server.host}:{self.server.port}"
            raise Problem("asterisk_call_unanswered", number=number, server=server) from error
        if event.type == "CALL_CLOSED":
            raise Problem("asterisk_call_refused", number=number, detail=event.text)

    async def press_at(self, moments: Sequence[tuple[float, str]]) -> None:
        """Press keys at moments counted in seconds from now, in order."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for moment, keys in moments:
            await asyncio.sleep(max(0.0, start + moment - loop.time()))
            await self.press(keys)
