"""What agents do: their presence at the queues."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import Event

PresenceState = Literal["offline", "ready", "paused", "ringing", "talking", "wrapup"]


class PresenceChanged(Event):
    type: Literal["PresenceChanged"] = "PresenceChanged"
    user_id: str
    extension: str
    state: PresenceState
    reason: str | None = None
