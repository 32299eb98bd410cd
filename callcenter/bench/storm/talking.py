"""Scenes of a caller and a phone that hear each other, until one of them hangs up. Pure."""

from __future__ import annotations

from dataclasses import replace

from callcenter.bench.storm.telling import Teller

BUSY, NORMAL, UNKNOWN = (17, "User busy"), (16, "Normal Clearing"), (0, "Unknown")
_QOS = ("RTPAUDIOQOS", "RTPAUDIOQOSJITTER", "RTPAUDIOQOSLOSS", "RTPAUDIOQOSRTT", "RTPAUDIOQOSMES")
_QOS_TEXT = "ssrc=602416382;themssrc=2649799060;lp=0;rxjitter=0.000125;rxcount=858;txjitter=0.001375;txcount=830"


def hear_each_other(teller: Teller, phone: str, bridge: str) -> None:
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


def complete(teller: Teller, phone: str, reason: str) -> None:
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


def caller_hangs_up(teller: Teller, phone: str, bridge: str, *, queued: bool) -> None:
    """He ends it; `queued`: the queue is still at it."""
    tape, call = teller.tape, teller.call
    tape.at = call.ends
    _quality(teller, phone)
    tape.says("HangupRequest", teller.caller)
    if queued:
        complete(teller, phone, "caller")
    teller.caller = teller.leave(teller.caller, 1)
    tape.says("SoftHangupRequest", teller.caller, "Cause: 16\r\n")
    teller.phones[phone] = teller.leave(teller.phones[phone], 0)
    teller.destroy(bridge)
    last_phone(teller, phone, source=teller.caller.name)
    teller.caller_ends(*NORMAL, source=teller.caller.name, dialled="ANSWER")


def agent_hangs_up(teller: Teller, phone: str, bridge: str) -> None:
    """The phone ends it, and the dialplan goes on with the caller until that ends him too."""
    tape, source = teller.tape, teller.phones[phone].name
    tape.at = teller.call.ends
    _quality(teller, phone)
    tape.says("HangupRequest", teller.phones[phone])
    complete(teller, phone, "agent")
    teller.phones[phone] = teller.leave(teller.phones[phone], 1)
    last_phone(teller, phone, source=source)
    teller.caller = teller.leave(teller.caller, 0)
    teller.destroy(bridge)
    teller.caller = replace(teller.caller, exten="end")
    tape.says("SoftHangupRequest", teller.caller, "Cause: 16\r\n")
    teller.caller_ends(*NORMAL, source=source, dialled="ANSWER")


def last_phone(teller: Teller, phone: str, source: str) -> None:
    """The last phone of a call ends with it."""
    begins = teller.phones[phone].began
    teller.dialled(teller.phones[phone], begins, teller.tape.at, "ANSWERED")
    teller.phone_ends(phone, *NORMAL, source=source)
