"""Agents who do not pick up, or whose phones cannot."""

from __future__ import annotations

from scripts.capture.scenarios.base import AUTOPAUSE, COMPLAINTS, IN_ORDER, RING_ALL, scenario
from scripts.capture.scene import Scene


@scenario("The first agent rejects, the second answers", "inbound answered complaint by 1002")
async def rejected(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    wang = await s.agent("1002")
    await s.pause(0.3)
    await li.rejects()
    await s.manager("QueuePause", Interface="PJSIP/1001", Paused="true")
    await wang.rings()
    await wang.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()
    await s.manager("QueuePause", Interface="PJSIP/1001", Paused="false")


@scenario("The agent does not pick up and is paused for it; the second answers", "inbound answered autopause by 1002")
async def not_picked_up(s: Scene) -> None:
    await s.agent("1001", "autopause")
    caller = await s.calls(AUTOPAUSE)
    await s.until("AgentRingNoAnswer")
    wang = await s.agent("1002", "autopause")
    await wang.rings()
    await wang.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("Rung in order: the first does not pick up, the second does", "inbound answered in-order by 1002")
async def ring_in_order(s: Scene) -> None:
    li, wang = await s.agent("1001", "in-order"), await s.agent("1002", "in-order")
    caller = await s.calls(IN_ORDER)
    await li.rings()
    await wang.rings()
    await wang.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("The same agent is rung twice and picks up at the second time", "inbound answered in-order by 1001")
async def picked_up_at_second_ring(s: Scene) -> None:
    li = await s.agent("1001", "in-order")
    caller = await s.calls(IN_ORDER)
    await li.rings()
    await s.until("AgentRingNoAnswer")
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("One member's phone is not registered: the other one answers", "inbound answered ring-all by 1001")
async def one_not_registered(s: Scene) -> None:
    li = await s.agent("1001", "ring-all")
    await s.member("ring-all", "PJSIP/1005")
    caller = await s.calls(RING_ALL)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()
