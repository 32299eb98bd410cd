"""What each AMI message means for the call it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from callcenter.calls import causes
from callcenter.calls.ports import Message
from callcenter.calls.reading import text
from callcenter.events import Event
from callcenter.events.calls import RingEnd

if TYPE_CHECKING:
    from callcenter.calls.session import CallSession

# The menu's choice: channel variable → field of the record.
CHOICE = {"CC_MENU_PATH": "menu_path", "CC_LANG": "language", "CC_KIND": "kind"}
VARIABLES = frozenset({*CHOICE, "IVR_DONE"})
_DIALLED: dict[str, RingEnd] = {
    "NOANSWER": "no_answer",
    "BUSY": "rejected",
    "CHANUNAVAIL": "no_answer",
    "CONGESTION": "rejected",
}


def _newchannel(call: CallSession, message: Message, at: datetime) -> list[Event]:
    call.open_leg(text(message, "Uniqueid"), text(message, "Channel"), at)
    return []


def _varset(call: CallSession, message: Message, at: datetime) -> list[Event]:
    name, value = text(message, "Variable"), text(message, "Value")
    if name in CHOICE:
        call.change(**{CHOICE[name]: value})
    return call.classify(at) if name == "IVR_DONE" and value == "1" else []


def _joined(call: CallSession, message: Message, at: datetime) -> list[Event]:
    queue = text(message, "Queue")
    if call.last_join and at <= call.last_join:
        return []
    call.left_by_caller = False
    position = text(message, "Position")
    return call.join(queue, int(position) if position.isdigit() else 1, at)


def _abandoned(call: CallSession, message: Message, at: datetime) -> list[Event]:
    call.left_by_caller = True
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


def _dial_state(call: CallSession, message: Message, at: datetime) -> list[Event]:
    status = text(message, "DialStatus")
    return call.state(text(message, "DestUniqueid"), "Ringing", at) if status == "RINGING" else []


def _dial_end(call: CallSession, message: Message, at: datetime) -> list[Event]:
    status, uniqueid = text(message, "DialStatus"), text(message, "DestUniqueid")
    if status == "ANSWER":
        return []
    return call.stop_ring(uniqueid, _DIALLED.get(status) or call.why_cancelled(uniqueid), at)


def _ring_no_answer(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.stop_ring(text(message, "DestUniqueid"), "no_answer", at)


def _connected(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.answered(text(message, "DestUniqueid"), at)


def _completed(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.agent_left(text(message, "DestUniqueid"), at)


def _bridge_enter(call: CallSession, message: Message, at: datetime) -> list[Event]:
    return call.enter(text(message, "BridgeUniqueid"), text(message, "Uniqueid"), at)


def _bridge_leave(call: CallSession, message: Message, at: datetime) -> list[Event]:
    call.leave(text(message, "BridgeUniqueid"), text(message, "Uniqueid"), at)
    return []


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
    "HangupRequest": _hangup_requested,
    "Newstate": _newstate,
    "DialState": _dial_state,
    "DialEnd": _dial_end,
    "AgentRingNoAnswer": _ring_no_answer,
    "AgentConnect": _connected,
    "AgentComplete": _completed,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "MixMonitorStart": _mix_monitor,
    "Hangup": _hangup,
}
KNOWN = frozenset(HANDLERS)
