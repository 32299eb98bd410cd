"""The agent's own phone asks a colleague on a second line, and hands the caller over or does not."""

from __future__ import annotations

from scripts.capture.people import DeskPhone, Person
from scripts.capture.scenarios.base import COMPLAINTS, scenario
from scripts.capture.scene import Scene

FAR = "013900139000"


async def _asks(s: Scene, number: str) -> tuple[DeskPhone, Person]:
    """The first agent talks with a caller, holds him and calls somebody else."""
    li = await s.desk("1001")
    caller = await s.calls(COMPLAINTS)
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await li.holds(1)
    await s.pause(0.3)
    await li.dials(number)
    return li, caller


async def _answers(s: Scene, li: DeskPhone, colleague: Person) -> None:
    await colleague.rings()
    await s.pause(0.3)
    await colleague.picks_up()
    await li.is_through(2)
    await s.pause(0.8)


@scenario("Asked on a second line, then handed over to a colleague",
          "inbound answered complaint by 1001 1002")  # fmt: skip
async def second_line_to_agent(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await _asks(s, "1002")
    await _answers(s, li, wang)
    await li.hands_over(1, 2)
    await li.is_cut(2)
    await s.pause(1)
    await caller.hangs_up()


@scenario("Asked on a second line, then handed over to a number outside", "inbound answered complaint by 1001")
async def second_line_outside(s: Scene) -> None:
    far = await s.outsider(FAR)
    li, caller = await _asks(s, FAR)
    await _answers(s, li, far)
    await li.hands_over(1, 2)
    await li.is_cut(2)
    await s.pause(1)
    await far.hangs_up()
    await caller.is_cut()


@scenario("Asked another queue on a second line, then handed over to its agent",
          "inbound answered complaint inquiry by 1001 1002")  # fmt: skip
async def second_line_to_queue(s: Scene) -> None:
    wang = await s.agent("1002", "inquiry")
    li, caller = await _asks(s, "6001")
    await _answers(s, li, wang)
    await li.hands_over(1, 2)
    await li.is_cut(2)
    await s.pause(1)
    await caller.hangs_up()


@scenario("Handed over to a colleague whose phone still rings", "inbound answered complaint by 1001 1002")
async def second_line_while_ringing(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await _asks(s, "1002")
    await wang.rings()
    await s.pause(0.3)
    await li.hands_over(1, 2)
    await s.pause(0.6)
    await wang.picks_up()
    await s.pause(1)
    await caller.hangs_up()


@scenario("Handed over into another queue, where he waits", "inbound answered complaint inquiry by 1001 1002")
async def second_line_waits_in_queue(s: Scene) -> None:
    li, caller = await _asks(s, "6002")
    await s.until("QueueCallerJoin", Queue="inquiry")
    await li.is_through(2)
    await s.pause(0.4)
    await li.hands_over(1, 2)
    await s.pause(0.6)
    wang = await s.agent("1002", "inquiry")
    await wang.rings()
    await wang.picks_up()
    await s.pause(1)
    await caller.hangs_up()


@scenario("The colleague asked refuses: the agent takes the caller back",
          "inbound answered complaint by 1001", "internal failed")  # fmt: skip
async def second_line_refused(s: Scene) -> None:
    wang = await s.desk("1002", "")
    li, caller = await _asks(s, "1002")
    await wang.refuses(486)
    await li.is_cut(2)
    await li.resumes(1)
    await s.pause()
    await caller.hangs_up()


@scenario("The agent gives up asking and takes the caller back",
          "inbound answered complaint by 1001", "internal failed")  # fmt: skip
async def second_line_given_up(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await _asks(s, "1002")
    await wang.rings()
    await s.pause(0.4)
    await li.hangs_up(2)
    await li.is_cut(2)
    await li.resumes(1)
    await s.pause()
    await caller.hangs_up()


@scenario("Asked, and the caller taken back",
          "inbound answered complaint by 1001", "internal answered by 1001 1002")  # fmt: skip
async def second_line_ended(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await _asks(s, "1002")
    await _answers(s, li, wang)
    await wang.hangs_up()
    await li.is_cut(2)
    await li.resumes(1)
    await s.pause()
    await caller.hangs_up()


@scenario("The caller hangs up while the agent asks",
          "inbound answered complaint by 1001", "internal answered by 1001 1002")  # fmt: skip
async def second_line_caller_leaves(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await _asks(s, "1002")
    await _answers(s, li, wang)
    await caller.hangs_up()
    await li.is_cut(1)
    await s.pause(0.5)
    await li.hangs_up(2)


@scenario("The caller and somebody called outside are handed to each other", "inbound answered complaint by 1001")
async def two_callers_joined(s: Scene) -> None:
    li = await s.desk("1001")
    first = await s.calls(COMPLAINTS)
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause(0.4)
    await li.holds(1)
    far = await s.outsider(FAR)
    await li.dials(FAR)
    await _answers(s, li, far)
    await li.hands_over(2, 1)
    await s.pause(1)
    await first.hangs_up()


@scenario("Two callers are parked at once and taken one after the other",
          "inbound answered complaint by 1001 1002", "inbound answered complaint by 1003 1004")  # fmt: skip
async def two_parked(s: Scene) -> None:
    spaces, callers = [], []
    for extension, number in (("1001", "13800138000"), ("1003", "13900139000")):
        agent = await s.agent(extension)
        callers.append(await s.calls(COMPLAINTS, number))
        await agent.rings()
        await agent.picks_up()
        await s.until("AgentConnect", CallerIDNum=number)
        await s.pause(0.4)
        await agent.transfers("700")
        spaces.append((await s.until("ParkedCall", ParkeeCallerIDNum=number))["ParkingSpace"])
    for extension, space, caller in zip(("1002", "1004"), spaces, callers, strict=True):
        colleague = await s.agent(extension, "")
        await colleague.dials(space)
        await s.until("UnParkedCall", ParkingSpace=space)
        await s.pause()
        await caller.hangs_up()
