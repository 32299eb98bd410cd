"""An agent who has a caller asks a colleague, on a call of their own: the colleague sees the caller's record. Pure.

What happens to that call is told of the caller's. It ends in a hand-over, and the pop stays where it is, or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from callcenter.desk.fold import Call, Part
from callcenter.desk.protocol import CloseReason
from callcenter.events import Event, calls


@dataclass(frozen=True)
class Consultation:
    """The agent at `by` asks about the call `about`."""

    about: str
    by: str


def begun(event: calls.CallStarted, open_calls: Iterable[Call]) -> Consultation | None:
    """Whether a call between agents is about a caller whom the one who dials has: the last one he took."""
    if event.direction != "internal" or event.extension is None:
        return None
    by = event.extension
    his = [call for call in open_calls if by in call.parts and _has(call.parts[by])]
    latest = max(his, key=lambda call: call.parts[by].answered_at or event.at, default=None)
    return Consultation(latest.id, by) if latest else None


def fold(call: Call, consultation: Consultation, event: Event) -> tuple[Call, CloseReason]:
    """The caller's call after something happened to the one in which his agent asks."""
    match event:
        case calls.CallRinging() | calls.CallAnswered() if event.extension != consultation.by and not call.over:
            return _asked(call, consultation, event), "ended"
        case calls.CallEnded() if event.merged_into is None:
            return _given_up(call, consultation), "ended"
        case _:
            return call, "ended"


def _has(part: Part) -> bool:
    return part.state == "talking" and part.consulted_by is None


def _asked(call: Call, consultation: Consultation, event: calls.CallRinging | calls.CallAnswered) -> Call:
    part = call.parts.get(event.extension)
    if part is not None and part.consulted_by is None and part.state != "ended":
        return call  # he has, or is offered, the call itself
    part = part or Part("ringing", event.at)
    part = replace(part, consulted_by=consultation.by, ended_at=None)
    if isinstance(event, calls.CallAnswered):
        part = replace(part, state="talking", answered_at=event.at)
    return call.put(event.extension, part)


def _given_up(call: Call, consultation: Consultation) -> Call:
    """Nobody took the call over: whoever was asked is done with it, unless he had it before."""
    for extension, part in call.parts.items():
        if part.consulted_by == consultation.by:
            call = _done(call, extension, part)
    return call


def _done(call: Call, extension: str, part: Part) -> Call:
    had = call.had.get(extension)
    if had is None or had.left_at is None:
        return call.drop([extension])
    return call.put(extension, replace(part, consulted_by=None, answered_at=had.answered_at).ended(had.left_at))
