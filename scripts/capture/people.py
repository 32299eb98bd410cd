"""Those who take part in a scenario, by what they do. Each deed goes into the scenario's account."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from callcenter.asterisk.baresip import Baresip, SipServer
from callcenter.asterisk.phones import BaresipPhone
from callcenter.asterisk.settings import PhoneAccount
from callcenter.errors import Problem
from scripts.capture.sip_phone import SipPhone

Note = Callable[[str], None]


class Person:
    """Somebody with a phone."""

    def __init__(self, name: str, phone: Baresip, note: Note) -> None:
        self.name = name
        self.phone = phone
        self._note = note

    async def dials(self, number: str) -> None:
        """Without waiting for anything."""
        self._note(f"{self.name} calls {number}")
        server = self.phone.server
        await self.phone.command("dial", f"sip:{number}@{server.host}:{server.port}")

    async def is_through(self) -> None:
        await self.phone.wait_established()

    async def rings(self) -> None:
        await self.phone.wait_for("CALL_INCOMING")

    async def picks_up(self) -> None:
        self._note(f"{self.name} picks up")
        await self.phone.command("accept")

    async def tries_to_pick_up(self) -> None:
        """It may be too late."""
        with contextlib.suppress(Problem):
            await self.picks_up()

    async def hangs_up(self) -> None:
        self._note(f"{self.name} hangs up")
        await self.phone.command("hangup")

    async def rejects(self) -> None:
        self._note(f"{self.name} rejects")
        await self.phone.command("hangup")

    async def holds(self) -> None:
        self._note(f"{self.name} holds")
        await self.phone.command("hold")

    async def resumes(self) -> None:
        self._note(f"{self.name} resumes")
        await self.phone.command("resume")

    async def presses(self, keys: str) -> None:
        self._note(f"{self.name} presses {keys}")
        await self.phone.press(keys, pause_s=0.15)

    async def transfers(self, number: str) -> None:
        """Blindly, from the phone."""
        self._note(f"{self.name} transfers to {number}")
        await self.phone.command("transfer", f"sip:{number}@{self.phone.server.host}:{self.phone.server.port}")

    async def is_cut(self, limit_s: float = 20.0) -> None:
        """Until somebody else has ended the call."""
        await self.phone.wait_ended(limit_s)

    def dies(self) -> None:
        """Its phone is without current."""
        self._note(f"{self.name} dies")
        self.phone.kill()

    async def stops(self) -> None:
        await self.phone.stop()


async def agent(home: Path, account: PhoneAccount, server: SipServer, note: Note, name: str = "") -> Person:
    """At a registered phone."""
    phone = BaresipPhone(home, account, server)
    await phone.register()
    return Person(name or account.extension, phone, note)


async def outsider(home: Path, number: str, server: SipServer, note: Note) -> Person:
    """At a phone of the public network, which can be called as well."""
    line = f"<sip:{number}@{server.host}:{server.port}>;regint=0;answermode=manual;audio_codecs=pcma,pcmu"
    phone = Baresip(home, line, server)
    await phone.start()
    return Person(number, phone, note)


class DeskPhone:
    """An agent, or somebody outside, at a phone with several lines; lines count from 1 in the order of time."""

    def __init__(self, name: str, phone: SipPhone, note: Note) -> None:
        self.name = name
        self.phone = phone
        self._note = note

    async def dials(self, number: str) -> None:
        self._note(f"{self.name} calls {number}")
        await self.phone.dial(number)

    async def rings(self) -> None:
        await self.phone.until(None, "ringing")

    async def picks_up(self) -> None:
        line = await self.phone.until(None, "ringing")
        self._note(f"{self.name} picks up")
        await self.phone.answer(line)

    async def refuses(self, code: int) -> None:
        line = await self.phone.until(None, "ringing")
        self._note(f"{self.name} refuses with {code}")
        await self.phone.refuse(line, code)

    async def is_through(self, line: int) -> None:
        await self.phone.until(self.phone.lines[line - 1], "up")

    async def is_cut(self, line: int) -> None:
        await self.phone.until(self.phone.lines[line - 1], "over")

    async def holds(self, line: int) -> None:
        self._note(f"{self.name} holds")
        await self.phone.hold(self.phone.lines[line - 1])

    async def resumes(self, line: int) -> None:
        self._note(f"{self.name} resumes")
        await self.phone.resume(self.phone.lines[line - 1])

    async def hangs_up(self, line: int) -> None:
        self._note(f"{self.name} hangs up line {line}")
        await self.phone.hang_up(self.phone.lines[line - 1])

    async def hands_over(self, line: int, to: int) -> None:
        """The parties of both lines talk with each other."""
        self._note(f"{self.name} hands over")
        await self.phone.refer(self.phone.lines[line - 1], self.phone.lines[to - 1])

    async def stops(self) -> None:
        await self.phone.stop()
