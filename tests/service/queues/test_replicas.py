"""Presence in several processes: whoever starts at whatever moment comes to the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from callcenter.bus import Bus, Subscriber
from callcenter.db import Database
from callcenter.events.calls import CallAgentLeft, CallAnswered, CallEnded, CallRinging
from callcenter.link import LocalLink
from callcenter.queues.line import Line, LineState, ServerState
from callcenter.queues.pbx import FakePbx
from callcenter.queues.ports import QueueCaller
from callcenter.queues.presence_book import EVENTS
from callcenter.queues.service import Queues
from callcenter.queues.shapes import PresenceView
from callcenter.queues.sharing import LineFollower, LineSharer
from callcenter.tasks import Tasks
from tests.service.polling import until
from tests.service.queues.conftest import AGENTS, House, Phone

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


@dataclass
class Side:
    """One process that knows of presence."""

    house: House
    bus: Bus
    queues: Queues

    @classmethod
    @asynccontextmanager
    async def opened(cls, house: House, link: LocalLink, *, leads: bool) -> AsyncIterator[Side]:
        db = Database(house.db.url)
        bus = Bus(db, link)
        await bus.start()
        queues = Queues(db, house.clock, AGENTS, house._busy, leads, lambda: bus.position)
        await queues.load()
        bus.add_live(Subscriber(queues.presence.on_event, EVENTS))
        tasks = Tasks()
        tasks.start("bus", bus.run_live())
        tasks.start("presence", queues.presence.run())
        yield cls(house, bus, queues)
        await tasks.stop()
        await db.close()

    def views(self) -> dict[str, PresenceView]:
        return {phone: self.queues.view(user, phone) for phone, user in AGENTS.items()}


def a_day(house: House, web: Side) -> list[Callable[[], Awaitable[None]]]:
    """Everything that can happen to two agents, one thing at a time, as the ledger and the web process write it."""
    li, wang = ("user-li", "1001"), ("user-wang", "1002")

    async def told(event: CallRinging | CallAnswered | CallAgentLeft | CallEnded) -> None:
        async with house.db.transaction() as work:
            work.emit(event)

    async def rings() -> None:
        house.busy = [Phone("1001", "c1", False, "complaint", house.clock())]
        await told(CallRinging(at=house.clock(), call_id="c1", ring_id="r1", extension="1001", queue="complaint"))

    async def answers() -> None:
        house.busy = [Phone("1001", "c1", True, "complaint", house.clock())]
        await told(CallAnswered(at=house.clock(), call_id="c1", extension="1001", queue="complaint"))

    async def leaves() -> None:
        house.busy = []
        await told(CallAgentLeft(at=house.clock(), call_id="c1", extension="1001"))

    async def ends() -> None:
        await told(CallEnded(at=house.clock(), call_id="c1", outcome="answered", cause="normal"))

    return [
        lambda: web.queues.presence.choose(*li, "ready", None),
        lambda: web.queues.presence.choose(*wang, "paused", "meal"),
        rings,
        answers,
        lambda: web.queues.presence.choose(*wang, "ready", None),
        leaves,
        ends,
        lambda: web.queues.presence.end_wrapup(*li),
        lambda: web.queues.leave("user-wang"),
    ]


async def test_every_process_comes_to_the_same_whenever_it_started(house: House) -> None:
    link = LocalLink()
    async with Side.opened(house, link, leads=True) as leader, Side.opened(house, link, leads=False) as web:
        for step in a_day(house, web):
            await step()
            house.clock.pass_by(1)
            async with Side.opened(house, link, leads=False) as fresh:

                async def agreed(fresh: Side = fresh) -> bool:
                    return leader.views() == web.views() == fresh.views()

                await until(agreed)
        assert {phone: view.state for phone, view in leader.views().items()} == {"1001": "ready", "1002": "offline"}


async def test_a_wrapup_ends_by_itself_in_every_process(house: House) -> None:
    link = LocalLink()
    async with Side.opened(house, link, leads=True) as leader, Side.opened(house, link, leads=False) as web:
        for step in a_day(house, web)[:6]:
            await step()

        async def writes_up() -> bool:
            return {side.views()["1001"].state for side in (leader, web)} == {"wrapup"}

        await until(writes_up)
        async with Side.opened(house, link, leads=True) as successor:
            assert successor.views()["1001"].state == "wrapup"
            house.clock.pass_by(15)
            for side in (leader, web, successor):
                side.queues.presence.end_due()
                assert side.views()["1001"].state == "ready"


async def test_a_choice_is_kept_while_nobody_leads(house: House) -> None:
    link = LocalLink()
    async with Side.opened(house, link, leads=False) as web:
        await web.queues.presence.choose("user-li", "1001", "ready", None)
        assert web.views()["1001"].wish == "ready"
    async with Side.opened(house, link, leads=True) as leader:
        pbx = FakePbx()
        await leader.queues.on_connected("asterisk", pbx)
        assert "add complaint PJSIP/1001 false" in pbx.commands


async def test_the_line_is_shown_where_nobody_hears_asterisk(house: House) -> None:
    link, line = LocalLink(), Line()
    queues = await house.enter()
    pbx = FakePbx(registered={"1001": True})
    pbx.callers = [QueueCaller("complaint", "u1", 30.0)]
    sharing, following = Tasks(), Tasks()
    sharing.start("share", LineSharer(link, queues).run())
    following.start("follow", LineFollower(link, line).run())
    await queues.on_connected("asterisk", pbx)

    async def shown() -> bool:
        return line.state() == queues.line.state() and line.connected

    await until(shown)
    since = line.longest_since("complaint")
    assert since and line.state() == LineState(
        {"asterisk": ServerState(connected=True, phones={"1001": True}, waiting={"complaint": {"u1": since}})}
    )
    await sharing.stop()  # the process that hears Asterisk has ended

    async def lost() -> bool:
        return not line.connected

    await until(lost)
    await following.stop()
