"""What a scenario has at hand: phones, the manager, a clock, and the account of what happened."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.asterisk.baresip import SipServer
from scripts.capture import people
from scripts.capture.manager import Headers, Manager
from scripts.capture.pbx import SECRET, CaptureAsterisk
from scripts.capture.people import DeskPhone, Person
from scripts.capture.sip_phone import SipPhone

SETTLE_S = 0.3
CALLER = "13800138000"


@dataclass(frozen=True)
class Scenario:
    """`calls` says in plain words what calls there must be at the end, written before anything was run:
    `inbound answered complaint by 1001 1002`."""

    name: str
    title: str
    calls: tuple[str, ...]
    play: Callable[[Scene], Awaitable[None]]


@dataclass
class Taken:
    """One conversation as it was captured."""

    scenario: Scenario
    calls: tuple[str, ...]
    home: str
    started: float
    account: list[tuple[float, str]]
    events: list[Headers]
    cel: list[str]
    cdr: list[str]
    queue_log: list[str]


@dataclass
class Stage:
    """One Asterisk that runs one scenario after another; phones stay registered between them."""

    pbx: CaptureAsterisk
    home: Path
    manager: Manager = field(default_factory=Manager)
    agents: dict[str, Person] = field(default_factory=dict)
    account: list[tuple[float, str]] = field(default_factory=list)
    count: int = 0
    must_be: tuple[str, ...] = ()

    @property
    def server(self) -> SipServer:
        return SipServer("127.0.0.1", self.pbx.settings.sip_port)

    def note(self, deed: str) -> None:
        self.account.append((time.time(), deed))

    async def take(self, scenario: Scenario) -> Taken:
        """Play a scenario and wait until all its calls are over and written down."""
        logs = {name: self._log(name) for name in ("cel", "cdr", "queue_log")}
        sizes = {name: path.stat().st_size if path.exists() else 0 for name, path in logs.items()}
        self.account.clear()
        self.must_be = scenario.calls
        scene, first, started = Scene(self, len(self.manager.events)), len(self.manager.events), time.time()
        try:
            await scenario.play(scene)
            await self._all_over()
        finally:
            last = len(self.manager.events)
            await scene.close()
        rows = {name: _rows(path, sizes[name]) for name, path in logs.items()}
        events = self.manager.events[first:last]
        return Taken(scenario, self.must_be, str(self.home), started, list(self.account), events, **rows)

    async def phone(self, extension: str) -> Person:
        """Registered, and idle."""
        person = self.agents.get(extension)
        if person is None:
            account = next(each for each in self.pbx.settings.agents if each.extension == extension)
            person = await people.agent(self.fresh_home(), account, self.server, self.note)
            self.agents[extension] = person
        person.phone.forget_events()
        return person

    def fresh_home(self) -> Path:
        self.count += 1
        return self.home / f"phone-{self.count}"

    def _log(self, name: str) -> Path:
        log = self.pbx.settings.directory / "log"
        return {"cel": log / "cel-custom/Master.csv", "cdr": log / "cdr-custom/Master.csv"}.get(name, log / name)

    async def clear(self) -> None:
        """After a scenario that broke: nothing of it may reach the next."""
        await self.pbx.rx("channel request hangup all")
        await self._all_over()

    async def _all_over(self) -> None:
        async with asyncio.timeout(60):
            while not (await self.pbx.rx("core show channels count")).lstrip().startswith("0 active channels"):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLE_S)


@dataclass
class Scene:
    """One run of a scenario."""

    stage: Stage
    since: int
    _guests: list[Person] = field(default_factory=list)
    _desks: list[DeskPhone] = field(default_factory=list)
    _members: list[tuple[str, str]] = field(default_factory=list)

    async def agent(self, extension: str, queue: str = "complaint", interface: str = "") -> Person:
        """At a phone, and a member of a queue ("" for none); more than one queue: separated by spaces."""
        person = await self.stage.phone(extension)
        for name in queue.split():
            await self.member(name, interface or f"PJSIP/{extension}")
        return person

    async def member(self, queue: str, interface: str, **headers: str) -> None:
        await self.manager("QueueAdd", Queue=queue, Interface=interface, **headers)
        self._members.append((queue, interface))

    async def second_phone(self, extension: str) -> Person:
        """One more device of the same agent."""
        account = next(each for each in self.stage.pbx.settings.agents if each.extension == extension)
        name = f"{extension} at the second phone"
        return self._guest(await people.agent(self.stage.fresh_home(), account, self.stage.server, self.note, name))

    async def desk(self, extension: str, queue: str = "complaint") -> DeskPhone:
        """At a phone with several lines, which takes the place of the agent's other one."""
        if usual := self.stage.agents.pop(extension, None):
            await usual.stops()
        phone = SipPhone(extension, (self.stage.server.host, self.stage.server.port), SECRET)
        await phone.start()
        await phone.register()
        for name in queue.split():
            await self.member(name, f"PJSIP/{extension}")
        self._desks.append(person := DeskPhone(extension, phone, self.note))
        return person

    async def foreigner(self, number: str, name: bytes) -> DeskPhone:
        """Somebody outside whose name is any bytes."""
        phone = SipPhone(number, (self.stage.server.host, self.stage.server.port), name=name)
        await phone.start()
        self._desks.append(person := DeskPhone(number, phone, self.note))
        return person

    async def outsider(self, number: str = CALLER) -> Person:
        """Somebody of the public network, reachable under his number."""
        person = await people.outsider(self.stage.fresh_home(), number, self.stage.server, self.note)
        await self.stage.pbx.rx(f"dialplan set global FAR_{number} {_sip_port(person)}")
        return self._guest(person)

    async def calls(self, number: str, caller: str = CALLER) -> Person:
        """Somebody calls in."""
        person = await self.outsider(caller)
        await person.dials(number)
        return person

    def note(self, deed: str) -> None:
        self.stage.note(deed)

    def must_be(self, *calls: str) -> None:
        """What calls there are in the end, where the people themselves decide it."""
        self.stage.must_be = calls

    async def first_cut(self, *people: Person) -> Person:
        """Whose call is the first to end, as the phones say."""
        waiting = {asyncio.create_task(person.is_cut()): person for person in people}
        done, rest = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        return waiting[done.pop()]

    async def manager(self, action: str, /, **headers: str) -> dict[str, str]:
        return await self.stage.manager.action(action, **headers)

    async def until(self, name: str, limit_s: float = 20.0, **headers: str) -> dict[str, str]:
        """The first event of that name in this scenario with these headers (regular expressions)."""

        def fits(event: dict[str, str]) -> bool:
            return event["Event"] == name and all(re.search(v, event.get(k, "")) for k, v in headers.items())

        return await self.stage.manager.until(self.since, fits, limit_s)

    async def variable(self, name: str) -> str:
        """A global variable of the dialplan."""
        return (await self.manager("Getvar", Variable=name))["Value"]

    async def channel(self, name: str) -> str:
        """The channel whose name begins so, of this scenario, the last that was made."""
        found = [
            dict(event)["Channel"]
            for event in self.stage.manager.events[self.since :]
            if event[0][1] == "Newchannel" and dict(event)["Channel"].startswith(name)
        ]
        return found[-1]

    async def pause(self, seconds: float = 0.6) -> None:
        """They talk, or think."""
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        for person in [*self._guests, *self._desks]:
            await person.stops()
        for queue, interface in self._members:
            await self.manager("QueueRemove", Queue=queue, Interface=interface)
        for extension, person in list(self.stage.agents.items()):
            if person.phone._process is None or person.phone._process.poll() is not None:
                del self.stage.agents[extension]

    def _guest(self, person: Person) -> Person:
        self._guests.append(person)
        return person


def _sip_port(person: Person) -> int:
    config = (person.phone.home / "config").read_text()
    return int(re.findall(r"^sip_listen \S+:(\d+)", config, re.M)[0])


def _rows(path: Path, since: int) -> list[str]:
    if not path.exists():
        return []
    with path.open("rb") as log:
        log.seek(since)
        return log.read().decode("utf-8", "surrogateescape").splitlines()
