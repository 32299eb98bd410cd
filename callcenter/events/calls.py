"""What happens to a call. Extensions are those of the agents' phones; numbers are as the trunk gave them."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import Event

RingEnd = Literal["answered_elsewhere", "no_answer", "rejected", "abandoned"]
# `merged`: it became part of another call, as a consultation does with the transfer.
Outcome = Literal["answered", "abandoned", "in_menu", "failed", "cut", "merged"]
TransferKind = Literal["blind", "attended"]


class _OfCall(Event):
    call_id: str


class CallStarted(_OfCall):
    """`extension`: the agent's phone that began it, when one did."""

    type: Literal["CallStarted"] = "CallStarted"
    server: str
    linked_id: str
    direction: Literal["inbound", "outbound", "internal"]
    number: str
    dialled: str
    extension: str | None = None


class CallNumberLearned(_OfCall):
    """Whom a call is for that began with the ringing of an agent's phone, and with that its direction."""

    type: Literal["CallNumberLearned"] = "CallNumberLearned"
    direction: Literal["inbound", "outbound", "internal"]
    number: str
    dialled: str


class CallClassified(_OfCall):
    """The caller left the menu: what he chose there."""

    type: Literal["CallClassified"] = "CallClassified"
    menu_path: str
    kind: str
    language: str


class CallQueued(_OfCall):
    type: Literal["CallQueued"] = "CallQueued"
    queue: str
    position: int


class CallRinging(_OfCall):
    """One agent's phone rings. `ring_id` is the unique id of the ringing channel; `over`: it had stopped again before
    anybody could be told of it."""

    type: Literal["CallRinging"] = "CallRinging"
    ring_id: str
    extension: str
    queue: str | None
    over: bool = False


class CallRingStopped(_OfCall):
    type: Literal["CallRingStopped"] = "CallRingStopped"
    ring_id: str
    extension: str
    reason: RingEnd


class CallAnswered(_OfCall):
    type: Literal["CallAnswered"] = "CallAnswered"
    extension: str
    queue: str | None


class CallAgentLeft(_OfCall):
    """The agent's part ended, whoever hung up; the call may go on (survey, transfer)."""

    type: Literal["CallAgentLeft"] = "CallAgentLeft"
    extension: str


class CallTransferred(_OfCall):
    """An agent handed the far party on to `to`, a number or extension. `consultation` is the call in which he asked
    before, when that was one of its own; it has ended as `merged`."""

    type: Literal["CallTransferred"] = "CallTransferred"
    kind: TransferKind
    from_extension: str | None
    to: str
    to_extension: str | None = None
    consultation: str | None = None


class CallHeld(_OfCall):
    """An agent's phone holds the call."""

    type: Literal["CallHeld"] = "CallHeld"
    extension: str


class CallResumed(_OfCall):
    """It holds the call no more."""

    type: Literal["CallResumed"] = "CallResumed"
    extension: str


class CallEnded(_OfCall):
    """`cause` is the hang-up cause in words (`normal`, `asterisk_restarted`, ...). `merged_into`: the call that goes on
    in its place."""

    type: Literal["CallEnded"] = "CallEnded"
    outcome: Outcome
    cause: str
    merged_into: str | None = None


class CallerChosen(_OfCall):
    """An agent said who calls, or took it back."""

    type: Literal["CallerChosen"] = "CallerChosen"
    customer_id: str | None


class PopDismissed(_OfCall):
    """An agent closed a call that is over on his screen."""

    type: Literal["PopDismissed"] = "PopDismissed"
    extension: str


class CallNoted(_OfCall):
    """An agent wrote on his note of the call; what it says stands in `call_notes`."""

    type: Literal["CallNoted"] = "CallNoted"
    user_id: str
    extension: str | None
