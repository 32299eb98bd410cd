"""Many real callers (SIPp), many real phones (baresip), and what each of them lived through."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import update

from callcenter import schema
from callcenter.accounts.service import Accounts, NewUser
from callcenter.asterisk.ami.connection import ActionFailed, AmiClient
from callcenter.asterisk.baresip import PhoneEvent
from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.phones import BaresipPhone
from callcenter.asterisk.sipp import Calls, ManyCallers
from callcenter.clock import utc_now
from callcenter.config import Settings
from callcenter.db import Database
from callcenter.demo.stage import Stage
from callcenter.errors import Problem
from callcenter.queues.model import PresenceRow, QueueRow
from callcenter.queues.store import keep_first_queues, keep_served

from .acts import CONSULTING, Act
from .scene import Api, until

PASSWORD = "supervisor-passes"
_SERVED = ("complaint", "inquiry")  # nobody serves the others
_WRAPUP_S = 1
_CONTEXT = "callcenter-phones"
# What the product leaves to phones: an agent who consults before he transfers, ordered over the manager interface.
_EXTRA = {
    "features.conf": "\n[featuremap]\nblindxfer = #1\natxfer = #2\n",
    "extensions_callcenter.conf": f"""
[callcenter-inbound](+)
exten => {CONSULTING},1,Gosub(callcenter-receive,s,1)
 same => n,Set(CC_KIND=complaint)
 same => n,Queue(complaint,ct)
 same => n,Hangup()
