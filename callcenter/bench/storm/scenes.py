"""The scenes of a call, one after the other, as the script has them. Pure."""

from __future__ import annotations

from dataclasses import replace

from callcenter.bench.storm.channel import Channel, bridge_headers, headers
from callcenter.bench.storm.script import Call, HandOver, Wave
from callcenter.bench.storm.tape import Happening
from callcenter.bench.storm.telling import CHOICE, SWITCHBOARD, Teller

_MENU_S = 0.1
_ELSEWHERE, _NORMAL, _BUSY = (26, "Answered elsewhere"), (16, "Normal Clearing"), (17, "User busy")
_UNKNOWN = (0, "Unknown")
_QOS = ("RTPAUDIOQOS", "RTPAUDIOQOSJITTER", "RTPAUDIOQOSLOSS", "RTPAUDIOQOSRTT", "RTPAUDIOQOSMES")
_QOS_TEXT = "ssrc=602416382;themssrc=2649799060;lp=0;rxjitter=0.000125;rxcount=858;txjitter=0.001375;txcount=830"


def tell(call: Call, began: float) -> list[Happening]:
    """All that happens, by time; `began` in seconds since 1970. The recording is left out: there is no sound."""
    teller = Teller.of(call, began)
    _arrives(teller)
    if call.joins is None:
        _hangs_up_in_menu(teller)
    else:
        _joins(teller)
        _waits(teller)
    return sorted(teller.tape.happenings, key=lambda each: each.at)


def _arrives(teller: Teller) -> None:
    tape, call = teller.tape, teller.call
    teller.caller = replace(teller.caller, variables=(("CC_LANG", "zh"), ("CC_MENU_PATH", "main")))
    tape.cel("CHAN_START", teller.caller)
    tape.says("Newchannel", teller.caller)
    for name, value in (("SIPDOMAIN", "127.0.0.1"), ("__CC_NUMBER", SWITCHBOARD), ("CC_DEFAULT_QUEUE", call.queue)):
        teller.var(teller.caller, name, value)
    teller.caller = replace(teller.caller, state=6, context="callcenter-receive", exten="s", app="Answer")
    tape.cel("ANSWER", teller.caller)
    tape.says("Newstate", teller.caller)
    teller.var(teller.caller, "CC_LANG", "zh")
    tape.at = call.begins + _MENU_S
    teller.caller = replace(teller.caller, context="callcenter-call", exten="menu", app="", data="")
    for name in ("PLAYBACKSTATUS", "ARGC", "GOSUB_RETVAL", "AGIEXITONHANGUP"):
        teller.var(teller.caller, name, "yes" if name == "AGIEXITONHANGUP" else "")
    teller.var(teller.caller, "CC_MENU_PATH", "main")


def _hangs_up_in_menu(teller: Teller) -> None:
    teller.tape.at = teller.call.ends
    teller.tape.says("HangupRequest", teller.caller)
    teller.caller_ends(*_UNKNOWN, source=teller.caller.name, dialled="")


def _joins(teller: Teller) -> None:
    """The menu is done; he waits in the queue."""
    tape, call = teller.tape, teller.call
    assert call.joins is not None
    tape.at = call.joins - 0.005
    for name, value in (*CHOICE, ("CC_QUEUE", call.queue), ("IVR_DONE", "1"), ("AGISTATUS", "SUCCESS")):
        teller.var(teller.caller, name, value)
    teller.caller = replace(teller.caller, exten="wait", priority=2, variables=(*CHOICE, ("IVR_DONE", "1")))
    teller.chosen(teller.caller)
    for name in ("ANSWEREDTIME", "DIALEDTIME", "QUEUEWAIT"):
        teller.var(teller.caller, name)
    teller.caller = replace(teller.caller, app="Queue", data=f"{call.queue},c", waits=call.queue)
    tape.at = call.joins
    tape.cel("APP_START", teller.caller)
    tape.says("DeviceStateChange", None, f"Device: Queue:{call.queue}\r\nState: RINGING\r\n")
    tape.says("QueueCallerJoin", teller.caller, f"Queue: {call.queue}\r\nPosition: 1\r\nCount: 1\r\n")
    tape.queue_log(teller.caller.uniqueid, call.queue, "NONE", "ENTERQUEUE", "", call.caller, 1)
    tape.says("MusicOnHoldStart", teller.caller, "Class: default\r\n")


