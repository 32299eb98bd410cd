"""Odd numbers and names, phones that die, holds."""

from __future__ import annotations

from scripts.capture.scenarios.base import COMPLAINTS, scenario
from scripts.capture.scene import Scene


@scenario("The number is withheld", "inbound answered complaint by 1001")
async def withheld(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(COMPLAINTS, "anonymous")
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("A number from abroad, with a plus", "inbound abandoned complaint")
async def from_abroad(s: Scene) -> None:
    caller = await s.calls(COMPLAINTS, "+442079460123")
    await s.until("QueueCallerJoin")
    await s.pause(0.3)
    await caller.hangs_up()


@scenario("The agent's phone loses its current in mid-call: the call ends when no more sound comes",
          "inbound answered complaint by 1001")  # fmt: skip
async def agents_phone_dies(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    li.dies()
    await caller.is_cut(30)


@scenario("The caller's phone loses its current in mid-call", "inbound answered complaint by 1001")
async def callers_phone_dies(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    caller.dies()
    await li.is_cut(30)


@scenario("The agent puts the caller on hold and takes him back", "inbound answered complaint by 1001")
async def hold(s: Scene) -> None:
    li = await s.desk("1001")
    caller = await s.calls(COMPLAINTS)
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await li.holds(1)
    await s.until("Hold")
    await s.pause(1)
    await li.resumes(1)
    await s.until("Unhold")
    await s.pause()
    await caller.hangs_up()


@scenario("The agent hangs up while the caller is on hold", "inbound answered complaint by 1001")
async def agent_hangs_up_on_hold(s: Scene) -> None:
    li = await s.desk("1001")
    await s.calls(COMPLAINTS)
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await li.holds(1)
    await s.until("Hold")
    await s.pause(0.6)
    await li.hangs_up(1)


@scenario("The agent's phone says that it is busy, the next one answers", "inbound answered complaint by 1002")
async def busy_phone(s: Scene) -> None:
    li = await s.desk("1001")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    wang = await s.agent("1002")
    await li.refuses(486)
    await wang.rings()
    await wang.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("The caller's name is in GBK", "inbound answered complaint by 1001")
async def name_in_gbk(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.foreigner("02087654321", "张三".encode("gbk"))
    await caller.dials(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up(1)


@scenario("The caller's name is cut in the middle of a character and holds odd signs", "inbound abandoned complaint")
async def name_cut_utf8(s: Scene) -> None:
    caller = await s.foreigner("4008001234", "王五; Event: Hangup, \t=李".encode()[:-1])
    await caller.dials(COMPLAINTS)
    await s.until("QueueCallerJoin")
    await s.pause(0.3)
    await caller.hangs_up(1)


@scenario("The caller hangs up while on hold", "inbound answered complaint by 1001")
async def leaves_on_hold(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await li.holds()
    await s.until("Hold")
    await s.pause(0.5)
    await caller.hangs_up()