""",
}


class _Asterisk(LocalAsterisk):
    """With consultations."""

    def _prepare(self) -> None:
        super()._prepare()
        for name, text in _EXTRA.items():
            with (self.settings.configuration / name).open("a") as file:
                file.write(text)


@dataclass
class CrowdStage(Stage):
    """`agents` serve the queues; `experts` only take what agents transfer."""

    agents: Sequence[str] = ()
    experts: Sequence[str] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.asterisk = _Asterisk(self._pbx())

    @classmethod
    def of(cls, folder: Path, phones: int, experts: int, extra: Mapping[str, str]) -> CrowdStage:
        extensions = [str(1001 + place) for place in range(phones)]
        return cls(folder, extensions, extra=extra, agents=extensions[experts:], experts=extensions[:experts])


async def hire(stage: CrowdStage, settings: Settings) -> None:
    """A firm with an agent at every phone, all ready, and a supervisor."""
    db = Database(settings.database_url)
    try:
        await schema.upgrade(db)
        accounts = Accounts(db, utc_now)
        await accounts.add(NewUser("supervisor", "李敏", "supervisor", PASSWORD))
        ids = {each: await accounts.add(NewUser(each, each, "agent", PASSWORD, each)) for each in stage.extensions}
        async with db.transaction() as work:
            await keep_first_queues(work.session)
            await work.session.execute(update(QueueRow).values(wrapup_s=_WRAPUP_S))
            for extension, user_id in ids.items():
                work.session.add(PresenceRow(user_id=user_id, wish="ready", since=utc_now()))
                await keep_served(work.session, user_id, _SERVED if extension in stage.agents else ())
    finally:
        await db.close()


@dataclass
class Heard:
    """A ring at a phone, for the caller with this number, in Unix times: as the phone tells it."""

    number: str
    extension: str
    rang_at: float
    answered_at: float | None = None
    ended_at: float | None = None


@dataclass(frozen=True)
class Ordered:
    """A transfer that was ordered, and when the agent was out of it."""

    number: str
    kind: str
    expert: str
    at: float
    done_at: float


class _Phone(BaresipPhone):
    """Does with each call what its act says."""

    def __init__(self, crowd: Crowd, extension: str) -> None:
        super().__init__(crowd.stage.phone_folder(extension), crowd.stage.account(extension), crowd.stage.sip)
        self.now: Heard | None = None
        self.expects = ""  # an expert: for whom he was asked
        self._crowd = crowd

    async def on_event(self, event: PhoneEvent) -> None:
        match event.type:
            case "CALL_INCOMING":
                number = self.expects or event.peer.removeprefix("sip:").partition("@")[0]
                self.now = Heard(number, self.extension, time.time())
                self._crowd.heard.append(self.now)
                self._crowd.do(self._crowd.ring(self, self.now))
            case "CALL_ESTABLISHED" if self.now is not None:
                self.now.answered_at = time.time()
                self._crowd.do(self._crowd.talk(self, self.now))
            case "CALL_CLOSED" if self.now is not None:
                self.now.ended_at = time.time()
                self.now = None


@dataclass
class Crowd:
    """The phones of a stage and the callers of these acts."""

    stage: CrowdStage
    acts: dict[str, Act]
    heard: list[Heard] = field(default_factory=list)
    ordered: list[Ordered] = field(default_factory=list)
    phones: dict[str, _Phone] = field(default_factory=dict)
    _doing: list[asyncio.Task[None]] = field(default_factory=list)

    async def open(self) -> None:
        """Asterisk, the service, every phone: ready for calls on return."""
        await self.stage.start()
        self._experts: asyncio.Queue[_Phone] = asyncio.Queue()
        for extension in self.stage.extensions:
            phone = self.phones[extension] = _Phone(self, extension)
            await phone.register()
            if extension in self.stage.experts:
                self._experts.put_nowait(phone)
        self._ami = AmiClient(self.stage.asterisk.settings.ami, on_message=lambda _message: None)
        self._linked = asyncio.create_task(self._ami.run(), name="orders")
        await self._ami.wait_connected()
        await until("agents in the queue", self._staffed)

    async def close(self) -> None:
        """Every process ends."""
        await asyncio.gather(*(phone.stop() for phone in self.phones.values()), return_exceptions=True)
        if self.phones:
            self._linked.cancel()
            await asyncio.gather(self._linked, return_exceptions=True)
        await self.stage.stop()

    async def call(self, per_second: float) -> Calls:
        """Have everybody call, at this rate; on return all calls are over."""
        callers = ManyCallers(self.stage.folder / "crowd", self.stage.sip)
        calls = await callers.make([act.call for act in self.acts.values()], per_second)
        await until("silence", self._silent)
        await asyncio.gather(*self._doing)
        return calls

    async def api(self) -> Api:
        """The API as the supervisor."""
        api = Api(self.stage.url, "en")
        await api.sign_in("supervisor", PASSWORD)
        return api

    def do(self, work: Coroutine[object, object, None]) -> None:
        """Beside everything else. `call` raises what went wrong in it."""
        self._doing.append(asyncio.create_task(work, name="crowd"))

    async def ring(self, phone: _Phone, call: Heard) -> None:
        """What a phone does when it rings."""
        act = self.acts[call.number]
        if len([each for each in self.heard if each.number == call.number]) <= act.spurned:
            if act.refuses:
                await phone.hang_up()
            return
        if act.pick_up_s is None:
            return
        await asyncio.sleep(act.pick_up_s)
        with contextlib.suppress(Problem):  # the caller has gone
            await phone.answer()

    async def talk(self, phone: _Phone, call: Heard) -> None:
        """What an agent does once he talks."""
        act = self.acts[call.number]
        if act.talk_s is None:
            return
        await asyncio.sleep(act.talk_s)
        if phone.now is not call:
            return
        if act.transfer and phone.extension not in self.stage.experts:
            await self._transfer(phone, act)
        else:
            await phone.hang_up()

    async def _transfer(self, phone: _Phone, act: Act) -> None:
        """To an expert who is free, waited for as long as it takes."""
        call, expert = phone.now, await self._experts.get()
        channel = await self._channel(phone.extension)
        if call is None or phone.now is not call or not channel:  # the caller has gone
            self._experts.put_nowait(expert)
            return
        expert.expects, at = call.number, time.time()
        action = "BlindTransfer" if act.transfer == "blind" else "Atxfer"
        await self._ami.action(action, Channel=channel, Context=_CONTEXT, Exten=expert.extension)
        if act.transfer == "attended":
            await self._consulted(expert)
            await phone.hang_up()
        self.ordered.append(Ordered(call.number, act.transfer, expert.extension, at, time.time()))
        self.do(self._released(expert))

    async def _consulted(self, expert: _Phone) -> None:
        """Until the agent and the expert hear each other: Asterisk has the expert in a bridge with somebody."""

        async def talks() -> bool:
            if expert.now is None or expert.now.answered_at is None:
                return False
            shown = await self._ami.list_action("CoreShowChannels")
            bridges = [row.get("BridgeId") for row in shown]
            mine = {row.get("BridgeId") for row in shown if row.get("Channel").startswith(f"PJSIP/{expert.extension}-")}
            return any(bridge and bridges.count(bridge) > 1 for bridge in mine)

        await until("expert who talks", talks)

    async def _released(self, expert: _Phone) -> None:
        """The expert is free again once his call is over."""

        async def over() -> bool:
            return any(each.number == expert.expects and each.ended_at for each in self._heard_by(expert))

        await until("end of the expert's call", over)
        expert.expects = ""
        self._experts.put_nowait(expert)

    def _heard_by(self, phone: _Phone) -> list[Heard]:
        return [each for each in self.heard if each.extension == phone.extension]

    async def _channel(self, extension: str) -> str:
        """The channel of an agent who talks; "" when he does not."""
        shown = [row.get("Channel") for row in await self._ami.list_action("CoreShowChannels")]
        return next((name for name in shown if name.startswith(f"PJSIP/{extension}-")), "")

    async def _staffed(self) -> bool:
        with contextlib.suppress(ActionFailed):
            members = await self._ami.list_action("QueueStatus", Queue="complaint")
            return len([row for row in members if row.name == "QueueMember" and row.get("Status") == "1"]) == len(
                self.stage.agents
            )
        return False

    async def _silent(self) -> bool:
        """No channel is left, and whoever was at a phone has put it down."""
        quiet = all(phone.now is None for phone in self.phones.values())
        return quiet and not await self._ami.list_action("CoreShowChannels")
