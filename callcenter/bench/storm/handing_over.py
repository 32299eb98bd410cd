"""Scenes of a caller who is handed over, blind or after a question. Pure."""

from __future__ import annotations

from dataclasses import replace

from callcenter.bench.storm.channel import Channel, bridge_headers, headers
from callcenter.bench.storm.script import HandOver
from callcenter.bench.storm.talking import BUSY, NORMAL, caller_hangs_up, complete, hear_each_other, last_phone
from callcenter.bench.storm.telling import Teller


def hand_over(teller: Teller, agent: str, over: HandOver, bridge: str) -> None:
    """The agent gives the caller to another phone, which picks up or refuses."""
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
    hear_each_other(teller, over.target, second)
    caller_hangs_up(teller, over.target, second, queued=False)


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
    complete(teller, agent, "transfer")
    teller.phones[agent] = teller.leave(phone, 1)
    teller.caller = replace(teller.caller, context="callcenter-phones", exten=over.target, priority=1)
    teller.caller = teller.leave(teller.caller, 0)
    tape.cel("APP_END", teller.caller)
    teller.caller = replace(teller.caller, app="Dial", data=f"PJSIP/{over.target},30")
    tape.cel("APP_START", teller.caller)
    teller.destroy(bridge)
    last_phone(teller, agent, source="")


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
    teller.phone_ends(over.target, *BUSY, source=target.name)
    tape.at = teller.call.ends
    teller.caller_ends(*BUSY, source="dialplan/builtin", dialled="ANSWER")


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
    caller_hangs_up(teller, over.target, bridge, queued=False)


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
    last_phone(teller, agent, source=gone.name)
    complete(teller, agent, "transfer")
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
    tape.hangs_up(near, *NORMAL, source="")
    away = teller.leave(away, 0)
    teller.destroy(dialled)
    tape.cel("APP_END", away)
    tape.hangs_up(away, *NORMAL, source="", dialled="ANSWER")
