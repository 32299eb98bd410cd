"""The played Asterisk: the service's own client logs in, asks, hears, is cut off and comes back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from callcenter.asterisk.ami.connection import AmiClient
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.bench.storm.exchange import Exchange
from callcenter.bench.storm.planning import write
from callcenter.bench.storm.scenes import tell
from callcenter.bench.storm.script import Call
from callcenter.bench.storm.size import Storm
from callcenter.bench.storm.tape import Happening
from callcenter.bench.storm.telling import CHOICE
from callcenter.calls.pbx import AmiPbxState
from callcenter.setting_groups import AmiSettings

STORM = Storm(agents=12, ring_all=4, rate=40.0, steady_s=5.0, storm_s=1.0, calm_bursts=0, bursts=0, cuts=0, kills=0)
EXTENSIONS = [str(1000 + place) for place in range(STORM.agents)]


@dataclass
class Ear:
    """A client at the exchange, and what it heard."""

    place: AmiSettings
    heard: list[AmiMessage] = field(default_factory=list)
    came: asyncio.Queue[None] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self.client = AmiClient(self.place, on_message=self.heard.append, on_connected=self._connected)

    async def _connected(self, _client: AmiClient) -> None:
        self.came.put_nowait(None)


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    made = Exchange(EXTENSIONS)
    yield made
    await made.stop()


@pytest.fixture
async def ear(exchange: Exchange) -> AsyncIterator[Ear]:
    ear = Ear(AmiSettings(port=await exchange.start(), secret=SecretStr("storm")))
    task = asyncio.create_task(ear.client.run())
    async with asyncio.timeout(20):
        await ear.came.get()
        await ear.client.wait_connected()
    yield ear
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_it_answers_what_lives_at_this_moment(exchange: Exchange, ear: Ear) -> None:
    call, told = _answered()
    wave = call.waves[0]
    middle = [each for each in told if each.at < wave.ends]
    exchange.happen(middle)
    channels = await ear.client.list_action("Status")
    states = sorted((channel.get("ChannelStateDesc"), channel.get("Application")) for channel in channels)
    assert states == [*[("Ringing", "AppQueue")] * len(wave.phones), ("Up", "Queue")]
    seen = {channel.channel: channel for channel in (await AmiPbxState(ear.client).snapshot()).channels}
    assert {name.split("-")[0]: dict(channel.variables) for name, channel in seen.items()} == {
        "PJSIP/trunk": dict(CHOICE),
        **{f"PJSIP/{extension}": {} for extension in wave.phones},
    }
    entries = [row for row in await ear.client.list_action("QueueStatus") if row.name == "QueueEntry"]
    assert [entry.get("Queue") for entry in entries] == [call.queue]
    devices = {row.get("Device"): row.get("State") for row in await ear.client.list_action("DeviceStateList")}
    assert {device for device, state in devices.items() if state == "RINGING"} == {f"PJSIP/{e}" for e in wave.phones}
    exchange.happen(told[len(middle) :])
    assert await ear.client.list_action("Status") == []


async def test_it_holds_the_members_that_it_was_given(ear: Ear) -> None:
    member = {"Queue": "queue0", "Interface": "PJSIP/1001"}
    await ear.client.action("QueueAdd", **member, MemberName="1001", Paused="false")
    await ear.client.action("QueuePause", **member, Paused="true", Reason="wrapup")
    rows = await ear.client.list_action("QueueStatus")
    assert [(row.get("Location"), row.get("Paused"), row.get("PausedReason")) for row in rows] == [
        ("PJSIP/1001", "1", "wrapup")
    ]
    await ear.client.action("QueueRemove", **member)
    assert await ear.client.list_action("QueueStatus") == []


async def test_what_is_said_while_the_link_is_down_is_lost(exchange: Exchange, ear: Ear) -> None:
    _call, told = _answered()
    exchange.happen(told[:10])
    await ear.client.action("Ping")
    heard = len(ear.heard)
    assert heard == sum(1 for each in told[:10] if each.ami) + 1  # and that it is booted
    exchange.cut()
    assert not exchange.happen(told[10:])
    async with asyncio.timeout(20):
        await ear.came.get()
    assert [message.name for message in ear.heard[heard:]] == ["FullyBooted"]
    (first, ended), (_second, still) = exchange.hearing.spans
    assert ended is not None and first < ended
    assert still is None


def _answered() -> tuple[Call, list[Happening]]:
    script = write(STORM, EXTENSIONS, (str(13_000_000_000 + number) for number in itertools.count()))
    call = next(call for call in script.calls if call.kind == "answered")
    return call, tell(call, 1_795_563_768.0)
