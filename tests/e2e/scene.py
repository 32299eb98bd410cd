"""A call centre on the stage and the people in it, as the tests direct them."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import aiohttp

from callcenter.asterisk.phones import BaresipPhone, Caller
from callcenter.demo.stage import Stage

T = TypeVar("T")
SOUNDS = Path(__file__).parents[1] / "sounds"
SWITCHBOARD = "02088886666"
COMPLAINTS = "02088886667"  # no menu: straight to the complaint queue
# Two cores that others use as well: long enough for any of them, short enough to end.
LIMIT_S = 60.0
TRANSCRIPT_LIMIT_S = 300.0
_PROBE_S = 0.1
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


async def until(what: str, probe: Callable[[], Awaitable[T | None]], limit_s: float = LIMIT_S) -> T:
    """The first value of `probe` that is something; AssertionError says `what` never came."""
    end = time.monotonic() + limit_s
    while not (value := await probe()):
        if time.monotonic() > end:
            raise AssertionError(f"within {limit_s:.0f} s there was no {what}")
        await asyncio.sleep(_PROBE_S)
    return value


class Api:
    """The service's API, as one signed-in user."""

    def __init__(self, url: str, language: str) -> None:
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
        # The proxy's certificate is its own.
        connector = aiohttp.TCPConnector(ssl=False)
        self._session = aiohttp.ClientSession(
            headers={"Accept-Language": language}, cookie_jar=jar, connector=connector
        )
        self._url = f"{url}/api/v1"

    async def sign_in(self, username: str, password: str) -> dict[str, Any]:
        me: dict[str, Any] = await self.send("POST", "/session", {"username": username, "password": password})
        self._session.headers["X-CSRF-Token"] = me["csrf"]
        return me

    async def get(self, path: str) -> Any:
        return await self.send("GET", path)

    async def bytes(self, path: str) -> bytes:
        async with self._session.get(self._url + path) as response:
            response.raise_for_status()
            return await response.read()

    async def send(self, method: str, path: str, body: object | None = None, key: str = "") -> Any:
        """`key`: the same request again comes to the same thing."""
        status, answer = await self.ask(method, path, body, {"Idempotency-Key": key} if key else {})
        assert status < 400, answer
        return answer

    async def ask(
        self, method: str, path: str, body: object | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and answer, also of what is refused."""
        data = {"data": body} if isinstance(body, aiohttp.FormData) else {"json": body}
        async with self._session.request(method, self._url + path, headers=headers, **data) as response:
            return response.status, await response.json() if response.content_length != 0 else None

    async def close(self) -> None:
        await self._session.close()


@dataclass
class Scene:
    """`passwords` by user name. The agents' phones ring until they are told to answer."""

    stage: Stage
    passwords: Mapping[str, str]
    phones: dict[str, BaresipPhone] = field(default_factory=dict)
    _people: list[BaresipPhone | Caller] = field(default_factory=list)
    _apis: list[Api] = field(default_factory=list)

    async def open(self) -> None:
        """Asterisk, the service, the agents' phones: ready for calls on return."""
        await self.stage.start()
        await self.register_phones()
        await self.staffed()

    async def close(self) -> None:
        """Everybody leaves, every process ends."""
        for api in self._apis:
            await api.close()
        await asyncio.gather(*(person.stop() for person in self._people), return_exceptions=True)
        await self.stage.stop()

    async def register_phones(self) -> None:
        """The agents' phones, new ones."""
        for extension in self.stage.extensions:
            phone = self.stage.phone(extension)
            self._people.append(phone)
            await phone.register()
            self.phones[extension] = phone

    async def staffed(self) -> None:
        """Until Asterisk would ring every agent for a complaint."""

        async def ready() -> bool:
            shown = _COLOUR.sub("", await self.stage.asterisk.rx("queue show complaint"))
            free = [line for line in shown.splitlines() if "PJSIP/" in line and "(Not in use)" in line]
            return len([line for line in free if "paused" not in line]) == len(self.stage.extensions)

        await until("agent in the queue", ready)

    async def api(self, username: str = "supervisor", language: str = "zh-CN") -> Api:
        """The API as this user."""
        api = Api(self.stage.url, language)
        self._apis.append(api)
        await api.sign_in(username, self.passwords[username])
        return api

    async def stranger(self, language: str) -> Api:
        """The API as somebody who has not signed in."""
        api = Api(self.stage.url, language)
        self._apis.append(api)
        return api

    async def dial(self, number: str, dialled: str = COMPLAINTS) -> Caller:
        """Somebody calls; he hears the announcement when this returns."""
        caller = self.stage.caller(number)
        self._people.append(caller)
        await caller.dial(dialled)
        return caller

    async def press(self, caller: Caller, keys: str, *, after: str = "") -> None:
        """Walk the menu. The announcement cannot be skipped, so each key waits until the menu listens for it.

        `after`: what he has pressed already.
        """
        for place, key in enumerate(keys):
            language = "Language: en" if "9" in after + keys[:place] else "Language: zh"

            async def listening(language: str = language) -> bool:
                channel = await self.channel(caller.number)
                return "CC_MENU_PATH=main" in channel and language in channel

            await until(f"menu that listens for {key}", listening)
            await caller.press(key)

    async def channel(self, number: str) -> str:
        """All that Asterisk knows of a caller's channel; "" when he has none."""
        for line in (await self.stage.asterisk.rx("core show channels concise")).splitlines():
            parts = line.split("!")
            if parts[0].startswith("PJSIP/trunk") and parts[7] == number:
                return await self.stage.asterisk.rx(f"core show channel {parts[0]}")
        return ""

    async def waits(self, caller: Caller) -> None:
        """Until the caller is in a queue."""

        async def queued() -> bool:
            return "Application: Queue" in await self.channel(caller.number)

        await until("caller in the queue", queued)

    async def rings(self) -> BaresipPhone:
        """The phone that rings first."""
        waiting = [asyncio.create_task(phone.wait_ringing(LIMIT_S)) for phone in self.phones.values()]
        done, left = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for phone, task in zip(self.phones.values(), waiting, strict=True):
            if task in done:
                task.result()
                return phone
        raise AssertionError("no phone rang")

    async def talk_with(self, caller: Caller) -> BaresipPhone:
        """Whoever is rung for the caller picks up."""
        phone = await self.rings()
        await phone.answer()
        await phone.wait_established(LIMIT_S)
        return phone

    async def end_wrapups(self) -> None:
        """No agent is busy with the call before; on return all may be rung."""
        for username in ("agent", "agent2"):
            agent = await self.api(username)
            await agent.send("POST", "/presence/end-wrapup")
        await self.staffed()

    async def calls_of(self, api: Api, number: str) -> list[str]:
        """Ids of the calls from this number since the scene began, newest first."""
        rows = (await api.get("/calls?limit=100"))["items"]
        return [row["id"] for row in rows if row["raw_number"] == number and row["started_at"] > self.began]

    async def call_of(self, api: Api, number: str) -> Any:
        """The newest call from this number."""

        async def found() -> Any:
            ids = await self.calls_of(api, number)
            return await api.get(f"/calls/{ids[0]}") if ids else None

        return await until(f"call from {number}", found)

    async def call_when(self, api: Api, call_id: str, what: str, limit_s: float = LIMIT_S, **wanted: Any) -> Any:
        """The call once these fields have these values."""

        async def so() -> Any:
            call = await api.get(f"/calls/{call_id}")
            return call if all(call[name] == value for name, value in wanted.items()) else None

        return await until(what, so, limit_s)

    async def recorded(self, api: Api, call_id: str) -> Any:
        """The call once its recording can be heard."""

        async def ready() -> Any:
            call = await api.get(f"/calls/{call_id}")
            return call if (call["recording"] or {}).get("state") == "ready" else None

        return await until("recording", ready, LIMIT_S)

    async def transcript(self, api: Api, call_id: str) -> Any:
        """What was said, once it is written down; or why it cannot be."""

        async def written() -> Any:
            status, transcript = await api.ask("GET", f"/calls/{call_id}/transcript")
            return transcript if status == 200 and transcript["state"] in ("done", "failed") else None

        return await until("transcript", written, TRANSCRIPT_LIMIT_S)

    def __post_init__(self) -> None:
        # The seed's calls of former days are not those of the test.
        self.began = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 5))


async def speak(who: Caller | BaresipPhone, sound: Path) -> tuple[float, float]:
    """Say something to the end; when it began and ended, in Unix time."""
    began = time.time()
    length = await who.say(sound)
    await asyncio.sleep(length)
    with contextlib.suppress(Exception):
        await who.be_silent()
    return began, began + length