def _waits(teller: Teller) -> None:
    call = teller.call
    for turn, wave in enumerate(call.waves):
        teller.ring_wave(wave, turn)
        if call.refuser and call.refuser[0] in wave.phones:
            _refuses(teller, *call.refuser, wave)
        teller.tape.at = wave.ends
        if turn < len(call.waves) - 1:
            _nobody(teller, wave)
    if call.winner is None:
        _gives_up(teller, call.waves[-1])
        return
    bridge = _picks_up(teller, call.waves[-1], call.winner)
    if call.over is not None:
        _hands_over(teller, call.winner, call.over, bridge)
    elif call.kind == "agent_ends":
        _agent_hangs_up(teller, call.winner, bridge)
    else:
        _caller_hangs_up(teller, call.winner, bridge, queued=True)


def _refuses(teller: Teller, phone: str, at: float, wave: Wave) -> None:
    teller.tape.at = at
    teller.tape.says("HangupRequest", teller.phones[phone], "Cause: 17\r\n")
    teller.dial_end(phone, "NOANSWER")
    _rang_in_vain(teller, phone, at - wave.begins)
    teller.dialled(teller.phones[phone], wave.begins, at, "NO ANSWER")
    teller.phone_ends(phone, *_BUSY, source=teller.phones[phone].name)


def _rang_in_vain(teller: Teller, phone: str, rang_s: float) -> None:
    tape, call = teller.tape, teller.call
    rang = f"RingTime: {int(rang_s) * 1000}\r\n"
    tape.says("AgentRingNoAnswer", teller.caller, teller.member(phone), rang, dest=teller.phones[phone])
    tape.queue_log(teller.caller.uniqueid, call.queue, phone, "RINGNOANSWER", int(rang_s) * 1000)


def _nobody(teller: Teller, wave: Wave) -> None:
    """The queue's time to ring is over."""
    ringing = [phone for phone in wave.phones if phone in teller.phones]
    for phone in ringing:
        _rang_in_vain(teller, phone, wave.ends - wave.begins)
    for phone in ringing:
        teller.dial_end(phone, "NOANSWER")
    for phone in ringing:
        teller.dial_end(phone, "CANCEL")
        teller.dialled(teller.phones[phone], wave.begins, wave.ends, "NO ANSWER")
        teller.phone_ends(phone, *_UNKNOWN)


def _gives_up(teller: Teller, wave: Wave) -> None:
    tape, call = teller.tape, teller.call
    tape.says("HangupRequest", teller.caller)
    tape.says("MusicOnHoldStop", teller.caller)
    ringing = [phone for phone in wave.phones if phone in teller.phones]
    for _twice in range(2):
        for phone in ringing:
            teller.dial_end(phone, "CANCEL")
    for phone in ringing:
        tape.queue_log(teller.caller.uniqueid, call.queue, phone, "RINGCANCELED", int(1000 * (wave.ends - wave.begins)))
    teller.caller = replace(teller.caller, waits="")
    assert call.joins is not None
    waited = int(tape.at - call.joins)
    place = f"Queue: {call.queue}\r\nPosition: 1\r\nOriginalPosition: 1\r\nHoldTime: {waited}\r\n"
    tape.says("QueueCallerAbandon", teller.caller, place)
    tape.queue_log(teller.caller.uniqueid, call.queue, "NONE", "ABANDON", 1, 1, waited)
    tape.says("QueueCallerLeave", teller.caller, f"Queue: {call.queue}\r\nPosition: 1\r\nCount: 0\r\n")
    tape.says("SoftHangupRequest", teller.caller, "Cause: 16\r\n")
    for phone in ringing:
        teller.dialled(teller.phones[phone], wave.begins, tape.at, "NO ANSWER")
        teller.phone_ends(phone, *_UNKNOWN)
    teller.caller_ends(*_UNKNOWN, source=teller.caller.name, dialled="CANCEL")


