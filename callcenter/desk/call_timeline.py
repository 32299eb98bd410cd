"""The course of a call as a person reads it, from its events. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from callcenter.desk.call_shapes import TimelineEntry
from callcenter.events import Event, calls, complaints, recordings

_KINDS: dict[type[Event], str] = {
    calls.CallStarted: "started",
    calls.CallClassified: "classified",
    calls.CallQueued: "queued",
    calls.CallRinging: "ringing",
    calls.CallRingStopped: "ring_stopped",
    calls.CallAnswered: "answered",
    calls.CallHeld: "held",
    calls.CallResumed: "resumed",
    calls.CallTransferred: "transferred",
    calls.CallAgentLeft: "agent_left",
    calls.CallEnded: "ended",
    complaints.TicketOpened: "ticket_opened",
    recordings.RecordingStored: "recording_stored",
}
_SHOWN = ("queue", "extension", "menu_path", "reason", "cause", "number")
# A number that leads into a queue does so at once.
_AT_ONCE = timedelta(seconds=1)


def timeline(events: Sequence[Event], agents: Mapping[str, str]) -> list[TimelineEntry]:
    """The events of a call in order of time. `agents` are names by extension."""
    told = sorted((event for event in events if _is_told(event)), key=lambda event: event.at)
    return [_entry(event, told[place + 1 :], agents) for place, event in enumerate(told)]


def _is_told(event: Event) -> bool:
    """A number may have a queue of its own: nothing was chosen in a menu then."""
    return type(event) in _KINDS and not (isinstance(event, calls.CallClassified) and not event.menu_path)


def _entry(event: Event, later: Sequence[Event], agents: Mapping[str, str]) -> TimelineEntry:
    shown: dict[str, Any] = {name: value for name in _SHOWN if (value := getattr(event, name, None))}
    if isinstance(event, calls.CallTransferred):
        shown |= {"extension": event.from_extension, "number": event.to or None}
        shown |= {"to_extension": event.to_extension, "to_agent_name": agents.get(event.to_extension or "")}
        shown["to_queue"] = None if event.to_extension else _queue_joined(event, later)
    name = agents.get(shown.get("extension") or "")
    return TimelineEntry.model_validate({"at": event.at, "kind": _KINDS[type(event)], "agent_name": name, **shown})


def _queue_joined(transfer: calls.CallTransferred, later: Sequence[Event]) -> str | None:
    """The queue that the caller was handed to, if he was handed to one."""
    for event in later:
        if event.at - transfer.at > _AT_ONCE or isinstance(event, calls.CallTransferred | calls.CallRinging):
            return None
        if isinstance(event, calls.CallQueued):
            return event.queue
    return None
