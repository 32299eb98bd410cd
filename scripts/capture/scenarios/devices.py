"""Several phones: ring-all with losers, several devices of one agent, members behind Local channels."""

from __future__ import annotations

import asyncio

from scripts.capture.scenarios.base import CONTACTS, RING_ALL, TWO_PHONES, scenario
from scripts.capture.scene import Scene


@scenario("Three phones ring, the second picks up", "inbound answered ring-all by 1002")
async def ring_all(s: Scene) -> None:
    people = [await s.agent(number, "ring-all") for number in ("1001", "1002", "1003")]
    caller = await s.calls(RING_ALL)
    for person in people:
        await person.rings()
    await s.pause()
    await people[1].picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("Three phones ring, one rejects, one picks up", "inbound answered ring-all by 1003")
async def ring_all_one_rejects(s: Scene) -> None:
    people = [await s.agent(number, "ring-all") for number in ("1001", "1002", "1003")]
    caller = await s.calls(RING_ALL)
    for person in people:
        await person.rings()
    await people[0].rejects()
    await s.pause(0.4)
    await people[2].picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("Three phones ring, the caller gives up", "inbound abandoned ring-all")
async def ring_all_abandoned(s: Scene) -> None:
    people = [await s.agent(number, "ring-all") for number in ("1001", "1002", "1003")]
    caller = await s.calls(RING_ALL)
    for person in people:
        await person.rings()
    await s.pause()
    await caller.hangs_up()


@scenario("Two agents pick up in the same moment: one has it")
async def ring_all_race(s: Scene) -> None:
    li, wang = await s.agent("1001", "ring-all"), await s.agent("1002", "ring-all")
    caller = await s.calls(RING_ALL)
    await li.rings()
    await wang.rings()
    await s.pause(0.3)
    await asyncio.gather(li.tries_to_pick_up(), wang.tries_to_pick_up())
    winner = wang if await s.first_cut(li, wang) is li else li
    s.must_be(f"inbound answered ring-all by {winner.name}")
    await s.pause()
    await caller.hangs_up()


@scenario("Two phones rung without a queue, one picks up", "inbound answered by 1002")
async def rung_directly(s: Scene) -> None:
    li, wang = await s.agent("1001", ""), await s.agent("1002", "")
    caller = await s.calls(TWO_PHONES)
    await li.rings()
    await wang.rings()
    await wang.picks_up()
    await s.until("BridgeEnter")
    await s.pause()
    await caller.hangs_up()


@scenario("One agent with two devices: the second picks up", "inbound answered by 1003")
async def two_devices(s: Scene) -> None:
    zhao, second = await s.agent("1003", ""), await s.second_phone("1003")
    caller = await s.calls(CONTACTS)
    await zhao.rings()
    await second.rings()
    await s.pause(0.4)
    await second.picks_up()
    await s.until("BridgeEnter")
    await s.pause()
    await caller.hangs_up()


@scenario("One agent with two devices, both ring, the caller gives up", "inbound failed")
async def two_devices_abandoned(s: Scene) -> None:
    zhao, second = await s.agent("1003", ""), await s.second_phone("1003")
    caller = await s.calls(CONTACTS)
    await zhao.rings()
    await second.rings()
    await s.pause(0.4)
    await caller.hangs_up()


@scenario("One agent with two devices: one rejects, the other picks up", "inbound answered by 1003")
async def two_devices_one_rejects(s: Scene) -> None:
    zhao, second = await s.agent("1003", ""), await s.second_phone("1003")
    caller = await s.calls(CONTACTS)
    await zhao.rings()
    await second.rings()
    await s.pause(0.3)
    await zhao.rejects()
    await s.pause(0.4)
    await second.picks_up()
    await s.until("BridgeEnter")
    await s.pause()
    await caller.hangs_up()


@scenario("Members behind Local channels that optimise away: two devices of one agent beside another agent",
          "inbound answered ring-all by 1003")  # fmt: skip
async def local_two_devices(s: Scene) -> None:
    li = await s.agent("1001", "ring-all", "Local/1001@capture-members")
    zhao = await s.agent("1003", "ring-all", "Local/*1003@capture-members")
    second = await s.second_phone("1003")
    caller = await s.calls(RING_ALL)
    for person in (li, zhao, second):
        await person.rings()
    await s.pause(0.4)
    await zhao.picks_up()
    await s.until("AgentConnect")
    await s.pause(1)
    await caller.hangs_up()


async def _local(s: Scene, interface: str) -> None:
    li = await s.agent("1001", "ring-all", interface)
    caller = await s.calls(RING_ALL)
    await li.rings()
    await s.pause(0.4)
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause(1)
    await caller.hangs_up()


@scenario("The member is a Local channel that optimises itself away", "inbound answered ring-all by 1001")
async def local_optimised(s: Scene) -> None:
    await _local(s, "Local/1001@capture-members")


@scenario("The member is a Local channel that stays", "inbound answered ring-all by 1001")
async def local_not_optimised(s: Scene) -> None:
    await _local(s, "Local/1001@capture-members/n")


@scenario("The member is a Local channel that stays; the agent hangs up", "inbound answered ring-all by 1001")
async def local_agent_hangs_up(s: Scene) -> None:
    li = await s.agent("1001", "ring-all", "Local/1001@capture-members/n")
    caller = await s.calls(RING_ALL)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause(1)
    await li.hangs_up()
    await caller.is_cut()


@scenario("The member is a Local channel; the agent rejects, the caller gives up", "inbound abandoned ring-all")
async def local_rejected(s: Scene) -> None:
    li = await s.agent("1001", "ring-all", "Local/1001@capture-members/n")
    caller = await s.calls(RING_ALL)
    await li.rings()
    await li.rejects()
    await s.until("AgentRingNoAnswer")
    await s.pause(0.3)
    await caller.hangs_up()


@scenario("Members behind Local channels: one picks up, the other loses", "inbound answered ring-all by 1002")
async def local_losers(s: Scene) -> None:
    li = await s.agent("1001", "ring-all", "Local/1001@capture-members")
    wang = await s.agent("1002", "ring-all", "Local/1002@capture-members")
    caller = await s.calls(RING_ALL)
    await li.rings()
    await wang.rings()
    await s.pause(0.3)
    await wang.picks_up()
    await s.until("AgentConnect")
    await s.pause(0.8)
    await caller.hangs_up()


@scenario("The member is a Local channel; the caller gives up while it rings", "inbound abandoned ring-all")
async def local_abandoned(s: Scene) -> None:
    li = await s.agent("1001", "ring-all", "Local/1001@capture-members")
    caller = await s.calls(RING_ALL)
    await li.rings()
    await s.pause(0.4)
    await caller.hangs_up()