def _picks_up(teller: Teller, wave: Wave, winner: str) -> str:
    """One answers, the others stop ringing; the bridge in which he talks."""
    tape, call = teller.tape, teller.call
    others = [phone for phone in wave.phones if phone != winner and phone in teller.phones]
    teller.phones[winner] = up = replace(teller.phones[winner], state=6)
    tape.cel("ANSWER", up)
    tape.says("Newstate", up)
    teller.dial_end(winner, "ANSWER")
    for phone in others:
        teller.dial_end(phone, "CANCEL")
    teller.caller = replace(teller.caller, peer=winner, waits="")
    tape.says("NewConnectedLine", teller.caller)
    for phone in others:
        teller.dial_end(phone, "CANCEL")
    tape.says("MusicOnHoldStop", teller.caller)
    tape.says("DeviceStateChange", None, f"Device: Queue:{call.queue}\r\nState: NOT_INUSE\r\n")
    teller.device(winner, "INUSE")
    _connects(teller, wave, winner)
    for phone in others:
        teller.dialled(teller.phones[phone], wave.begins, tape.at, "NO ANSWER")
        teller.phone_ends(phone, *_ELSEWHERE)
    bridge = teller.bridge()
    _talk(teller, winner, bridge)
    return bridge


def _connects(teller: Teller, wave: Wave, winner: str) -> None:
    tape, call = teller.tape, teller.call
    assert call.joins is not None
    waited, rang = int(tape.at - call.joins), int(tape.at - wave.begins)
    tape.says("QueueCallerLeave", teller.caller, f"Queue: {call.queue}\r\nPosition: 1\r\nCount: 0\r\n")
    for name, value in (("QUEUEPOSITION", "1"), ("QUEUEWAIT", str(waited)), ("QUEUEWAIT_MS", str(waited * 1000))):
        teller.var(teller.caller, name, value)
    held = f"HoldTime: {waited}\r\nRingTime: {rang}\r\n"
    tape.says("AgentConnect", teller.caller, teller.member(winner), held, dest=teller.phones[winner])
    uniqueid = teller.phones[winner].uniqueid
    tape.queue_log(teller.caller.uniqueid, call.queue, winner, "CONNECT", waited, uniqueid, rang)


def _talk(teller: Teller, phone: str, bridge: str) -> None:
    """A phone and the caller hear each other."""
    teller.phones[phone] = teller.enter(teller.phones[phone], bridge, 1)
    teller.caller = teller.enter(teller.caller, bridge, 2)
    for one, other in ((teller.phones[phone], teller.caller), (teller.caller, teller.phones[phone])):
        teller.var(one, "BRIDGEPEER", other.name)
        teller.var(one, "BRIDGEPVTCALLID", "d65d7c7549fdf016")


def _quality(teller: Teller, phone: str) -> None:
    for name in _QOS:
        teller.var(teller.caller, name, _QOS_TEXT)
        teller.var(teller.phones[phone], f"{name}BRIDGED", _QOS_TEXT)


def _completes(teller: Teller, phone: str, reason: str) -> None:
    """The queue is done with a call that was answered."""
    tape, call = teller.tape, teller.call
    assert call.answers is not None and call.joins is not None
    waited, talked = int(call.answers - call.joins), int(tape.at - call.answers)
    told = f"HoldTime: {waited}\r\nTalkTime: {talked}\r\nReason: {reason}\r\n"
    tape.says("AgentComplete", teller.caller, teller.member(phone), told, dest=teller.phones.get(phone))
    uniqueid = teller.caller.uniqueid
    match reason:
        case "transfer" if call.kind == "attended":
            tape.queue_log(uniqueid, call.queue, phone, "ATTENDEDTRANSFER", "BRIDGE", "", waited, talked, 1)
        case "transfer":
            target = call.over.target if call.over else ""
            place = (target, "callcenter-phones", waited, talked, 1)
            tape.queue_log(uniqueid, call.queue, phone, "BLINDTRANSFER", *place)
        case _:
            tape.queue_log(uniqueid, call.queue, phone, f"COMPLETE{reason.upper()}", waited, talked, 1)


