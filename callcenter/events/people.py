"""What agents and users do: their presence at the queues, their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from callcenter.events.base import Event

PresenceState = Literal["offline", "ready", "paused", "ringing", "talking", "wrapup"]
Wish = Literal["offline", "ready", "paused"]


class PresenceChosen(Event):
    """An agent said what he wants to be. It ends his wrap-up."""

    type: Literal["PresenceChosen"] = "PresenceChosen"
    user_id: str
    extension: str
    wish: Wish
    reason: str | None = None


class WrapupEnded(Event):
    """An agent is done writing before his time is over."""

    type: Literal["WrapupEnded"] = "WrapupEnded"
    user_id: str
    extension: str


class PresenceChanged(Event):
    """What follows from choices, calls and time, as the process that leads sees it."""

    type: Literal["PresenceChanged"] = "PresenceChanged"
    user_id: str
    extension: str
    state: PresenceState
    reason: str | None = None
    wrapup_until: datetime | None = None


class StaffChanged(Event):
    """Users, their phones or the queues that they serve are no longer what they were."""

    type: Literal["StaffChanged"] = "StaffChanged"


class SessionEnded(Event):
    """Somebody signed out, or his session was ended. `session` as in the identity; None: all of his."""

    type: Literal["SessionEnded"] = "SessionEnded"
    user_id: str
    session: str | None
