"""A real Asterisk with real phones for a test, and what its recordings sound like."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from callcenter.asterisk.ami import AmiClient, AmiMessage
from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.phones import BaresipPhone, Caller, SipServer

SOUNDS = Path(__file__).parents[2] / "sounds" / "en"
LOUD = 500.0


@dataclass
class Stage:
    """One Asterisk with a client that remembers what it was told."""

    pbx: LocalAsterisk
    home: Path
    messages: list[AmiMessage] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    phones: list[BaresipPhone | Caller] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ami = AmiClient(self.pbx.settings.ami, on_message=self.take)

    def take(self, message: AmiMessage) -> None:
        self.messages.append(message)
        self.news.set()

    async def until(self, name: str, limit_s: float = 20.0, **headers: str) -> AmiMessage:
        """The first message of that name whose headers have these values, past or to come."""
        async with asyncio.timeout(limit_s):
            while True:
                for message in self.messages:
                    if message.name == name and all(message.get(key) == value for key, value in headers.items()):
                        return message
                self.news.clear()
                await self.news.wait()

    @property
    def server(self) -> SipServer:
        return SipServer("127.0.0.1", self.pbx.settings.sip_port)

    async def phone(self, number: int = 0, **options: object) -> BaresipPhone:
        account = self.pbx.settings.agents[number]
        phone = BaresipPhone(self.home / account.extension, account, self.server, **options)  # type: ignore[arg-type]
        self.phones.append(phone)
        await phone.register()
        await self.ami.action("QueueAdd", Queue="complaint", Interface=f"PJSIP/{account.extension}")
        return phone

    async def call(self, to: str, number: str = "13800138000") -> Caller:
        caller = Caller(self.home / number, number, self.server)
        self.phones.append(caller)
        await caller.dial(to)
        return caller

    async def recorded(self, unique_id: str) -> tuple[np.ndarray, np.ndarray]:
        """Caller's side and what he heard, once the recording is said to be complete."""
        base = self.pbx.settings.spool / unique_id
        async with asyncio.timeout(10):
            while not base.with_name(f"{unique_id}.done").exists():  # noqa: ASYNC110  (only a file tells)
                await asyncio.sleep(0.05)
        return samples(Path(f"{base}-caller.wav")), samples(Path(f"{base}-heard.wav"))


Opened = Callable[..., Awaitable[Stage]]


def make_prompts(folder: Path) -> Path:
    """Short tones in place of the spoken prompts, so that the tests need not listen to them."""
    tone = (8000 * np.sin(np.arange(2400) * 0.5)).astype("<i2").tobytes()
    for name in ("zh/recording_notice", "zh/apology_no_menu", "en/main_menu"):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(tone)
    return folder


def samples(path: Path) -> np.ndarray:
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)
        return np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2").astype(float)


def loudest(sound: np.ndarray) -> float:
    """Energy (RMS) of the loudest half second."""
    return max(float(np.sqrt((sound[at : at + 4000] ** 2).mean())) for at in range(0, max(len(sound) - 4000, 1), 2000))


def onset(sound: np.ndarray) -> int:
    """Index of the first sample that is clearly sound."""
    return int(np.argmax(np.abs(sound) > LOUD))