def _caller_hangs_up(teller: Teller, phone: str, bridge: str, *, queued: bool) -> None:
    tape, call = teller.tape, teller.call
    tape.at = call.ends
    _quality(teller, phone)
    tape.says("HangupRequest", teller.caller)
    if queued:
        _completes(teller, phone, "caller")
    teller.caller = teller.leave(teller.caller, 1)
    tape.says("SoftHangupRequest", teller.caller, "Cause: 16\r\n")
    teller.phones[phone] = teller.leave(teller.phones[phone], 0)
    teller.destroy(bridge)
    _last_phone(teller, phone, source=teller.caller.name)
    teller.caller_ends(*_NORMAL, source=teller.caller.name, dialled="ANSWER")


def _agent_hangs_up(teller: Teller, phone: str, bridge: str) -> None:
    tape, source = teller.tape, teller.phones[phone].name
    tape.at = teller.call.ends
    _quality(teller, phone)
    tape.says("HangupRequest", teller.phones[phone])
    _completes(teller, phone, "agent")
    teller.phones[phone] = teller.leave(teller.phones[phone], 1)
    _last_phone(teller, phone, source=source)
    teller.caller = teller.leave(teller.caller, 0)
    teller.destroy(bridge)
    teller.caller = replace(teller.caller, exten="end")
    tape.says("SoftHangupRequest", teller.caller, "Cause: 16\r\n")
    teller.caller_ends(*_NORMAL, source=source, dialled="ANSWER")


def _last_phone(teller: Teller, phone: str, source: str) -> None:
    begins = teller.phones[phone].began
    teller.dialled(teller.phones[phone], begins, teller.tape.at, "ANSWERED")
    teller.phone_ends(phone, *_NORMAL, source=source)


def _hands_over(teller: Teller, agent: str, over: HandOver, bridge: str) -> None:
    if teller.call.kind == "attended":
        _asks_first(teller, agent, over, bridge)
        return
    _lets_go(teller, agent, over, bridge)
    _dials(teller, over, teller.caller)
    if over.answers is None:
        _target_refuses(teller, over)
        return
    teller.tape.at = over.answers
    _target_picks_up(teller, over, teller.caller)
    second = teller.bridge()
    _talk(teller, over.target, second)
    _caller_hangs_up(teller, over.target, second, queued=False)


def _lets_go(teller: Teller, agent: str, over: HandOver, bridge: str) -> None:
    """The blind transfer: the agent is out before the other phone rings."""
    tape = teller.tape
    tape.at = over.dials
    phone = teller.phones[agent]
    tape.says("Unhold", phone)
    tape.cel("BLINDTRANSFER", phone, _transfer_extra(over, teller.caller, bridge))
    told = headers(phone, "Transferer") + headers(teller.caller, "Transferee") + bridge_headers(bridge, 2)
    end = f"IsExternal: Yes\r\nContext: callcenter-phones\r\nExtension: {over.target}\r\n"
    tape.says("BlindTransfer", None, "Result: Success\r\n", told, end)
    _completes(teller, agent, "transfer")
    teller.phones[agent] = teller.leave(phone, 1)
    teller.caller = replace(teller.caller, context="callcenter-phones", exten=over.target, priority=1)
    teller.caller = teller.leave(teller.caller, 0)
    tape.cel("APP_END", teller.caller)
    teller.caller = replace(teller.caller, app="Dial", data=f"PJSIP/{over.target},30")
    tape.cel("APP_START", teller.caller)
    teller.destroy(bridge)
    _last_phone(teller, agent, source="")


def _transfer_extra(over: HandOver, caller: Channel, bridge: str) -> str:
    return (
        f'{{"extension":"{over.target}","context":"callcenter-phones","bridge_id":"{bridge}",'
        f'"transferee_channel_name":"{caller.name}","transferee_channel_uniqueid":"{caller.uniqueid}"}}'
    )


