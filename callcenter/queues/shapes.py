"""Shapes of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from callcenter.events.people import PresenceState


class PresenceView(BaseModel):
    """An agent's presence. `wish` is what he chose: it holds again when the call and its wrap-up are over. While
    `pbx_connected` is false, the wish is kept and reaches Asterisk later."""

    state: PresenceState
    wish: Literal["offline", "ready", "paused"]
    reason: str | None
    since: datetime
    queues: list[str]
    phone_registered: bool
    wrapup_until: datetime | None
    pbx_connected: bool


class PresenceChoice(BaseModel):
    """What the agent wants to be; a pause has one of the firm's reasons."""

    state: Literal["ready", "paused", "offline"]
    reason: str | None = None


class QueueLive(BaseModel):
    """A queue at this moment. `ready` counts agents who would get the next call; `longest_since` lets a screen count
    on from `longest_wait_s`."""

    name: str
    label_zh: str
    label_en: str
    waiting: int
    longest_wait_s: int
    longest_since: datetime | None
    ready: int
    talking: int
    paused: int
