"""Through menu and queue to one agent, and all the ways not to get there."""

from __future__ import annotations

from scripts.capture.scenarios.base import (
    CLOSED_EMPTY,
    COMPLAINTS,
    EMPTIED,
    MENU,
    OVERFLOW,
    REFUSED,
    RING_ALL,
    SMALL,
    SURVEY,
    TIMED_OUT,
    UNANSWERED,
    WITH_EXIT,
    scenario,
)  # fmt: skip
from scripts.capture.scene import Scene


@scenario("Through the menu to the complaint queue; the agent answers, the caller hangs up",
          "inbound answered complaint by 1001")  # fmt: skip
async def answered(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(MENU)
    await s.until("MixMonitorStart")
    await s.pause(0.3)
    await caller.presses("1")
    await li.rings()
    await s.pause(0.5)
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause(1.5)
    await caller.hangs_up()


@scenario("Straight to the queue; the agent hangs up", "inbound answered complaint by 1001")
async def agent_hangs_up(s: Scene) -> None:
    li = await s.agent("1001")
    await s.calls(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause(1)
    await li.hangs_up()


@scenario("The caller hangs up while he hears that the call is recorded", "inbound in_menu")
async def leaves_in_announcement(s: Scene) -> None:
    caller = await s.calls(COMPLAINTS)
    await caller.is_through()
    await caller.hangs_up()


@scenario("The caller hangs up in the menu", "inbound in_menu")
async def leaves_in_menu(s: Scene) -> None:
    caller = await s.calls(MENU)
    await s.until("MixMonitorStart")
    await s.pause(0.5)
    await caller.hangs_up()


@scenario("The caller chooses the end of the menu: we hang up", "inbound in_menu")
async def ends_in_menu(s: Scene) -> None:
    caller = await s.calls(MENU)
    await s.until("MixMonitorStart")
    await s.pause(0.3)
    await caller.presses("9")
    await caller.is_cut()


@scenario("The menu server breaks: an apology, then the queue", "inbound answered complaint by 1001")
async def menu_breaks(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(MENU)
    await s.until("MixMonitorStart")
    await s.pause(0.3)
    await caller.presses("7")
    await li.rings()
    await li.picks_up()
    await s.pause()
    await caller.hangs_up()


@scenario("Nobody is there: the caller waits, then hangs up", "inbound abandoned complaint")
async def leaves_in_queue(s: Scene) -> None:
    caller = await s.calls(COMPLAINTS)
    await s.until("QueueCallerJoin")
    await s.pause(1.2)
    await caller.hangs_up()


@scenario("The caller hangs up while the agent's phone rings", "inbound abandoned complaint")
async def leaves_while_ringing(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    await s.pause()
    await caller.hangs_up()


@scenario("The caller hangs up right when the agent picks up", "inbound answered complaint by 1001")
async def leaves_at_the_answer(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    await s.pause(0.4)
    await li.picks_up()
    await s.until("Newstate", Channel="PJSIP/1001-", ChannelStateDesc="Up")
    await caller.hangs_up()


@scenario("Answered and over in the same moment", "inbound answered complaint by 1001")
async def shortest_talk(s: Scene) -> None:
    li = await s.agent("1001")
    await s.calls(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await li.is_through()
    await li.hangs_up()


@scenario("The caller hangs up as soon as he has dialled", "inbound failed")
async def shortest_call(s: Scene) -> None:
    caller = await s.calls(UNANSWERED)
    await s.until("Newchannel")
    await caller.hangs_up()


@scenario("We refuse the call", "inbound failed")
async def refused(s: Scene) -> None:
    caller = await s.calls(REFUSED)
    await caller.is_cut()


@scenario("The queue's time is over: the call ends unserved", "inbound failed complaint")
async def timed_out(s: Scene) -> None:
    caller = await s.calls(TIMED_OUT)
    await s.until("QueueCallerLeave")
    await caller.is_cut()


@scenario("The queue's time is over while a phone rings", "inbound failed complaint")
async def timed_out_ringing(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(TIMED_OUT)
    await li.rings()
    await caller.is_cut(40)


@scenario("The queue's time is over: another queue, whose agent answers", "inbound answered complaint inquiry by 1002")
async def overflow(s: Scene) -> None:
    wang = await s.agent("1002", "inquiry")
    caller = await s.calls(OVERFLOW)
    await wang.rings()
    await wang.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await caller.hangs_up()


@scenario("The queue's time is over: another queue, where the caller gives up", "inbound abandoned complaint inquiry")
async def overflow_abandoned(s: Scene) -> None:
    caller = await s.calls(OVERFLOW)
    await s.until("QueueCallerJoin", Queue="inquiry")
    await s.pause()
    await caller.hangs_up()


@scenario("A key leads out of the queue", "inbound failed with-exit")
async def key_out_of_queue(s: Scene) -> None:
    caller = await s.calls(WITH_EXIT)
    await s.until("QueueCallerJoin")
    await s.pause()
    await caller.presses("1")
    await caller.is_cut()


@scenario("The queue is full: the second caller is sent to another queue and not served there",
          "inbound abandoned small", "inbound failed inquiry")  # fmt: skip
async def queue_full(s: Scene) -> None:
    first = await s.calls(SMALL)
    await s.until("QueueCallerJoin", Queue="small")
    second = await s.calls(SMALL, "13900139000")
    await second.is_cut()
    await first.hangs_up()


@scenario("Nobody works in this queue: no one is let in", "inbound in_menu")
async def queue_empty(s: Scene) -> None:
    caller = await s.calls(CLOSED_EMPTY)
    await caller.is_cut()


@scenario("The last agent of the queue pauses: the caller is put out of it", "inbound failed emptied")
async def queue_emptied(s: Scene) -> None:
    await s.agent("1001", "emptied")
    await s.manager("QueuePause", Interface="PJSIP/1001", Paused="true", Queue="emptied", Reason="lunch")
    await s.manager("QueuePause", Interface="PJSIP/1001", Paused="false", Queue="emptied")
    caller = await s.calls(EMPTIED)
    await s.until("QueueCallerJoin")
    await s.manager("QueuePause", Interface="PJSIP/1001", Paused="true", Queue="emptied", Reason="lunch")
    await caller.is_cut(40)


@scenario("After the agent a survey, to its end", "inbound answered complaint by 1001")
async def survey(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(SURVEY)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await li.hangs_up()
    await caller.is_cut()


@scenario("After the agent a survey, out of which the caller hangs up", "inbound answered complaint by 1001")
async def leaves_in_survey(s: Scene) -> None:
    li = await s.agent("1001")
    caller = await s.calls(SURVEY)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await li.hangs_up()
    await s.until("VarSet", Variable="CC_SURVEY")
    await s.pause()
    await caller.hangs_up()


@scenario("Two callers, one agent in wrap-up between: the second waits",
          "inbound answered complaint by 1001", "inbound answered complaint by 1001")  # fmt: skip
async def wrap_up(s: Scene) -> None:
    li = await s.agent("1001")
    first = await s.calls(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    second = await s.calls(COMPLAINTS, "13900139000")
    await s.until("QueueCallerJoin", CallerIDNum="13900139000")
    await first.hangs_up()
    await s.manager("QueuePause", Interface="PJSIP/1001", Paused="true", Reason="wrap-up")
    await s.pause(1)
    await s.manager("QueuePause", Interface="PJSIP/1001", Paused="false")
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect", CallerIDNum="13900139000")
    await s.pause()
    await second.hangs_up()


@scenario("Two calls at once to two agents",
          "inbound answered ring-all by 1001", "inbound answered ring-all by 1002")  # fmt: skip
async def two_at_once(s: Scene) -> None:
    li, wang = await s.agent("1001", "ring-all"), await s.agent("1002", "ring-all")
    first = await s.calls(RING_ALL)
    await li.rings()
    await wang.rings()
    second = await s.calls(RING_ALL, "13900139000")
    await s.until("QueueCallerJoin", CallerIDNum="13900139000")
    await li.picks_up()
    await s.until("AgentConnect", CallerIDNum="13800138000")
    await wang.rings()
    await wang.picks_up()
    await s.until("AgentConnect", CallerIDNum="13900139000")
    await s.pause()
    await second.hangs_up()
    await first.hangs_up()
