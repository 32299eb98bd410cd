"""Plays a told script in real time: to the service, to the files, with cuts of the link and kills of the listener."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import aiohttp

from callcenter.bench.storm.exchange import Exchange
from callcenter.bench.storm.planning import Script
from callcenter.bench.storm.tape import File, Happening, RingKey
from callcenter.programs import Program

FILES: dict[File, Path] = {
    "cel": Path("cel-custom/Master.csv"),
    "cdr": Path("cdr-custom/Master.csv"),
    "queue_log": Path("queue_log"),
}
_TICK_S = 0.002
_AGAIN_S = 1.0
_LIMIT_S = 20.0


@dataclass
class Player:
    """`sent`: when each phone began to ring, by `time.perf_counter`; `said`: messages by tenth of a second of the run;
    `cuts`: living links that were broken;
    `killed`: when a listener was."""

    exchange: Exchange
    logs: Path
    sent: dict[RingKey, float] = field(default_factory=dict)
    said: Counter[int] = field(default_factory=Counter)
    cuts: int = 0
    killed: list[float] = field(default_factory=list)

    async def play(self, script: Script, told: Sequence[Happening], listeners: Sequence[Program], zero: float) -> None:
        """To the end. `zero`: when the run begins, by `time.perf_counter`."""
        self.exchange.zero = zero
        with self._files() as files:
            async with asyncio.TaskGroup() as acting:
                acting.create_task(self._tell(told, files))
                acting.create_task(self._cut(script))
                acting.create_task(self._kill(script, listeners))

    async def _tell(self, told: Sequence[Happening], files: dict[File, TextIO]) -> None:
        place = 0
        while place < len(told):
            now, end = self.exchange.clock(), place
            while end < len(told) and told[end].at <= now:
                end += 1
            self._let(told[place:end], files)
            place = end
            self.exchange.due = told[place].at if place < len(told) else math.inf
            if place < len(told):
                await asyncio.sleep(max(_TICK_S, told[place].at - self.exchange.clock()))

    def _let(self, due: Sequence[Happening], files: dict[File, TextIO]) -> None:
        if not due:
            return
        at = time.perf_counter()
        for each in due:
            if each.ring:
                self.sent[each.ring] = at
            if each.file:
                files[each.file].write(each.line + "\n")
        for file in files.values():
            file.flush()
        self.said[int(self.exchange.clock() * 10)] += sum(1 for each in due if each.ami)
        self.exchange.happen(due)

    async def _cut(self, script: Script) -> None:
        for cut in script.cuts:
            await asyncio.sleep(max(0.0, cut.at - self.exchange.clock()))
            await self._held(cut.holds_s)
            self.exchange.cut(cut.refuses_s)
            self.cuts += 1

    async def _held(self, holds_s: float) -> None:
        """Until there is a link that has held so long."""
        while True:
            age = self.exchange.link_age()
            if age is not None and age >= holds_s:
                return
            await asyncio.sleep(_TICK_S if age is None else holds_s - age)

    async def _kill(self, script: Script, listeners: Sequence[Program]) -> None:
        for at in script.kills:
            await asyncio.sleep(max(0.0, at - self.exchange.clock()))
            leader = await leading(listeners)
            await asyncio.to_thread(leader.kill)
            self.killed.append(time.perf_counter())
            await asyncio.sleep(_AGAIN_S)
            await leader.start()

    @contextlib.contextmanager
    def _files(self) -> Iterator[dict[File, TextIO]]:
        with contextlib.ExitStack() as files:
            opened: dict[File, TextIO] = {}
            for name, path in FILES.items():
                (self.logs / path).parent.mkdir(parents=True, exist_ok=True)
                opened[name] = files.enter_context((self.logs / path).open("a", encoding="utf-8"))
            yield opened


async def leading(listeners: Sequence[Program]) -> Program:
    """The process that hears Asterisk now."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as client:
        async with asyncio.timeout(_LIMIT_S):
            while True:
                for program in listeners:
                    if program.running and await _leads(client, program):
                        return program
                await asyncio.sleep(0.05)


async def _leads(client: aiohttp.ClientSession, program: Program) -> bool:
    try:
        async with client.get(f"{program.url}/readyz") as response:
            found = await response.json()
    except (aiohttp.ClientError, TimeoutError):
        return False
    # One that leads and has just lost its link says so with other words.
    return bool(found["checks"]["asterisk"]["detail"] != "standing_by")
