"""Real Asterisk, real phones, real sound: what the wire promises to the rooms above."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import socket
import wave
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from pydantic import SecretStr

from callcenter.asterisk import ports
from callcenter.asterisk.agi import AgiHangup, AgiServer, AgiSession
from callcenter.asterisk.ami import AmiClient, AmiMessage
from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.manager_events import EVENTS, VARIABLES
from callcenter.asterisk.phones import BaresipPhone, Caller, SipServer
from callcenter.asterisk.settings import AgiSettings, AmiSettings, PbxSettings, PhoneAccount, PublicNumber
from callcenter.asterisk.sipp import ManyCall, ManyCallers
from callcenter.errors import Problem
from tests.wire.asterisk.test_connection import end
from tests.wire.asterisk.test_tls import certificate

pytestmark = pytest.mark.service

SOUNDS = Path(__file__).parents[1] / "sounds" / "en"
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


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    async with contextlib.AsyncExitStack() as stack:

        async def open_stage(agi_port: int | None = None, **changes: object) -> Stage:
            return await stack.enter_async_context(_stage(tmp_path, agi_port, **changes))

        yield open_stage


@contextlib.asynccontextmanager
async def _stage(home: Path, agi_port: int | None, **changes: object) -> AsyncIterator[Stage]:
    dead = ports.free("127.0.0.1", socket.SOCK_STREAM)
    settings = PbxSettings(
        directory=home / "pbx",
        spool=home / "spool",
        prompts=make_prompts(home / "prompts"),
        sip_port=0,
        ami=AmiSettings(port=0, secret=SecretStr("not a secret")),
        ami_events="all",
        agi=(AgiSettings(port=agi_port or dead),),
        agents=tuple(PhoneAccount(extension=number, password=SecretStr("p-" + number)) for number in ("1001", "1002")),
        numbers=(
            PublicNumber(number="02088886666", queue="complaint"),
            PublicNumber(number="02088886667", entry="queue", queue="complaint"),
        ),
    ).model_copy(update=changes)
    pbx = LocalAsterisk(settings)
    await pbx.start()
    stage = Stage(pbx, home)
    running = asyncio.create_task(stage.ami.run(), name="ami")
    try:
        await asyncio.wait_for(stage.ami.wait_connected(), 10)
        yield stage
    finally:
        for phone in stage.phones:
            await phone.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await pbx.stop()
        assert pbx.pid() is None


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


async def test_without_menu_server_the_caller_reaches_an_agent_and_both_sides_are_recorded(opened: Opened) -> None:
    stage = await opened()
    phone = await stage.phone(greeting=SOUNDS / "agent_greeting.wav")
    caller = await stage.call("02088886666")
    assert "13800138000" in await phone.wait_ringing()
    rung = await stage.until("AgentCalled", interface="PJSIP/1001")
    assert not any(message.name == "AgentConnect" for message in stage.messages)
    await phone.answer()
    connected = await stage.until("AgentConnect", interface="PJSIP/1001")
    await asyncio.sleep(min(await caller.say(SOUNDS / "caller_complaint.wav"), 3.0))
    await caller.hang_up()
    completed = await stage.until("AgentComplete")
    assert completed.get("reason") == "caller"

    unique_id = rung.get("uniqueid")
    assert unique_id == connected.get("linkedid") and unique_id.startswith("callcenter-")
    assert (await stage.until("MixMonitorStart")).get("uniqueid") == unique_id
    said, heard = await stage.recorded(unique_id)
    assert len(said) == len(heard)
    assert loudest(said) > LOUD
    # The caller speaks only after the answer: until then he hears the apology, and his own side is silent.
    assert onset(heard) < onset(said)


async def test_menu_hears_keys_and_says_where_to_go(opened: Opened, tmp_path: Path) -> None:
    pressed: list[str] = []

    async def menu(session: AgiSession) -> None:
        await session.set_variable("CHANNEL(language)", "en")
        await session.set_variable("CC_LANG", "en")
        prompt = str(tmp_path / "prompts" / "en" / "main_menu")
        pressed.append(await session.read_digits([prompt], 5, 1, terminators=""))
        for name, value in {"CC_MENU_PATH": "main/complaint", "CC_QUEUE": "complaint", "IVR_DONE": "1"}.items():
            await session.set_variable(name, value)
        assert await session.get_variable("CC_QUEUE") == "complaint"

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port)
    caller = await stage.call("02088886666")
    await stage.until("VarSet", variable="CC_LANG", value="en")
    await caller.press("1")
    await stage.until("VarSet", variable="CC_MENU_PATH", value="main/complaint")
    joined = await stage.until("QueueCallerJoin", queue="complaint")
    await caller.hang_up()
    abandoned = await stage.until("QueueCallerAbandon", uniqueid=joined.get("uniqueid"))
    assert abandoned.get("originalposition") == "1"
    assert pressed == ["1"]
    await server.stop()


async def test_many_callers_each_with_a_number_and_keys_of_his_own(opened: Opened, tmp_path: Path) -> None:
    pressed: list[str] = []

    async def menu(session: AgiSession) -> None:
        pressed.append(await session.read_digits([], 20, 1, terminators=""))
        await session.hang_up()

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port)
    made = await ManyCallers(tmp_path / "callers", stage.server).make(
        [
            ManyCall("13800000001", "02088886666", stay_s=30.0, key="3", key_after_s=2.0),
            ManyCall("13800000002", "02088886666", stay_s=30.0, key="8", key_after_s=2.5),
            ManyCall("13800000003", "02088886667", stay_s=1.5),
            ManyCall("13800000004", "02000000000", stay_s=1.0),
        ],
        per_second=5.0,
    )
    calls = made.by_number
    assert (made.created, made.failed, sorted(pressed)) == (4, 0, ["3", "8"])
    assert {number[-1]: call.left for number, call in calls.items() if call.answered_at} == {
        "1": False,
        "2": False,
        "3": True,
    }
    assert all(call.ended_at for call in calls.values() if call.answered_at)
    joined = await stage.until("QueueCallerJoin")
    assert joined.get("calleridnum") == "13800000003"
    await server.stop()


async def test_hang_up_in_the_menu_reaches_the_session(opened: Opened) -> None:
    ends: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def menu(session: AgiSession) -> None:
        try:
            await session.read_digits([], 60, 1, terminators="")
        except AgiHangup:
            ends.set_result("hangup")

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port)
    caller = await stage.call("02088886666")
    await stage.until("VarSet", variable="AGIEXITONHANGUP")
    await caller.hang_up()
    assert await asyncio.wait_for(ends, 5) == "hangup"
    await server.stop()


@pytest.mark.parametrize("fault", ["hangs", "dies"])
async def test_a_menu_server_that_fails_in_mid_call_does_not_hold_the_caller(opened: Opened, fault: str) -> None:
    async def menu(session: AgiSession) -> None:
        await session.get_variable("CC_LANG")
        if fault == "hangs":
            await asyncio.Event().wait()
        raise RuntimeError("the menu server breaks")

    server = AgiServer("127.0.0.1", 0, menu)
    await server.start()
    stage = await opened(server.port, menu_silence_s=2)
    caller = await stage.call("02088886666")
    joined = await stage.until("QueueCallerJoin", limit_s=20)
    assert joined.get("queue") == "complaint"
    await caller.hang_up()
    await server.stop(0.1)


async def test_asterisk_killed_and_started_again_is_found_by_itself(opened: Opened) -> None:
    stage = await opened()
    await stage.call("02088886667")
    await stage.until("QueueCallerJoin")
    stage.pbx.kill()
    assert stage.pbx.pid() is None
    stage.messages.clear()
    await stage.pbx.start()
    await stage.until("FullyBooted")
    await asyncio.wait_for(stage.ami.wait_connected(), 10)
    await stage.call("02088886667", number="13900139000")
    assert (await stage.until("QueueCallerJoin")).get("calleridnum") == "13900139000"


async def test_a_dead_phone_does_not_hold_its_caller(opened: Opened) -> None:
    stage = await opened(rtp_timeout_s=2)
    phone = await stage.phone(answer_after_s=0)
    await stage.call("02088886667")
    await stage.until("AgentConnect")
    phone.kill()
    completed = await stage.until("AgentComplete", limit_s=15)
    assert completed.get("interface") == "PJSIP/1001"


async def test_a_phone_with_a_wrong_password_says_so(opened: Opened) -> None:
    stage = await opened()
    account = PhoneAccount(extension="1001", password=SecretStr("wrong"))
    phone = BaresipPhone(stage.home / "wrong", account, stage.server)
    with pytest.raises(Problem) as caught:
        await phone.register()
    assert caught.value.code == "asterisk_phone_not_registered"


async def test_a_number_that_is_not_ours_is_refused(opened: Opened) -> None:
    stage = await opened()
    with pytest.raises(Problem) as caught:
        await stage.call("10086")
    assert "404" in str(caught.value.params["detail"])


async def test_a_port_in_use_is_named(opened: Opened, tmp_path: Path) -> None:
    stage = await opened()
    settings = stage.pbx.settings.model_copy(update={"directory": tmp_path / "second"})
    with pytest.raises(Problem) as caught:
        await LocalAsterisk(settings).start()
    assert caught.value.code == "asterisk_port_in_use"
    assert caught.value.params["port"] == stage.pbx.settings.sip_port


async def test_another_process_finds_and_stops_a_running_asterisk(opened: Opened) -> None:
    stage = await opened()
    other = LocalAsterisk(stage.pbx.settings.model_copy(update={"sip_port": 0}))
    assert other.settings.sip_port == stage.pbx.settings.sip_port
    assert "1001" in await other.rx("pjsip list endpoints")
    await other.stop()
    assert stage.pbx.pid() is None


async def test_logs_and_secrets_are_not_for_others(opened: Opened) -> None:
    stage = await opened()
    for name in ("manager_callcenter.conf", "pjsip_callcenter.conf"):
        assert (stage.pbx.settings.configuration / name).stat().st_mode & 0o077 == 0
    assert stage.pbx.settings.spool.stat().st_mode & 0o077 == 0
    answer = await stage.ami.action("ListCommands")
    assert "Command" not in dict(answer.headers)


async def test_sigterm_ends_it_cleanly(opened: Opened) -> None:
    stage = await opened()
    pid = stage.pbx.pid()
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    await stage.pbx.stop()
    assert stage.pbx.pid() is None


async def test_it_sends_what_the_service_has_a_use_for_and_nothing_else(opened: Opened) -> None:
    stage = await opened(ami_events="used")
    await stage.phone(answer_after_s=0)
    caller = await stage.call("02088886667")
    await stage.until("AgentConnect")
    await stage.until("BridgeEnter")
    await stage.until("VarSet", variable="CC_KIND")
    await caller.hang_up()
    await stage.until("AgentComplete")
    await stage.until("Hangup")
    assert {message.name for message in stage.messages} <= {*EVENTS, "VarSet"}
    variables = {message.get("Variable") for message in stage.messages if message.name == "VarSet"}
    assert [name for name in variables if not re.search(VARIABLES, name)] == []
    # What answers an action is not filtered.
    rows = await stage.ami.list_action("QueueStatus", Queue="complaint")
    assert [row.name for row in rows] == ["QueueParams", "QueueMember"]


async def test_its_line_can_be_encrypted(opened: Opened, tmp_path: Path) -> None:
    files = certificate(tmp_path, "asterisk", "IP:127.0.0.1")
    port = ports.free("127.0.0.1", socket.SOCK_STREAM)
    custom = tmp_path / "pbx" / "etc" / "manager_custom.conf"
    custom.parent.mkdir(parents=True)
    lines = [
        "tlsenable = yes",
        f"tlsbindaddr = 127.0.0.1:{port}",
        f"tlscertfile = {files[0]}",
        f"tlsprivatekey = {files[1]}",
    ]
    custom.write_text("\n".join(lines) + "\n")
    stage = await opened()
    settings = stage.pbx.settings.ami.model_copy(update={"port": port, "tls": True, "tls_ca": files[0]})
    heard: list[AmiMessage] = []
    client = AmiClient(settings, on_message=heard.append)
    running = asyncio.create_task(client.run())
    await asyncio.wait_for(client.wait_connected(), 10)
    assert "Ping" in dict((await client.action("ListCommands")).headers)
    await stage.call("02088886667")
    await stage.until("QueueCallerJoin")
    await client.action("Ping")
    assert "QueueCallerJoin" in {message.name for message in heard}
    await end(running)
