"""On to somebody else: blind, after a consultation, into a conference, parked, picked up."""

from __future__ import annotations

from scripts.capture.people import Person
from scripts.capture.scenarios.base import COMPLAINTS, scenario
from scripts.capture.scene import Scene

FAR = "013900139000"


async def talking(s: Scene, number: str = COMPLAINTS, queue: str = "complaint") -> tuple[Person, Person]:
    """The first agent talks with a caller."""
    li = await s.agent("1001", queue)
    caller = await s.calls(number)
    await li.rings()
    await s.pause(0.2)
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    return li, caller


async def _takes_over(s: Scene, person: Person, caller: Person) -> None:
    """A second one gets the caller, who hangs up in the end."""
    await person.rings()
    await s.pause(0.3)
    await person.picks_up()
    await person.is_through()
    await s.pause(0.8)
    await caller.hangs_up()


@scenario("Blind transfer to a colleague", "inbound answered complaint by 1001 1002")
async def blind_to_agent(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await talking(s)
    await li.transfers("1002")
    await _takes_over(s, wang, caller)


@scenario("Blind transfer to another queue", "inbound answered complaint inquiry by 1001 1002")
async def blind_to_queue(s: Scene) -> None:
    wang = await s.agent("1002", "inquiry")
    li, caller = await talking(s)
    await li.transfers("6001")
    await _takes_over(s, wang, caller)


@scenario("Blind transfer to another queue, where the caller gives up", "inbound answered complaint inquiry by 1001")
async def blind_to_queue_abandoned(s: Scene) -> None:
    li, caller = await talking(s)
    await li.transfers("6001")
    await s.until("QueueCallerJoin", Queue="inquiry")
    await s.pause()
    await caller.hangs_up()


@scenario("Blind transfer to a number outside", "inbound answered complaint by 1001")
async def blind_outside(s: Scene) -> None:
    far = await s.outsider(FAR)
    li, caller = await talking(s)
    await li.transfers(FAR)
    await _takes_over(s, far, caller)


@scenario("Blind transfer to a colleague who rejects: the call is lost", "inbound answered complaint by 1001")
async def blind_rejected(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await talking(s)
    await li.transfers("1002")
    await wang.rings()
    await s.pause(0.3)
    await wang.rejects()
    await caller.is_cut()


@scenario("The caller hangs up while the phone rings to which he was transferred", "inbound answered complaint by 1001")
async def leaves_in_blind_transfer(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await talking(s)
    await li.transfers("1002")
    await wang.rings()
    await s.pause(0.4)
    await caller.hangs_up()


@scenario("Blind transfer to a number that is not there: the call is lost", "inbound answered complaint by 1001")
async def blind_to_nowhere(s: Scene) -> None:
    li, caller = await talking(s)
    await li.transfers("9999")
    await caller.is_cut()


@scenario("Transferred on, and by the second one back to the first", "inbound answered complaint by 1001 1002 1001")
async def blind_and_back(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await talking(s)
    await li.transfers("1002")
    await wang.rings()
    await wang.picks_up()
    await wang.is_through()
    await s.pause()
    await wang.transfers("1001")
    await _takes_over(s, li, caller)


@scenario("The manager transfers the caller blindly", "inbound answered complaint by 1001 1002")
async def blind_by_manager(s: Scene) -> None:
    wang = await s.agent("1002", "")
    _li, caller = await talking(s)
    s.note("the manager transfers the caller to 1002")
    channel = await s.channel("PJSIP/1001-")
    await s.manager("BlindTransfer", Channel=channel, Exten="1002", Context="callcenter-phones")
    await _takes_over(s, wang, caller)


@scenario("The manager takes the caller away to a colleague", "inbound answered complaint by 1001 1002")
async def redirected(s: Scene) -> None:
    wang = await s.agent("1002", "")
    _li, caller = await talking(s)
    s.note("the manager redirects the caller to 1002")
    channel = await s.channel("PJSIP/trunk-")
    await s.manager("Redirect", Channel=channel, Exten="1002", Context="callcenter-phones", Priority="1")
    await _takes_over(s, wang, caller)


@scenario("The manager takes a waiting caller out of the queue to a colleague", "inbound answered complaint by 1002")
async def redirected_out_of_queue(s: Scene) -> None:
    wang = await s.agent("1002", "")
    caller = await s.calls(COMPLAINTS)
    await s.until("QueueCallerJoin")
    await s.pause()
    s.note("the manager redirects the caller to 1002")
    channel = await s.channel("PJSIP/trunk-")
    await s.manager("Redirect", Channel=channel, Exten="1002", Context="callcenter-phones", Priority="1")
    await _takes_over(s, wang, caller)


async def _to_conference(s: Scene, room: str) -> None:
    s.note(f"the manager moves caller and 1001 to conference {room}")
    one, other = await s.channel("PJSIP/trunk-"), await s.channel("PJSIP/1001-")
    target = {"Exten": room, "Context": "callcenter-phones", "Priority": "1"}
    extra = {f"Extra{key}": value for key, value in target.items()}
    await s.manager("Redirect", Channel=one, ExtraChannel=other, **target, **extra)
    await s.until("ConfbridgeJoin", Channel="PJSIP/1001")


@scenario("Caller and agent go to a conference, a colleague joins; the first agent leaves",
          "inbound answered complaint by 1001 1002")  # fmt: skip
async def conference(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await talking(s)
    await _to_conference(s, "8001")
    await s.pause(0.5)
    await wang.dials("8001")
    await s.until("ConfbridgeJoin", Channel="PJSIP/1002")
    await s.pause(0.8)
    await li.hangs_up()
    await s.pause(0.8)
    await caller.hangs_up()
    await s.pause(0.5)
    await wang.hangs_up()


async def _parked(s: Scene) -> tuple[Person, Person, str]:
    li, caller = await talking(s)
    s.note("the manager parks the caller")
    channel, mine = await s.channel("PJSIP/trunk-"), await s.channel("PJSIP/1001-")
    await s.manager("Park", Channel=channel, TimeoutChannel=mine, AnnounceChannel=mine, Timeout="4000")
    parked = await s.until("ParkedCall")
    await s.pause(0.8)
    return li, caller, parked["ParkingSpace"]


@scenario("Parked, and taken by a colleague", "inbound answered complaint by 1001 1002")
async def parked(s: Scene) -> None:
    wang = await s.agent("1002", "")
    _li, caller, space = await _parked(s)
    await wang.dials(space)
    await s.until("UnParkedCall")
    await s.pause()
    await caller.hangs_up()


@scenario("Parked, and taken back by the same agent", "inbound answered complaint by 1001 1001")
async def parked_and_taken_back(s: Scene) -> None:
    li, caller, space = await _parked(s)
    await li.dials(space)
    await s.until("UnParkedCall")
    await s.pause()
    await caller.hangs_up()


@scenario("The caller hangs up while parked", "inbound answered complaint by 1001")
async def leaves_while_parked(s: Scene) -> None:
    _li, caller, _space = await _parked(s)
    await caller.hangs_up()


@scenario("Parked too long: the agent's phone rings again", "inbound answered complaint by 1001 1001")
async def parked_too_long(s: Scene) -> None:
    li, caller, _space = await _parked(s)
    await li.rings()
    await li.picks_up()
    await li.is_through()
    await s.pause()
    await caller.hangs_up()


@scenario("Parked by a blind transfer, taken by a colleague", "inbound answered complaint by 1001 1002")
async def parked_by_transfer(s: Scene) -> None:
    wang = await s.agent("1002", "")
    li, caller = await talking(s)
    await li.transfers("700")
    found = await s.until("ParkedCall")
    await s.pause()
    await wang.dials(found["ParkingSpace"])
    await s.until("UnParkedCall")
    await s.pause()
    await caller.hangs_up()


@scenario("A colleague picks up for the agent whose phone rings", "inbound answered complaint by 1002")
async def picked_up_for(s: Scene) -> None:
    li, wang = await s.agent("1001"), await s.agent("1002", "")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    await s.pause(0.5)
    await wang.dials("*81001")
    await s.until("Pickup")
    await s.pause(1)
    await caller.hangs_up()


@scenario("A colleague's internal call is picked up", "internal answered by 1001 1003")
async def internal_picked_up(s: Scene) -> None:
    li, wang, zhao = await s.agent("1001", ""), await s.agent("1002", ""), await s.agent("1003", "")
    await li.dials("1002")
    await wang.rings()
    await zhao.dials("*81002")
    await s.until("Pickup")
    await s.pause(1)
    await li.hangs_up()


@scenario("An outgoing call is transferred blindly to a colleague", "outbound answered by 1001 1002")
async def outbound_transferred(s: Scene) -> None:
    li, wang, far = await s.agent("1001", ""), await s.agent("1002", ""), await s.outsider(FAR)
    await li.dials(FAR)
    await far.rings()
    await far.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/1001")
    await s.pause()
    await li.transfers("1002")
    await _takes_over(s, wang, far)
