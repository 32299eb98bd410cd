"""The manager has an agent consult somebody: attended transfers, and consultations that fail."""

from __future__ import annotations

from scripts.capture.people import Person
from scripts.capture.scenarios.base import RING_ALL, scenario
from scripts.capture.scenarios.transfers import FAR, talking
from scripts.capture.scene import Scene


async def _consults(s: Scene, number: str) -> tuple[Person, Person, str]:
    """The manager has the first agent consult somebody while the caller hears music."""
    li, caller = await talking(s, RING_ALL, "ring-all")
    s.note(f"1001 consults {number}")
    channel = await s.channel("PJSIP/1001-")
    await s.manager("Atxfer", Channel=channel, Exten=number, Context="callcenter-phones")
    return li, caller, channel


@scenario("Attended transfer: consulted, then handed over", "inbound answered ring-all by 1001 1002")
async def attended(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause(1)
    await li.hangs_up()
    await s.until("AttendedTransfer")
    await s.pause(1)
    await caller.hangs_up()


@scenario("Attended transfer completed by the manager's key", "inbound answered ring-all by 1001 1002")
async def attended_completed_by_key(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause(1)
    await li.presses("*2")
    await s.until("AttendedTransfer")
    await s.pause(1)
    await caller.hangs_up()


@scenario("Attended transfer: handed over while the phone still rings", "inbound answered ring-all by 1001 1002")
async def attended_before_the_answer(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await s.pause(0.3)
    await li.hangs_up()
    await s.pause(0.5)
    await wang.picks_up()
    await wang.is_through()
    await s.pause(0.8)
    await caller.hangs_up()


@scenario("Attended transfer to a queue whose agent answers", "inbound answered ring-all inquiry by 1001 1002")
async def attended_to_queue(s: Scene) -> None:
    wang = await s.agent("1002", "inquiry")
    li, caller, _ = await _consults(s, "6001")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause(1)
    await li.hangs_up()
    await s.until("AttendedTransfer")
    await s.pause(1)
    await caller.hangs_up()


@scenario("Attended transfer to a number outside", "inbound answered ring-all by 1001")
async def attended_outside(s: Scene) -> None:
    far = await s.outsider(FAR)
    li, caller, _ = await _consults(s, FAR)
    await far.rings()
    await far.picks_up()
    await far.is_through()
    await s.pause(1)
    await li.hangs_up()
    await s.until("AttendedTransfer")
    await s.pause(1)
    await caller.hangs_up()


@scenario("The colleague consulted hangs up: the agent has the caller again", "inbound answered ring-all by 1001 1001")
async def consultation_ended_by_colleague(s: Scene) -> None:
    wang = await s.agent("1002", "")
    _li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause(1)
    await wang.hangs_up()
    await s.until("Hangup", Channel="PJSIP/1002")
    await s.pause(1)
    await caller.hangs_up()


@scenario("The colleague consulted rejects: the agent has the caller again", "inbound answered ring-all by 1001 1001")
async def consultation_rejected(s: Scene) -> None:
    wang = await s.agent("1002", "")
    _li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await s.pause(0.3)
    await wang.rejects()
    await s.until("Hangup", Channel="PJSIP/1002")
    await s.pause(1)
    await caller.hangs_up()


@scenario("The colleague consulted does not pick up: the agent has the caller again",
          "inbound answered ring-all by 1001 1001")  # fmt: skip
async def consultation_not_picked_up(s: Scene) -> None:
    wang = await s.agent("1002", "")
    _li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await s.until("Hangup", Channel="PJSIP/1002", limit_s=40)
    await s.pause(1)
    await caller.hangs_up()


@scenario("The agent takes the consultation back: he has the caller again", "inbound answered ring-all by 1001 1001")
async def consultation_cancelled(s: Scene) -> None:
    wang = await s.agent("1002", "")
    _li, caller, channel = await _consults(s, "1002")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause(1)
    s.note("1001 takes the consultation back")
    await s.manager("CancelAtxfer", Channel=channel)
    await s.until("Hangup", Channel="PJSIP/1002")
    await s.pause(1)
    await caller.hangs_up()


@scenario("The caller hangs up during the consultation", "inbound answered ring-all by 1001")
async def leaves_in_consultation(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause(0.8)
    await caller.hangs_up()
    await s.pause(1)
    await li.hangs_up()


@scenario("All three together after the consultation", "inbound answered ring-all by 1001 1002 1001")
async def three_together(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller, _ = await _consults(s, "1002")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause(0.8)
    await li.presses("*3")
    await s.until("AttendedTransfer")
    await s.pause(1)
    await li.hangs_up()
    await s.pause(0.8)
    await caller.hangs_up()
