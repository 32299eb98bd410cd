"""The scenes of a call, one after the other, as the script has them. Pure."""

from __future__ import annotations

from dataclasses import replace

from callcenter.bench.storm.handing_over import hand_over
from callcenter.bench.storm.ringing import give_up, nobody_answers, pick_up, refuse
from callcenter.bench.storm.script import Call
from callcenter.bench.storm.talking import UNKNOWN, agent_hangs_up, caller_hangs_up
from callcenter.bench.storm.tape import Happening
from callcenter.bench.storm.telling import CHOICE, SWITCHBOARD, Teller

_MENU_S = 0.1


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
    teller.caller_ends(*UNKNOWN, source=teller.caller.name, dialled="")


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
            refuse(teller, *call.refuser, wave)
        teller.tape.at = wave.ends
        if turn < len(call.waves) - 1:
            nobody_answers(teller, wave)
    if call.winner is None:
        give_up(teller, call.waves[-1])
        return
    bridge = pick_up(teller, call.waves[-1], call.winner)
    if call.over is not None:
        hand_over(teller, call.winner, call.over, bridge)
    elif call.kind == "agent_ends":
        agent_hangs_up(teller, call.winner, bridge)
    else:
        caller_hangs_up(teller, call.winner, bridge, queued=True)
