"""What each AMI message means for the call it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from callcenter.calls import causes, talks
from callcenter.calls.ports import Message
from callcenter.calls.reading import dialled, text
from callcenter.calls.record import QueueEnd
from callcenter.events import Event
from callcenter.events.calls import RingEnd

if TYPE_CHECKING:
    from callcenter.calls.session import CallSession

# The menu's choice: channel variable → field of the record.
CHOICE = {"CC_MENU_PATH": "menu_path", "CC_LANG": "language", "CC_KIND": "kind"}
# Whom an agent's phone that is rung first will call: set by who has it rung.
DIALLED = "CC_DIALLED"
VARIABLES = frozenset({*CHOICE, DIALLED, "IVR_DONE", "QUEUESTATUS"})
# A bridge in which nobody hears anybody: parking, waiting.
_HOLDING = "holding_bridge"
_DIALLED: dict[str, RingEnd] = {
    "NOANSWER": "no_answer",
    "BUSY": "rejected",
    "CHANUNAVAIL": "no_answer",
    "CONGESTION": "rejected",
}


_PUT_OUT: dict[str, QueueEnd] = {"TIMEOUT": "timeout", "LEAVEEMPTY": "empty", "LEAVEUNAVAIL": "empty"}
_RINGING = ("RINGING", "PROGRESS")


def identity(message: Message) -> int | None:
    """Equal for a message that comes twice; None when Asterisk gave it no time. Two events of one kind on one channel
    never have the same microsecond, but variables may."""
    stamp = message.get("Timestamp")
    if not stamp:
        return None
    channel = message.get("Uniqueid") or message.get("DestUniqueid")
    return hash((stamp, message.name, channel, message.get("Variable")))


def holds(message: Message) -> bool:
    """Whether a bridge only keeps those who are in it."""
    return message.get("BridgeTechnology") == _HOLDING or message.get("BridgeType") == "parking"


def _newchannel(call: CallSession, message: Message, at: datetime) -> list[Event]:
    call.open_leg(text(message, "Uniqueid"), text(message, "Channel"), at)
    return []


def _varset(call: CallSession, message: Message, at: datetime) -> list[Event]:
    name, value = text(message, "Variable"), text(message, "Value")
    if name in CHOICE:
        call.change(**{CHOICE[name]: value})
    if name == DIALLED:
        return call.learn(value, at)
    if name == "QUEUESTATUS" and value in _PUT_OUT:
        call.left_by_caller = False
        call.decide(_PUT_OUT[value], at)
    return call.classify(at) if name == "IVR_DONE" and value == "1" else []


def _joined(call: CallSession, message: Message, at: datetime) -> list[Event]:
    queue = text(message, "Queue")
    if talks.waits(call.record.visits, queue):
        return []
    call.left_by_caller = False
    position = text(message, "Position")
    return call.join(queue, int(position) if position.isdigit() else 1, at)


def _abandoned(call: CallSession, message: Message, at: datetime) -> list[Event]:
    """Said of every wait that ends without an answer; of those that last too long the better word follows."""
    if talks.last_in(call.record.visits, text(message, "Queue")):
        call.change(visits=talks.over(call.record.visits, at, "abandoned"))
    return []


def _left(call: CallSession, message: Message, at: datetime) -> list[Event]:
    if talks.last_in(call.record.visits, text(message, "Queue")):
        call.change(visits=talks.left(call.record.visits, at))
    return []


def _hangup_requested(call: CallSession, message: Message, at: datetime) -> list[Event]:
    """Somebody hangs up by himself: the caller, or a phone that refuses (the queue calls that no answer)."""
    far, uniqueid = call.far(), text(message, "Uniqueid")
    if far and uniqueid == far.uniqueid:
        call.left_by_caller = True
        return []
    refused = causes.in_words(message.get("Cause")) in causes.REFUSED
    return call.stop_ring(uniqueid, "rejected", at) if refused else []


def _newstate(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.state(text(message, "Uniqueid"), text(message, "ChannelStateDesc"), at)


def _dial_begin(call: CallSession, message: Message, at: datetime) -> list[Event]:
    """Whom a call is for that Asterisk began, when nobody said so: an agent's phone first, which calls now, or the far
    party first."""
    first, dest, exten = call.first(), text(message, "DestUniqueid"), text(message, "Exten")
    if dest not in call.legs:
        return []
    call.called.setdefault(dest, exten)
    agent_first = call.legs[first].extension is not None
    if agent_first == (dest == first):
        return []
    return call.learn(exten if agent_first else dialled(text(message, "DialString")), at)


def _dial_state(call: CallSession, message: Message, at: datetime) -> list[Event]:
    status = text(message, "DialStatus")
    return call.state(text(message, "DestUniqueid"), "Ringing", at) if status in _RINGING else []


def _dial_end(call: CallSession, message: Message, at: datetime) -> list[Event]:
    status, uniqueid = text(message, "DialStatus"), text(message, "DestUniqueid")
    if status == "ANSWER":
        return []
    return call.stop_ring(uniqueid, _DIALLED.get(status) or call.why_cancelled(uniqueid), at)


def _ring_no_answer(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.stop_ring(text(message, "DestUniqueid"), "no_answer", at)


def _connected(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.answered(text(message, "DestUniqueid"), at)


def _bridge_enter(call: CallSession, message: Message, at: datetime) -> list[Event]:
    if holds(message):
        return []
    return call.enter(text(message, "BridgeUniqueid"), text(message, "Uniqueid"), text(message, "Channel"), at)


def _bridge_leave(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.leave(text(message, "BridgeUniqueid"), text(message, "Uniqueid"), at)


def _hold(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.hold(text(message, "Uniqueid"), at)


def _unhold(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.resume(text(message, "Uniqueid"), at)


def _blind(call: CallSession, message: Message, at: datetime) -> list[Event]:
    if message.get("Result") != "Success":
        return []
    return call.transferred(text(message, "TransfererUniqueid"), text(message, "Extension"), "", "blind", at)


def _attended(call: CallSession, message: Message, at: datetime) -> list[Event]:
    """Where all three go on together nobody handed over."""
    if message.get("Result") != "Success" or message.get("DestType") == "Threeway":
        return []
    by, target = text(message, "OrigTransfererUniqueid"), text(message, "TransferTargetUniqueid")
    return call.transferred(by, "", target, "attended", at)


def _picked_up(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.stop_ring(text(message, "TargetUniqueid"), "answered_elsewhere", at)


def _mix_monitor(call: CallSession, message: Message, at: datetime) -> list[Event]:
    if call.record.recording_uniqueid is None:
        call.change(recording_uniqueid=text(message, "Uniqueid"), recording_started_at=at)
    return []


def _hangup(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.hang_up(text(message, "Uniqueid"), causes.in_words(message.get("Cause")), at)


HANDLERS: dict[str, Callable[[CallSession, Message, datetime], list[Event]]] = {
    "Newchannel": _newchannel,
    "VarSet": _varset,
    "QueueCallerJoin": _joined,
    "QueueCallerAbandon": _abandoned,
    "QueueCallerLeave": _left,
    "HangupRequest": _hangup_requested,
    "Newstate": _newstate,
    "DialBegin": _dial_begin,
    "DialState": _dial_state,
    "DialEnd": _dial_end,
    "AgentRingNoAnswer": _ring_no_answer,
    "AgentConnect": _connected,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "Hold": _hold,
    "Unhold": _unhold,
    "BlindTransfer": _blind,
    "AttendedTransfer": _attended,
    "Pickup": _picked_up,
    "MixMonitorStart": _mix_monitor,
    "Hangup": _hangup,
}
KNOWN = frozenset(HANDLERS)
