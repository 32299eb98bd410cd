"""One baresip process: a real SIP user agent driven over its control port."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callcenter.asterisk import ports
from callcenter.asterisk.install import AsteriskTree, require
from callcenter.asterisk.sounds import write_padded
from callcenter.errors import Problem

# A file that ends would end the call: the silence after each sound outlasts any call.
TAIL_S = 600.0
START_LIMIT_S = 10.0

# No ringing tones and no sound files written: this baresip crashed when one was stopped by a quick answer.
_CONFIG = """\
sip_listen {bind}:{sip}
audio_source aufile,{home}/silence.wav
audio_player aubridge,ear
audio_alert aubridge,bell
ring_aufile none
ringback_aufile none
callwaiting_aufile none
busy_aufile none
error_aufile none
notfound_aufile none
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
module_path {tree.phone_modules}
module g711.so
module aufile.so
module aubridge.so
module ctrl_tcp.so
module menu.so
module account.so
ctrl_tcp_listen 127.0.0.1:{control}
rtp_ports {rtp}-{rtp_last}
"""


@dataclass(frozen=True)
class SipServer:
    """Where a phone or caller turns to."""

    host: str
    port: int


@dataclass(frozen=True)
class PhoneEvent:
    """What the user agent reports: its name for it (CALL_ESTABLISHED, ...), the peer's address, a text."""

    type: str
    peer: str
    text: str


class Baresip:
    """`home` is a folder of its own. What the line hears is dropped: Asterisk's recording has it."""

    def __init__(self, home: Path, account: str, server: SipServer, tree: AsteriskTree | None = None) -> None:
        self.home = home.absolute()
        self.server = server
        self._account = account
        self._tree = tree or require()
        self._process: subprocess.Popen[bytes] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None
        self._tokens = itertools.count(1)
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._events: list[PhoneEvent] = []
        self._news = asyncio.Condition()

    async def start(self) -> None:
        """The process runs, its control port answers and the account is set up (which begins to register)."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_padded(self.home / "silence.wav", None, self._tree, tail_s=TAIL_S)
        control = ports.free("127.0.0.1", socket.SOCK_STREAM)
        self._configure(control)
        self._process = self._spawn()
        reader, self._writer = await self._connect(control)
        self._reading = asyncio.create_task(self._read(reader), name=f"baresip {self.home.name}")
        # Not in the accounts file: it would register before anyone listens for the outcome.
        await self.command("uanew", self._account)

    async def stop(self) -> None:
        """Hang up, unregister and end the process."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
        if self._process is not None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.wait, 3)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it as a dead phone would: nothing said to Asterisk."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    async def say(self, sound: Path) -> float:
        """Speak a sound file into the running call from now on; its length in seconds (it does not wait)."""
        padded = self.home / f"say-{next(self._tokens)}.wav"
        length = write_padded(padded, sound, self._tree, tail_s=TAIL_S)
        await self.command("ausrc", f"aufile,{padded}")
        return length

    async def be_silent(self) -> None:
        """Say nothing from now on."""
        await self.command("ausrc", f"aufile,{self.home / 'silence.wav'}")

    async def press(self, keys: str, *, pause_s: float = 0.3) -> None:
        """Press keys (0-9 * # A-D) one after another, as RFC 4733 events."""
        for key in keys:
            await self.command("sndcode", key)
            await asyncio.sleep(pause_s)

    async def hang_up(self) -> None:
        """End the call; nothing if there is none."""
        with contextlib.suppress(Problem):
            await self.command("hangup")

    async def wait_established(self, limit_s: float = 20.0) -> None:
        await self.wait_for("CALL_ESTABLISHED", limit_s=limit_s)

    async def wait_ended(self, limit_s: float = 60.0) -> str:
        """Until the call is over; the reason as the user agent puts it."""
        return (await self.wait_for("CALL_CLOSED", limit_s=limit_s)).text

    async def wait_for(self, *types: str, limit_s: float = 20.0) -> PhoneEvent:
        """The oldest event of these types not yet taken; TimeoutError if none comes."""

        def taken() -> PhoneEvent | None:
            for event in self._events:
                if event.type in types:
                    self._events.remove(event)
                    return event
            return None

        async with asyncio.timeout(limit_s), self._news:
            while (event := taken()) is None:
                await self._news.wait()
            return event

    def forget_events(self) -> None:
        """Drop what was not waited for, such as the end of the call before."""
        self._events.clear()

    async def command(self, name: str, parameters: str = "") -> str:
        """Baresip's answer to one of its commands; Problem when it refuses."""
        if self._writer is None or self._reading is None or self._reading.done():
            raise Problem("asterisk_phone_gone", home=str(self.home))
        token = str(next(self._tokens))
        text = json.dumps({"command": name, "params": parameters, "token": token}).encode()
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[token] = answer
        self._writer.write(b"%d:%s," % (len(text), text))
        async with asyncio.timeout(START_LIMIT_S):
            return await answer

    async def on_event(self, event: PhoneEvent) -> None:
        """Called for each event before anyone who waits for it."""

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self.home / "log").open("wb") as log:
            command: list[str | Path] = [self._tree.program("baresip"), "-f", self.home]
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.home)

    def _configure(self, control: int) -> None:
        loopback = self.server.host.startswith("127.")
        rtp = ports.free("127.0.0.1", socket.SOCK_DGRAM, 20)
        config = _CONFIG.format(
            bind="127.0.0.1" if loopback else "0.0.0.0",
            sip=ports.free("127.0.0.1", socket.SOCK_DGRAM, 2),
            control=control,
            home=self.home,
            tree=self._tree,
            rtp=rtp,
            rtp_last=rtp + 19,
        )
        for name, text in {"config": config, "accounts": "", "contacts": ""}.items():
            path = self.home / name
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_text(text)
        for old in self.home.glob("say-*.wav"):
            old.unlink(missing_ok=True)

    async def _connect(self, control: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        assert self._process is not None
        async with asyncio.timeout(START_LIMIT_S):
            while True:
                try:
                    return await asyncio.open_connection("127.0.0.1", control)
                except OSError:
                    if self._process.poll() is not None:
                        raise Problem("asterisk_phone_gone", home=str(self.home)) from None
                    await asyncio.sleep(0.02)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Netstrings of JSON: answers carry their token, everything else is an event."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                length = int((await reader.readuntil(b":"))[:-1])
                message = json.loads((await reader.readexactly(length + 1))[:-1].decode(errors="replace"))
                if message.get("response"):
                    self._settle(message)
                else:
                    await self._tell(message)
        self._give_up()

    def _give_up(self) -> None:
        """The process is gone: whoever waits for an answer learns it."""
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Problem("asterisk_phone_gone", home=str(self.home)))
        self._answers.clear()

    def _settle(self, message: dict[str, Any]) -> None:
        answer = self._answers.pop(str(message.get("token")), None)
        if answer is None or answer.done():
            return
        if message.get("ok"):
            answer.set_result(str(message.get("data", "")))
        else:
            answer.set_exception(Problem("asterisk_phone_refused", detail=str(message.get("data", "")).strip()))

    async def _tell(self, message: dict[str, Any]) -> None:
        event = PhoneEvent(str(message.get("type")), str(message.get("peeruri", "")), str(message.get("param", "")))
        await self.on_event(event)
        async with self._news:
            self._events.append(event)
            self._news.notify_all()
