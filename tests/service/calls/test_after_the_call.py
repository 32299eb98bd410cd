"""What follows a call: recording, transcript, playback, disposition."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from sqlalchemy import select

from callcenter.bus import Subscriber
from callcenter.calls.listener import Listener
from callcenter.calls.model import CallRow
from callcenter.calls.notes import Notes
from callcenter.calls.playback import Playback
from callcenter.calls.recording_flow import RecordingFlow
from callcenter.calls.routes import build
from callcenter.calls.service import Calls
from callcenter.customers.model import CustomerRow
from callcenter.db import Database, JournalRow
from callcenter.errors import Problem
from callcenter.events import Event
from callcenter.rooms import Room
from callcenter.web.identity import Identity
from callcenter.web.server import COOKIE, make_app
from recordings import wav
from recordings.errors import EngineCrashed
from recordings.store import FolderStore
from recordings.transcribe.fake import FakeTranscriber
from recordings.transcribe.types import Heard, Transcriber
from tests.unit.calls.conversations import AGENTS, CALLER_ENDS, IN, LI_ANSWERS, MENU, NOON, RING_LI, conversation

Client = TestClient[Request, Application]
ConnectClient = Callable[[Application], Awaitable[Client]]
CSRF = "csrf-token"


class InlineRun:
    """A job's steps, at once and without waiting between tries."""

    async def step(
        self, label: str, action: Callable[[], Awaitable[Any]], *, tries: int = 1, first_delay_s: float = 1.0
    ) -> Any:
        for left in reversed(range(tries)):
            try:
                return await action()
            except Exception:
                if not left:
                    raise
        return None


@dataclass
class InlineJobs:
    """Runs a job when it is started; each key once."""

    handlers: dict[str, Any] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)

    def register(self, name: str, handler: Any, concurrency: int | None = None, *, of_calls: bool = False) -> None:
        self.handlers[name] = handler

    async def start(self, name: str, key: str, argument: str) -> None:
        if f"{name}:{key}" not in self.keys:
            self.keys.add(f"{name}:{key}")
            await self.handlers[name](InlineRun(), argument)


class BrokenEngine:
    async def transcribe(self, sound: Path, language: str, spans: object = None) -> Heard:
        raise EngineCrashed(engine="vosk", status=-9, reason="")


class OneAgent:
    async def identify(self, token: str) -> Identity | None:
        return Identity("user-li", "li", "李", "agent", "1001", "en", CSRF)


@dataclass
class House:
    """The room of calls over a database, a spool and a store."""

    db: Database
    folder: Path
    transcriber: Transcriber = field(default_factory=lambda: FakeTranscriber(otherwise="水管漏水"))

    def __post_init__(self) -> None:
        self.spool = self.folder / "spool"
        self.spool.mkdir()
        store = FolderStore(self.folder / "store")
        self.listener = Listener(self.db, "pbx", AGENTS, lambda raw: None, lambda: NOON)
        flow = RecordingFlow(self.db, InlineJobs(), store, self.spool, self.transcriber, lambda: NOON)
        self.calls = Calls(self.db)
        self.subscribers = flow.subscribers()
        flow.register()
        self.room: Room = build(self.calls, Notes(self.db, lambda: NOON), Playback(self.db, store), ["pbx"])

    async def call(self, *, recorded: bool = True, done: bool = True) -> str:
        """An answered call of half a minute; its id."""
        menu = MENU if recorded else MENU.replace("0.2  MixMonitorStart caller\n", "")
        for line in conversation(IN + menu + RING_LI + LI_ANSWERS + CALLER_ENDS):
            self.listener.feed(line)
        await self.listener.load()
        await self.listener.drain()
        self._sound("caller")
        self._sound("heard")
        if done:
            (self.spool / "pbx-100.1.done").touch()
        async with self.db.read() as session:
            return (await session.scalars(select(CallRow.id))).one()

    def _sound(self, side: str) -> None:
        seconds = np.arange(8000 * 30) / 8000
        loud = (np.sin(seconds * 2800) * 8000 * (seconds > 10) * (seconds < 14)).astype(np.int16)
        wav.write(self.spool / f"pbx-100.1-{side}.wav", loud)

    async def follow(self) -> list[str]:
        """Hand the journal to the durable subscribers until nothing new comes; what the journal tells of recordings."""
        seen = 0
        while len(rows := await self._journal()) > seen:
            for row in rows[seen:]:
                for subscriber in self.subscribers:
                    await _hand(subscriber, row.event())
            seen = len(rows)
        return [
            " ".join([row.type, str(row.payload.get("state", ""))]).strip()
            for row in await self._journal()
            if row.type in ("RecordingStored", "TranscriptChanged")
        ]

    async def _journal(self) -> list[JournalRow]:
        async with self.db.read() as session:
            return list((await session.scalars(select(JournalRow).order_by(JournalRow.seq))).all())


async def _hand(subscriber: Subscriber, event: Event) -> None:
    if isinstance(event, subscriber.types):
        await subscriber.handler(event)
        await subscriber.handler(event)  # at least once means sometimes twice


@pytest.fixture
def house(db: Database, tmp_path: Path) -> House:
    return House(db, tmp_path)


