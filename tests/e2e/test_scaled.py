"""The main job in processes: each part may die in mid-call, and each may be told to end under load."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from callcenter.demo.seed import CUSTOMERS, EXTENSIONS, PEOPLE, seed
from callcenter.demo.stage import Stage
from callcenter.programs import Program

from .conftest import FAILED, tell
from .help_desk import HelpDesk
from .house import Ground
from .scaled import BACK_S, ENGINES, PROCESSES, ScaledScene, Talk
from .scene import SOUNDS, Api, speak, until
from .screens import Screens

_ENGLISH = SOUNDS / "en"
# What Asterisk's end takes with it.
_CUT = {"asterisk": ("cut", "asterisk_restarted")}


@pytest.fixture
async def scene(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, help_desk: HelpDesk
) -> AsyncIterator[ScaledScene]:
    folder = tmp_path_factory.mktemp("scaled")
    ground = await asyncio.to_thread(Ground.laid, folder)
    database = await ground.postgres.create("callcenter")
    await help_desk.open()
    stage = Stage(
        folder, EXTENSIONS, extra=help_desk.settings, database=database, redis=ground.redis.url, front=ground.proxy.url
    )
    passwords = {person.username: f"{person.username}-passes" for person in PEOPLE}
    await seed(stage.settings(), {name: SecretStr(password) for name, password in passwords.items()})
    scene = ScaledScene(stage, passwords, ground=ground)
    try:
        await scene.open()
        yield scene
    finally:
        await scene.close()
        await asyncio.to_thread(ground.remove)
        if request.node.stash.get(FAILED, True):
            tell(stage)


@dataclass
class Books:
    """What must be there in the end: calls by number with their outcomes, tickets by call."""

    calls: dict[str, tuple[str, str]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    tickets: dict[str, str] = field(default_factory=dict)


async def test_each_part_killed_in_mid_call(scene: ScaledScene, screens: Screens, help_desk: HelpDesk) -> None:
    api = await scene.api()
    await scene.seat(screens)
    books = Books()
    for place, part in enumerate((*PROCESSES, *ENGINES)):
        await _round(scene, api, books, part, f"137000000{place:02}")
    await _all_there(scene, api, books, help_desk)


async def _round(scene: ScaledScene, api: Api, books: Books, part: str, number: str) -> None:
    """A call with a kill in the middle; its ticket; what became of it; the next call by itself."""
    talk = await scene.complaint(api, number)
    await speak(talk.phone, _ENGLISH / "agent_greeting.wav")
    killed = time.monotonic()
    await scene.kill(part)
    if part.startswith("web"):  # another takes its place: nobody waits for this one
        took = await scene.desks_in_order(killed)
        print(f"{part} killed: desks at the other process after {took:.2f} s")
        assert took < BACK_S, f"desks back after {took:.1f} s"
    body = {"kind": "complaint", "summary": f"kitchen ceiling leaks, {number}", "call_id": talk.call_id}
    opening = asyncio.create_task(scene.surely(lambda: api.send("POST", "/tickets", body, key=number)))
    await speak(talk.caller, _ENGLISH / "caller_inquiry.wav")
    await scene.revive(part)
    took = await scene.desks_in_order(time.monotonic())
    print(f"{part} back: desks in order after {took:.2f} s")
    assert took < BACK_S, f"{part}: desks in order after {took:.1f} s"
    ticket = await opening
    await talk.caller.hang_up()
    await talk.caller.stop()
    outcome, cause = _CUT.get(part, ("answered", "normal"))
    await scene.call_when(api, talk.call_id, f"end of the call ({part})", outcome=outcome, end_cause=cause)
    books.calls[number], books.ids[number] = (outcome, cause), talk.call_id
    books.tickets[talk.call_id] = ticket["number"]
    await scene.ready_for_next()
    await _next_call(scene, api, books, f"138000000{number[-2:]}")


async def _next_call(scene: ScaledScene, api: Api, books: Books, number: str) -> None:
    talk = await scene.complaint(api, number)
    await talk.caller.hang_up()
    await talk.caller.stop()
    await scene.call_when(api, talk.call_id, "end of the next call", outcome="answered", end_cause="normal")
    books.calls[number], books.ids[number] = ("answered", "normal"), talk.call_id
    await scene.ready_for_next()


async def _all_there(scene: ScaledScene, api: Api, books: Books, help_desk: HelpDesk) -> None:
    """Every call once, with one recording and one transcript; every ticket once, here and at the help desk."""
    rows = [row for row in (await api.get("/calls?limit=200"))["items"] if row["raw_number"] in books.calls]
    assert Counter(row["raw_number"] for row in rows) == Counter(books.calls.keys())
    assert {row["raw_number"]: row["outcome"] for row in rows} == {
        number: outcome for number, (outcome, _cause) in books.calls.items()
    }
    for number, call_id in books.ids.items():
        call = await scene.recorded(api, call_id)
        assert call["raw_number"] == number
        assert Counter(entry["kind"] for entry in call["timeline"])["recording_stored"] == 1, call["timeline"]
        assert (await scene.transcript(api, call_id))["state"] == "done"
        assert [ticket["number"] for ticket in call["tickets"]] == [
            ticket for of, ticket in books.tickets.items() if of == call_id
        ]
    running = sorted(int(ticket.split("-")[1]) for ticket in books.tickets.values())
    assert running == list(range(running[0], running[0] + len(running)))
    kept = list((scene.stage.folder / "data" / "recordings").rglob("*.wav"))
    assert len(kept) == 2 * len(books.calls)
    assert list((scene.stage.folder / "spool").glob("*.wav")) == []
    people = (await api.get("/customers?limit=100"))["items"]
    assert sorted(each["name"] for each in people) == sorted(draft.name for draft, _past in CUSTOMERS)

    async def sent() -> bool:
        arrived = Counter(receipt.draft.number for receipt in help_desk.receiver.receipts)
        return arrived == Counter(books.tickets.values())

    await until("ticket of every call at the help desk, once", sent)


async def test_menu_servers_killed_under_the_caller(scene: ScaledScene, screens: Screens) -> None:
    """The caller in its menu hears an apology and comes to a person; the next one is served by the other."""
    api = await scene.api()
    await scene.seat(screens)
    caller = await scene.dial("13700000001", "02088886666")
    await scene.press(caller, "9")
    await scene.kill("agi1")
    await scene.waits(caller)
    talk = await scene.picked_up(api, caller)
    call = await api.get(f"/calls/{talk.call_id}")
    assert (call["queue"], call["language"]) == ("operator", "en")
    await _over(scene, api, talk)
    talk = await scene.complaint(api, "13700000002", menu=True)  # the first menu server is still dead
    assert (await api.get(f"/calls/{talk.call_id}"))["queue"] == "complaint"
    await scene.revive("agi1")
    await _over(scene, api, talk)
    caller = await scene.dial("13700000003", "02088886666")
    await scene.press(caller, "9")
    await scene.kill("agi2")  # it serves nobody
    await scene.press(caller, "1", after="9")
    talk = await scene.picked_up(api, caller)
    assert (await api.get(f"/calls/{talk.call_id}"))["queue"] == "complaint"
    await scene.revive("agi2")
    await _over(scene, api, talk)


async def test_a_second_listener_takes_over(scene: ScaledScene, screens: Screens) -> None:
    """Ended, killed or frozen: the one that stands by leads, no call is lost or doubled; the frozen one gives way."""
    api = await scene.api()
    await scene.seat(screens)
    first = scene.stage.programs["ami"]
    second = Program("ami2", "ami", scene.stage.folder, dict(first.settings))
    scene.stage.programs["ami2"] = second
    await second.start()

    talk = await scene.complaint(api, "13500000001")  # ended in good order, and the call a moment later
    assert await asyncio.to_thread(first.stop, 30.0) == 0
    await until("second listener", lambda: _leads(second))
    await _over(scene, api, talk)
    await first.start()

    talk = await scene.complaint(api, "13500000002")
    killed = time.monotonic()
    await asyncio.to_thread(second.kill)
    await until("first listener", lambda: _leads(first))
    print(f"the next listener leads {time.monotonic() - killed:.1f} s after a kill -9")
    await scene.desks_in_order(killed)
    await _over(scene, api, talk)
    await second.start()

    talk = await scene.complaint(api, "13500000003")
    first.freeze()
    try:
        await until("second listener", lambda: _leads(second))
        await _over(scene, api, talk)
        talk = await scene.complaint(api, "13500000004")
    finally:
        first.thaw()
    await until("first listener standing by", lambda: _stands_by(first))
    await _over(scene, api, talk)
    rows = (await api.get("/calls?limit=100"))["items"]
    found = Counter(row["raw_number"] for row in rows if row["raw_number"].startswith("135000000"))
    assert found == Counter(f"1350000000{place}" for place in (1, 2, 3, 4))


async def _leads(program: Program) -> bool:
    return await _asterisk(program) == "leading"


async def _stands_by(program: Program) -> bool:
    return await _asterisk(program) == "standing_by"


async def _asterisk(program: Program) -> str:
    """What a listener says of itself."""
    async with aiohttp.ClientSession() as client, client.get(f"{program.url}/readyz") as response:
        return str((await response.json())["checks"]["asterisk"]["detail"])


async def _over(scene: ScaledScene, api: Api, talk: Talk) -> None:
    await talk.caller.hang_up()
    await talk.caller.stop()
    await scene.call_when(api, talk.call_id, "end of the call", outcome="answered", end_cause="normal")
    await scene.ready_for_next()


@dataclass
class Load:
    """Signed-in clients that ask, read and write without a pause; every answer is counted."""

    scene: ScaledScene
    answers: Counter[str] = field(default_factory=Counter)
    opened: set[str] = field(default_factory=set)

    async def client(self, place: int) -> None:
        api = await self.scene.api("agent")
        turn = 0
        while True:
            turn += 1
            await self._ask(api, "GET", "/calls?limit=20")
            ticket = await self._ask(api, "POST", "/tickets", {"kind": "inquiry", "summary": f"fees {place}.{turn}"})
            if ticket is not None:
                self.opened.add(ticket["number"])

    async def _ask(self, api: Api, method: str, path: str, body: object | None = None) -> Any:
        try:
            status, answer = await api.ask(method, path, body)
        except aiohttp.ClientError as error:
            self.answers[f"{method} {error!r}"] += 1
            return None
        self.answers[f"{method} {status}"] += 1
        return answer if status < 300 else None


async def test_each_process_ends_under_load_without_a_loss(scene: ScaledScene, screens: Screens) -> None:
    """SIGTERM: every request is answered, every call goes its way, a caller in the menu finishes it."""
    api = await scene.api()
    await scene.seat(screens)
    load = Load(scene)
    clients = [asyncio.create_task(load.client(place), name=f"client {place}") for place in range(4)]
    try:
        for place, name in enumerate(PROCESSES):
            await _ended_and_started(scene, api, name, f"136000000{place:02}")
    finally:
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
    print(f"each process ended under load: {dict(load.answers)}")
    assert set(load.answers) == {"GET 200", "POST 201"}, load.answers
    assert min(load.answers.values()) > 4 * len(PROCESSES), load.answers
    assert not [client for client in clients if not client.cancelled()], "a client ended by itself"
    kept = [row async for row in _pages(api, "/tickets?kind=inquiry")]
    assert load.opened <= {row["number"] for row in kept}
    written = Counter(row["summary"] for row in kept if row["summary"].startswith("fees "))
    assert set(written.values()) == {1}, written


async def _ended_and_started(scene: ScaledScene, api: Api, name: str, number: str) -> None:
    in_menu = name == "agi1"
    program = scene.stage.programs[name]
    if in_menu:
        caller = await scene.dial(number, "02088886666")
        await scene.press(caller, "9")
        program.tell_to_end()
        await scene.press(caller, "1", after="9")
        talk = await scene.picked_up(api, caller)
    else:
        talk = await scene.complaint(api, number)
    assert await asyncio.to_thread(program.stop, 90.0) == 0
    await program.start()
    await scene.desks_in_order(time.monotonic())
    await talk.caller.hang_up()
    await talk.caller.stop()
    call = await scene.call_when(api, talk.call_id, f"end of the call ({name})", outcome="answered", end_cause="normal")
    assert call["queue"] == "complaint"
    await scene.recorded(api, talk.call_id)
    await scene.ready_for_next()


async def _pages(api: Api, path: str) -> AsyncIterator[Any]:
    cursor = ""
    while True:
        page = await api.get(f"{path}&limit=200" + (f"&cursor={cursor}" if cursor else ""))
        for row in page["items"]:
            yield row
        cursor = page["next_cursor"]
        if not cursor:
            return
