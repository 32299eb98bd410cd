"""A real Asterisk beside the played one, with real phones and callers; what they did is what the ledger must hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.phones import BaresipPhone, Caller, SipServer
from callcenter.asterisk.settings import PbxSettings, PhoneAccount, QueueSettings
from callcenter.bench.stage import QUEUE
from callcenter.bench.storm.exchange import Hearing
from callcenter.bench.storm.script import Call, Wave
from callcenter.bench.storm.tape import RingKey
from callcenter.setting_groups import AmiSettings, IvrSettings

NAME = "real"
PHONES = 3
_DIALLED = "02088886667"  # no menu: straight to the queue
_MENU = ("", "complaint", "zh")
_SECRET = "storm-beside"
_RINGS_S, _TALKS_S, _RESTS_S, _STAFFED_S = 1.0, 3.0, 5.0, 60.0
# A new leader hears this server about when it hears the other one.
_SOON_S = 1.0
_EVERY_FOURTH_GIVES_UP = 4


@dataclass
class Beside:
    """`extensions` are its phones. `calls` were made, `sent` says when which phone rang, as `Player` does."""

    folder: Path
    extensions: Sequence[str]
    queues: Sequence[str]
    calls: list[Call] = field(default_factory=list)
    sent: dict[RingKey, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._accounts = {each: PhoneAccount(extension=each, password=SecretStr(each * 3)) for each in self.extensions}
        self._asterisk = LocalAsterisk(self._settings())
        self._phones: dict[str, BaresipPhone] = {}

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Mapping[str, str]]:
        """It runs, its phones are registered; the service's settings that go with it."""
        await self._asterisk.start()
        try:
            for extension, account in self._accounts.items():
                self._phones[extension] = BaresipPhone(self.folder / "phones" / extension, account, self._sip)
                await self._phones[extension].register()
            yield self._for_service()
        finally:
            await asyncio.gather(*(phone.stop() for phone in self._phones.values()), return_exceptions=True)
            await self._asterisk.stop()

    async def staffed(self) -> None:
        """Until its queue would ring every phone."""
        async with asyncio.timeout(_STAFFED_S):
            while True:
                shown = await self._asterisk.rx(f"queue show {QUEUE}")
                if shown.count("Not in use") == len(self.extensions):
                    return
                await asyncio.sleep(0.2)

    async def act(self, clock: Callable[[], float], until: float) -> None:
        """One call after the other."""
        while clock() < until:
            await self._call(len(self.calls), clock)
            await asyncio.sleep(_RESTS_S)

    def hearing(self, other: Hearing, killed: Sequence[float]) -> Hearing:
        """When it was heard: always, but for the time after each kill until the other server was heard again."""
        spans, since = list[tuple[float, float | None]](), 0.0
        for at in killed:
            spans.append((since, at))
            since = min((begins for begins, _ends in other.spans if begins > at), default=at) + _SOON_S
        return Hearing([*spans, (since, None)])

    async def _call(self, number: int, clock: Callable[[], float]) -> None:
        caller = Caller(self.folder / "callers" / str(number), f"138{number:08}", self._sip)
        gives_up = number % _EVERY_FOURTH_GIVES_UP == _EVERY_FOURTH_GIVES_UP - 1
        winner = None if gives_up else self.extensions[number % len(self.extensions)]
        for phone in self._phones.values():
            phone.forget_events()
        try:
            begins = clock()
            await caller.dial(_DIALLED)
            rings = await self._ringing(number, clock)
            await asyncio.sleep(_RINGS_S)
            answers = await self._picked_up(winner, clock) if winner else None
            ends = clock()
            await caller.hang_up()
        finally:
            await caller.stop()
        self.calls.append(self._acted(number, caller.number, (begins, rings, answers, ends), winner))

    def _acted(
        self, number: int, caller: str, times: tuple[float, float, float | None, float], winner: str | None
    ) -> Call:
        """What the robots did, as the script would have it."""
        begins, rings, answers, ends = times
        return Call(
            number,
            "answered" if winner else "abandoned",
            "real",
            caller,
            QUEUE,
            begins,
            ends,
            joins=rings,
            waves=(Wave(tuple(self.extensions), rings, answers or ends, 0.0),),
            winner=winner,
            answers=answers,
            menu=_MENU,
        )

    async def _ringing(self, number: int, clock: Callable[[], float]) -> float:
        """Until all phones ring; when the first one did."""

        async def rings(extension: str) -> float:
            await self._phones[extension].wait_ringing()
            self.sent[number, extension, 0] = time.perf_counter()
            return clock()

        return min(await asyncio.gather(*(rings(extension) for extension in self.extensions)))

    async def _picked_up(self, winner: str, clock: Callable[[], float]) -> float:
        await self._phones[winner].answer()
        await self._phones[winner].wait_established()
        answers = clock()
        await asyncio.sleep(_TALKS_S)
        return answers

    @property
    def _sip(self) -> SipServer:
        return SipServer("127.0.0.1", self._asterisk.settings.sip_port)

    def _settings(self) -> PbxSettings:
        return PbxSettings(
            directory=self.folder / "asterisk",
            system_name=NAME,
            sip_port=0,
            ami=AmiSettings(name=NAME, port=0, secret=SecretStr(_SECRET)),
            agents=tuple(self._accounts.values()),
            queues=tuple(QueueSettings(name=name, strategy="ringall") for name in (QUEUE, *self.queues)),
            prompts=IvrSettings().prompts_dir,
            spool=self.folder / "spool",
        )

    def _for_service(self) -> Mapping[str, str]:
        log, ami = self._asterisk.settings.directory / "log", self._asterisk.settings.ami
        place = {"name": NAME, "host": ami.host, "port": ami.port, "secret": _SECRET, "logs_dir": str(log)}
        return {
            "CALLCENTER_MORE_AMI": json.dumps([place]),
            "CALLCENTER_RECORDINGS__SPOOL_DIR": str(self.folder / "spool"),
            # Nobody transcribes: that is another measurement.
            "CALLCENTER_SPEECH__MODELS_DIR": str(self.folder / "no-models"),
        }
