"""Through menu and queue to one agent, and all the ways not to get there."""

from __future__ import annotations

from scripts.capture.scenarios.base import (
    AUTOPAUSE,
    CLOSED_EMPTY,
    COMPLAINTS,
    EMPTIED,
    IN_ORDER,
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
