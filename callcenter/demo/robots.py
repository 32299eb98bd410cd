"""Robots that bring the demo to life: agents' phones that pick up and speak, and callers who dial in."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.asterisk.baresip import PhoneEvent
from callcenter.asterisk.phones import BaresipPhone, Caller
from callcenter.demo.stage import Stage
from callcenter.errors import Problem

SOUNDS = Path(__file__).resolve().parents[2] / "tests" / "sounds"
# Long enough to read the pop before the phone is picked up.
ANSWER_AFTER_S = 8.0
_MENU_S = 8.0
_PATIENCE_S = 60.0
_BREATH_S = 0.8


@dataclass(frozen=True)
class Part:
    """One call as it is acted: who calls, which keys he presses, in which language, about what."""

    number: str
    keys: str
    language: str
    matter: str


PARTS: tuple[Part, ...] = (
    Part("13800138001", "1", "zh", "complaint"),
    Part("13800138002", "2", "zh", "inquiry"),
    Part("13900139003", "91", "en", "complaint"),
    Part("02087654321", "31", "zh", "repair"),
    Part("13700137009", "1", "zh", "complaint"),
    Part("13600136005", "92", "en", "inquiry"),
)


@dataclass
class Robots:
    """Agents' phones at `stage`, and the callers of the demo."""

    stage: Stage
    tell: Callable[[str], None]
    _talking: asyncio.Queue[BaresipPhone] = field(default_factory=asyncio.Queue)
    _phones: list[BaresipPhone] = field(default_factory=list)

    async def pick_up(self, extensions: Sequence[str]) -> None:
        """Register the agents' phones; each answers by itself after a while."""
        for extension in extensions:
            phone = _Robot(self.stage, extension, self._talking)
            await phone.register()
            self._phones.append(phone)

    async def call_for_ever(self, every_s: float, limit: int | None) -> None:
        """One call after the other, `limit` in all (None: until cancelled)."""
        for count, part in enumerate(itertools.cycle(PARTS)):
            if limit is not None and count >= limit:
                return
            try:
                await self._act(part)
            except (Problem, TimeoutError) as error:
                self.tell(f"call from {part.number} came to nothing: {error}")
            await asyncio.sleep(every_s * random.uniform(0.8, 1.2))

    async def hang_up(self) -> None:
        """End every phone."""
        await asyncio.gather(*(phone.stop() for phone in self._phones), return_exceptions=True)

    async def _act(self, part: Part) -> None:
        caller = self.stage.caller(part.number)
        self.tell(f"{part.number} calls: keys {part.keys}, {part.matter} ({part.language})")
        try:
            while not self._talking.empty():  # somebody else's call was answered meanwhile
                self._talking.get_nowait()
            await caller.dial("02088886666")
            await _press(caller, part.keys)
            async with asyncio.timeout(_PATIENCE_S):
                phone = await self._talking.get()
            await _talk(caller, phone, part)
        finally:
            await caller.hang_up()
            await caller.stop()


class _Robot(BaresipPhone):
    """An agent's phone that says when it talks."""

    def __init__(self, stage: Stage, extension: str, talking: asyncio.Queue[BaresipPhone]) -> None:
        super().__init__(
            stage.phone_folder(extension), stage.account(extension), stage.sip, answer_after_s=ANSWER_AFTER_S
        )
        self._talking = talking

    async def on_event(self, event: PhoneEvent) -> None:
        await super().on_event(event)
        if event.type == "CALL_ESTABLISHED":
            self._talking.put_nowait(self)


async def _press(caller: Caller, keys: str) -> None:
    """The recording notice cannot be skipped; after it every key may interrupt the menu."""
    await caller.press_at([(_MENU_S + 4.0 * place, key) for place, key in enumerate(keys)])


async def _talk(caller: Caller, phone: BaresipPhone, part: Part) -> None:
    """Greeting, matter, restatement, promise: each waits until the other has finished."""
    folder = SOUNDS / part.language
    await _say(phone, folder / "agent_greeting.wav")
    await _say(caller, folder / f"caller_{part.matter}.wav")
    if part.matter == "complaint":
        await _say(phone, folder / "agent_restate.wav")
    await _say(phone, folder / "agent_promise.wav")


async def _say(who: Caller | BaresipPhone, sound: Path) -> None:
    length = await who.say(sound)
    await asyncio.sleep(length + _BREATH_S)
    await who.be_silent()