def _dials(teller: Teller, over: HandOver, by: Channel) -> None:
    """A phone outside of any queue begins to ring."""
    tape, target = teller.tape, over.target
    made = teller.new(f"PJSIP/{target}", number=target)
    tape.cel("CHAN_START", made)
    tape.says("Newchannel", made)
    called = replace(made, exten=target, peer=by.number, app="AppDial", data="(Outgoing Line)")
    tape.says("NewConnectedLine", called)
    tape.says("DialBegin", by, f"DialString: {target}\r\n", dest=called)
    teller.phones[target] = ringing = replace(called, state=5)
    tape.says("Newstate", ringing, ring=(teller.call.number, target, len(teller.call.waves)))
    teller.device(target, "RINGING")
    tape.says("DialState", by, "DialStatus: RINGING\r\n", dest=ringing)


def _target_picks_up(teller: Teller, over: HandOver, by: Channel) -> None:
    teller.phones[over.target] = up = replace(teller.phones[over.target], state=6)
    teller.tape.cel("ANSWER", up)
    teller.tape.says("Newstate", up)
    teller.dial_end(over.target, "ANSWER", by)
    teller.device(over.target, "INUSE")
    # As Asterisk has it for who was dialled and is now in a bridge.
    teller.phones[over.target] = replace(up, exten="")


def _target_refuses(teller: Teller, over: HandOver) -> None:
    tape = teller.tape
    assert over.refuses is not None
    tape.at = over.refuses
    target = teller.phones[over.target]
    tape.says("HangupRequest", target, "Cause: 17\r\n")
    teller.dial_end(over.target, "BUSY")
    tape.says("SoftHangupRequest", teller.caller, "Cause: 16\r\n")
    teller.dialled(target, target.began, tape.at, "BUSY")
    teller.phone_ends(over.target, *_BUSY, source=target.name)
    tape.at = teller.call.ends
    teller.caller_ends(*_BUSY, source="dialplan/builtin", dialled="ANSWER")


def _asks_first(teller: Teller, agent: str, over: HandOver, bridge: str) -> None:
    """The attended transfer: the agent talks to the other one over a Local channel, then hangs up."""
    tape = teller.tape
    tape.at = over.dials
    tape.says("Hold", teller.phones[agent])
    tape.says("MusicOnHoldStart", teller.caller, "Class: default\r\n")
    near, away = _local(teller, agent, over)
    consulting = teller.bridge()
    tape.says("LocalBridge", None, headers(near, "LocalOne"), headers(away, "LocalTwo"), "LocalOptimization: Yes\r\n")
    near = teller.enter(near, consulting, 1)
    teller.phones[agent] = teller.leave(teller.phones[agent], 1)
    teller.phones[agent] = teller.enter(teller.phones[agent], consulting, 2)
    tape.cel("APP_START", away)
    _dials(teller, over, away)
    assert over.answers is not None and over.hands is not None
    tape.at = over.answers
    _target_picks_up(teller, over, away)
    near, away = replace(near, state=6, number=over.target), replace(away, state=6, peer=over.target)
    for half in (near, away):
        tape.cel("ANSWER", half)
        tape.says("Newstate", half)
    dialled = teller.bridge()
    teller.phones[over.target] = teller.enter(teller.phones[over.target], dialled, 1)
    away = teller.enter(away, dialled, 2)
    tape.at = over.hands
    near = _merges(teller, agent, near, (bridge, consulting))
    _optimizes(teller, over, near, away, (bridge, dialled))
    _caller_hangs_up(teller, over.target, bridge, queued=False)


def _local(teller: Teller, agent: str, over: HandOver) -> tuple[Channel, Channel]:
    """The two halves of the Local channel over which the agent dials."""
    name = f"Local/{over.target}@callcenter-phones-{teller.call.number:08x}"
    near = replace(teller.new(f"{name};1"), exten=over.target)
    away = replace(teller.new(f"{name};2"), exten=over.target, state=4)
    for half in (near, away):
        teller.tape.cel("CHAN_START", half)
        teller.tape.says("Newchannel", half)
    away = replace(away, number=agent, app="Dial", data=f"PJSIP/{over.target},30")
    teller.tape.says("NewCallerid", away, "CID-CallingPres: 0 (Presentation Allowed, Not Screened)\r\n")
    return replace(near, peer=agent), away


