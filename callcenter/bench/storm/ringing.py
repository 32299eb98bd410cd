"""Scenes of phones that ring for a caller in a queue: who refuses, who picks up, who gives up. Pure."""

from __future__ import annotations

from dataclasses import replace

from callcenter.bench.storm.script import Wave
from callcenter.bench.storm.talking import BUSY, UNKNOWN, hear_each_other
from callcenter.bench.storm.telling import Teller

_ELSEWHERE = (26, "Answered elsewhere")


def refuse(teller: Teller, phone: str, at: float, wave: Wave) -> None:
    """A phone that rings says no."""
    teller.tape.at = at
    teller.tape.says("HangupRequest", teller.phones[phone], "Cause: 17\r\n")
    teller.dial_end(phone, "NOANSWER")
    _rang_in_vain(teller, phone, at - wave.begins)
    teller.dialled(teller.phones[phone], wave.begins, at, "NO ANSWER")
    teller.phone_ends(phone, *BUSY, source=teller.phones[phone].name)


def _rang_in_vain(teller: Teller, phone: str, rang_s: float) -> None:
    tape, call = teller.tape, teller.call
    rang = f"RingTime: {int(rang_s) * 1000}\r\n"
    tape.says("AgentRingNoAnswer", teller.caller, teller.member(phone), rang, dest=teller.phones[phone])
    tape.queue_log(teller.caller.uniqueid, call.queue, phone, "RINGNOANSWER", int(rang_s) * 1000)


def nobody_answers(teller: Teller, wave: Wave) -> None:
    """The queue's time to ring is over."""
    ringing = [phone for phone in wave.phones if phone in teller.phones]
    for phone in ringing:
        _rang_in_vain(teller, phone, wave.ends - wave.begins)
    for phone in ringing:
        teller.dial_end(phone, "NOANSWER")
    for phone in ringing:
        teller.dial_end(phone, "CANCEL")
        teller.dialled(teller.phones[phone], wave.begins, wave.ends, "NO ANSWER")
        teller.phone_ends(phone, *UNKNOWN)


def give_up(teller: Teller, wave: Wave) -> None:
    """He hangs up while phones ring."""
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
        teller.phone_ends(phone, *UNKNOWN)
    teller.caller_ends(*UNKNOWN, source=teller.caller.name, dialled="CANCEL")


def pick_up(teller: Teller, wave: Wave, winner: str) -> str:
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
    hear_each_other(teller, winner, bridge)
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
