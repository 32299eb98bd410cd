"""From inside: to the public network, to colleagues, and those that Asterisk makes for us."""

from __future__ import annotations

from scripts.capture.scenarios.base import COMPLAINTS, scenario
from scripts.capture.scene import Scene

FAR = "013900139000"


@scenario("An agent calls outside over the second trunk", "outbound answered by 1001")
async def outbound(s: Scene) -> None:
    li, far = await s.agent("1001", ""), await s.outsider(FAR)
    await li.dials(FAR)
    await far.rings()
    await s.pause(0.5)
    await far.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/1001")
    await s.pause(1)
    await far.hangs_up()


@scenario("The party called rejects", "outbound failed")
async def outbound_rejected(s: Scene) -> None:
    li, far = await s.agent("1001", ""), await s.outsider(FAR)
    await li.dials(FAR)
    await far.rings()
    await far.rejects()
    await li.is_cut()


@scenario("The agent gives up before the party called picks up", "outbound failed")
async def outbound_given_up(s: Scene) -> None:
    li, far = await s.agent("1001", ""), await s.outsider(FAR)
    await li.dials(FAR)
    await far.rings()
    await s.pause(0.5)
    await li.hangs_up()


@scenario("The trunk does not take the call", "outbound failed")
async def outbound_no_route(s: Scene) -> None:
    li = await s.agent("1001", "")
    await li.dials("015000000000")
    await li.is_cut()


@scenario("The agent's phone is rung first, then the party outside", "outbound answered by 1001")
async def agent_first(s: Scene) -> None:
    li, far = await s.agent("1001", ""), await s.outsider(FAR)
    await _originate(s, "PJSIP/1001", FAR)
    await li.rings()
    await s.pause(0.4)
    await li.picks_up()
    await far.rings()
    await s.pause(0.4)
    await far.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/carrier")
    await s.pause(1)
    await li.hangs_up()


@scenario("The agent's phone is rung first and rejects", "outbound failed")
async def agent_first_rejected(s: Scene) -> None:
    li = await s.agent("1001", "")
    await _originate(s, "PJSIP/1001", FAR, Variable=f"CC_DIALLED={FAR}")
    await li.rings()
    await s.pause(0.3)
    await li.rejects()


@scenario("The agent's phone is rung first, the party outside is busy", "outbound failed")
async def agent_first_busy(s: Scene) -> None:
    li, far = await s.agent("1001", ""), await s.outsider(FAR)
    await _originate(s, "PJSIP/1001", FAR, Variable=f"CC_DIALLED={FAR}")
    await li.rings()
    await li.picks_up()
    await far.rings()
    await far.rejects()
    await li.is_cut()


@scenario("The agent's phone is rung first, through a Local channel", "outbound answered by 1001")
async def agent_first_local(s: Scene) -> None:
    li, far = await s.agent("1001", ""), await s.outsider(FAR)
    await _originate(s, "Local/1001@callcenter-phones", FAR)
    await li.rings()
    await li.picks_up()
    await far.rings()
    await far.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/carrier")
    await s.pause(1)
    await far.hangs_up()


@scenario("Both are agents: the first one's phone is rung first", "internal answered by 1001 1002")
async def agent_first_internal(s: Scene) -> None:
    li, wang = await s.agent("1001", ""), await s.agent("1002", "")
    await _originate(s, "PJSIP/1001", "1002")
    await li.rings()
    await li.picks_up()
    await wang.rings()
    await wang.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/1002")
    await s.pause()
    await wang.hangs_up()


async def _originate(s: Scene, channel: str, number: str, **more: str) -> None:
    s.note(f"the manager connects {channel} with {number}")
    await s.manager(
        "Originate", Channel=channel, Context="callcenter-phones", Exten=number, Priority="1",
        CallerID=f'"{number}" <{number}>', Async="true", **more,
    )  # fmt: skip


@scenario("The party outside is called first and then put into the queue", "outbound answered inquiry by 1001")
async def far_first(s: Scene) -> None:
    li, far = await s.agent("1001", "inquiry"), await s.outsider(FAR)
    port = await s.variable(f"FAR_{FAR}")
    s.note(f"the manager calls {FAR} for the queue inquiry")
    await s.manager(
        "Originate", Channel=f"PJSIP/carrier/sip:{FAR}@127.0.0.1:{port}", Context="callcenter-phones", Exten="6001",
        Priority="1", CallerID="02088886666", Async="true",
    )  # fmt: skip
    await far.rings()
    await far.picks_up()
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause()
    await far.hangs_up()


@scenario("A recorded notice is played to the party called", "outbound in_menu")
async def voice_notice(s: Scene) -> None:
    far = await s.outsider(FAR)
    port = await s.variable(f"FAR_{FAR}")
    s.note(f"the manager plays a notice to {FAR}")
    await s.manager(
        "Originate", Channel=f"PJSIP/carrier/sip:{FAR}@127.0.0.1:{port}", Application="Wait", Data="1",
        CallerID="02088886666", Async="true",
    )  # fmt: skip
    await far.rings()
    await far.picks_up()
    await far.is_cut()


@scenario("A caller gives up in the queue and is called back",
          "inbound abandoned complaint", "outbound answered by 1001")  # fmt: skip
async def call_back(s: Scene) -> None:
    li = await s.agent("1001", "")
    caller = await s.calls(COMPLAINTS)
    await s.until("QueueCallerJoin")
    await s.pause()
    await caller.hangs_up()
    await s.until("Hangup", Channel="PJSIP/trunk")
    number = "013800138000"
    far = await s.outsider(number)
    await _originate(s, "PJSIP/1001", number)
    await li.rings()
    await li.picks_up()
    await far.rings()
    await far.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/carrier")
    await s.pause()
    await far.hangs_up()


@scenario("An agent calls a colleague", "internal answered by 1001 1002")
async def internal(s: Scene) -> None:
    li, wang = await s.agent("1001", ""), await s.agent("1002", "")
    await li.dials("1002")
    await wang.rings()
    await wang.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/1001")
    await s.pause()
    await li.hangs_up()


@scenario("An agent calls a colleague, who rejects", "internal failed")
async def internal_rejected(s: Scene) -> None:
    li, wang = await s.agent("1001", ""), await s.agent("1002", "")
    await li.dials("1002")
    await wang.rings()
    await wang.rejects()
    await li.is_cut()


@scenario("An agent calls a colleague whose phone is not registered", "internal failed")
async def internal_not_registered(s: Scene) -> None:
    li = await s.agent("1001", "")
    await li.dials("1005")
    await li.is_cut()


@scenario("A colleague's call waits on the phone of an agent who talks with a caller",
          "inbound answered complaint by 1001", "internal answered by 1001 1002")  # fmt: skip
async def two_calls_on_one_phone(s: Scene) -> None:
    li, wang = await s.agent("1001"), await s.agent("1002", "")
    caller = await s.calls(COMPLAINTS)
    await li.rings()
    await li.picks_up()
    await s.until("AgentConnect")
    await s.pause(0.4)
    await wang.dials("1001")
    await li.rings()
    await li.picks_up()
    await s.until("BridgeEnter", Channel="PJSIP/1002")
    await s.pause()
    await wang.hangs_up()
    await s.until("Hangup", Channel="PJSIP/1002")
    await s.pause(0.4)
    await caller.hangs_up()