@pytest.fixture
async def client(house: House, aiohttp_client: ConnectClient) -> Client:
    connected = await aiohttp_client(make_app(house.room.routes, OneAgent(), None))
    connected.session.cookie_jar.update_cookies({COOKIE: "token"})
    connected.session.headers.update({"X-CSRF-Token": CSRF, "Accept-Language": "en"})
    return connected


async def test_a_recording_is_stored_and_written_down_once(house: House, client: Client) -> None:
    call = await house.call()
    assert await house.follow() == ["RecordingStored", "TranscriptChanged running", "TranscriptChanged done"]
    transcript = await (await client.get(f"/api/v1/calls/{call}/transcript")).json()
    assert transcript["state"] == "done"
    said = [(u["side"], u["agent_extension"], u["text"]) for u in transcript["utterances"]]
    assert sorted(said, key=lambda words: words[0]) == [("agent", "1001", "水管漏水"), ("caller", None, "水管漏水")]


async def test_a_recorder_that_never_says_done_is_salvaged(house: House) -> None:
    await house.call(done=False)
    assert (await house.follow())[0] == "RecordingStored"


async def test_a_call_without_recording_has_none(house: House, client: Client) -> None:
    call = await house.call(recorded=False)
    assert await house.follow() == []
    answer = await client.get(f"/api/v1/calls/{call}/transcript")
    assert (answer.status, (await answer.json())["code"]) == (404, "call_not_recorded")


async def test_a_transcript_that_fails_says_why(db: Database, tmp_path: Path, aiohttp_client: ConnectClient) -> None:
    house = House(db, tmp_path, BrokenEngine())
    call = await house.call()
    assert (await house.follow())[-1] == "TranscriptChanged failed"
    client = await aiohttp_client(make_app(house.room.routes, OneAgent(), None))
    answer = await client.get(f"/api/v1/calls/{call}/transcript", cookies={COOKIE: "token"})
    transcript = await answer.json()
    assert (transcript["state"], transcript["error"]["code"]) == ("failed", EngineCrashed.code)


async def test_playback(house: House, client: Client) -> None:
    call = await house.call()
    await house.follow()
    peaks = await (await client.get(f"/api/v1/calls/{call}/recording/peaks")).json()
    assert len(peaks["caller"]) == len(peaks["agent"]) == 30 * peaks["per_second"]
    assert max(peaks["caller"]) == peaks["caller"][12 * peaks["per_second"]] > 20
    side = await client.get(f"/api/v1/calls/{call}/recording/caller.wav")
    whole = await side.read()
    assert (side.status, side.content_type, whole[:4]) == (200, "audio/wav", b"RIFF")
    assert len(whole) == 44 + 30 * 16000
    part = await client.get(f"/api/v1/calls/{call}/recording/caller.wav", headers={"Range": "bytes=1000-1999"})
    assert (part.status, part.headers["Content-Range"]) == (206, f"bytes 1000-1999/{len(whole)}")
    assert await part.read() == whole[1000:2000]
    both = await client.get(f"/api/v1/calls/{call}/recording/both.wav", headers={"Range": "bytes=-100"})
    assert (both.status, len(await both.read())) == (206, 100)
    beyond = await client.get(f"/api/v1/calls/{call}/recording/both.wav", headers={"Range": "bytes=99999999-"})
    assert beyond.status == 416
    assert (await client.get(f"/api/v1/calls/{call}/recording/other.wav")).status == 404


async def test_disposition(house: House, client: Client) -> None:
    call = await house.call()
    answer = await client.put(f"/api/v1/calls/{call}/disposition", json={"code": "resolved", "note": " done "})
    assert answer.status == 204
    row = await house.calls.get(call)
    assert (row.disposition, row.note) == ("resolved", "done")
    wrong = await client.put(f"/api/v1/calls/{call}/disposition", json={"code": "shrugged"})
    assert (wrong.status, (await wrong.json())["field"]) == (422, "code")
    unknown = await client.put("/api/v1/calls/none/disposition", json={"code": "other"})
    assert (unknown.status, (await unknown.json())["code"]) == (404, "call_unknown")


async def test_choosing_the_customer(house: House) -> None:
    call = await house.call()
    async with house.db.transaction() as work:
        work.session.add(
            CustomerRow(
                id="customer-1", name="陈", kind="person", grade="A", tags=[], note="", created_at=NOON, updated_at=NOON
            )
        )
    await house.calls.set_customer(call, "customer-1")
    assert (await house.calls.get(call)).customer_id == "customer-1"
    with pytest.raises(Problem, match="customer_choice_unknown"):
        await house.calls.set_customer(call, "nobody")


async def test_busy_agents(house: House) -> None:
    await house.listener.load()
    for line in conversation(IN + MENU + RING_LI):
        house.listener.feed(line)
    await house.listener.drain()
    [busy] = await house.calls.busy_agents()
    assert (busy.extension, busy.talking, busy.queue) == ("1001", False, "complaint")
    for line in conversation(LI_ANSWERS):
        house.listener.feed(line)
    await house.listener.drain()
    assert [agent.talking for agent in await house.calls.busy_agents()] == [True]