def _merges(teller: Teller, agent: str, near: Channel, bridges: tuple[str, str]) -> Channel:
    """The agent hangs up: the near half takes his place with the caller."""
    tape, (talk, consulting) = teller.tape, bridges
    phone = teller.phones[agent]
    tape.says("HangupRequest", phone)
    teller.phones[agent] = phone = teller.leave(phone, 1)
    tape.says("MusicOnHoldStop", teller.caller)
    tape.says("BridgeMerge", None, bridge_headers(talk, 1, "ToBridge"), bridge_headers(consulting, 1, "FromBridge"))
    near = teller.leave(near, 0)
    near = teller.enter(near, talk, 2)
    teller.caller = replace(teller.caller, peer=near.number)
    tape.says("NewConnectedLine", teller.caller)
    tape.cel("ATTENDEDTRANSFER", phone, _attended_extra(teller, phone, near, bridges))
    tape.says("AttendedTransfer", None, *_attended(teller, phone, near, bridges))
    teller.destroy(consulting)
    gone = teller.phones[agent]
    _last_phone(teller, agent, source=gone.name)
    _completes(teller, agent, "transfer")
    return near


def _attended_extra(teller: Teller, phone: Channel, near: Channel, bridges: tuple[str, str]) -> str:
    caller = teller.caller
    return (
        f'{{"bridge1_id":"{bridges[0]}","channel2_name":"{phone.name}","channel2_uniqueid":"{phone.uniqueid}",'
        f'"bridge2_id":"{bridges[1]}","transferee_channel_name":"{caller.name}",'
        f'"transferee_channel_uniqueid":"{caller.uniqueid}","transfer_target_channel_name":"{near.name}",'
        f'"transfer_target_channel_uniqueid":"{near.uniqueid}"}}'
    )


def _attended(teller: Teller, phone: Channel, near: Channel, bridges: tuple[str, str]) -> tuple[str, ...]:
    return (
        "Result: Success\r\n",
        headers(phone, "OrigTransferer") + bridge_headers(bridges[0], 2, "OrigBridge"),
        headers(phone, "SecondTransferer") + bridge_headers(bridges[1], 0, "SecondBridge"),
        headers(teller.caller, "Transferee") + headers(near, "TransferTarget"),
        f"IsExternal: No\r\nDestType: Bridge\r\nDestBridgeUniqueid: {bridges[0]}\r\n",
    )


def _optimizes(teller: Teller, over: HandOver, near: Channel, away: Channel, bridges: tuple[str, str]) -> None:
    """Half a second later the Local channel takes itself out: the other agent's phone moves to the caller's bridge."""
    tape, (talk, dialled) = teller.tape, bridges
    tape.at += 0.5
    halves = headers(near, "LocalOne") + headers(away, "LocalTwo")
    tape.says("LocalOptimizationBegin", None, halves, headers(teller.phones[over.target], "Source"))
    teller.phones[over.target] = teller.leave(teller.phones[over.target], 1)
    near = teller.leave(near, 1)
    teller.phones[over.target] = teller.enter(teller.phones[over.target], talk, 2)
    tape.cel("LOCAL_OPTIMIZE", near, f'{{"local_two":"{away.name}","local_two_uniqueid":"{away.uniqueid}"}}')
    tape.says("LocalOptimizationEnd", None, halves, "Success: No\r\n")
    tape.says("HangupRequest", away, "Cause: 16\r\n")
    tape.hangs_up(near, *_NORMAL, source="")
    away = teller.leave(away, 0)
    teller.destroy(dialled)
    tape.cel("APP_END", away)
    tape.hangs_up(away, *_NORMAL, source="", dialled="ANSWER")
