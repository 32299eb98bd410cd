"""What is known of a call. Frozen: a change makes a new value, so that a writer sees what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callcenter.events.calls import Outcome

Direction = Literal["inbound", "outbound", "internal"]
Role = Literal["caller", "agent", "other"]


@dataclass(frozen=True)
class CallRecord:
    """A call. `number` is the far party's, as the trunk gave it, "" when withheld; `extension` and `agent_id` are of
    the agent who answered last, `answered_at` is the first answer by an agent; `queue` the one joined last,
    `queued_at` the first join; `outcome` None while the call is alive."""

    id: str
    server: str
    linked_id: str
    direction: Direction
    number: str
    dialled: str
    started_at: datetime
    menu_path: str = ""
    kind: str = ""
    language: str = ""
    queue: str | None = None
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    end_cause: str | None = None
    agent_id: str | None = None
    extension: str | None = None
    recording_uniqueid: str | None = None
    recording_started_at: datetime | None = None


@dataclass(frozen=True)
class Leg:
    """One channel of a call."""

    uniqueid: str
    channel: str
    role: Role
    extension: str | None
    started_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    cause: str | None = None

    @property
    def alive(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True)
class Talk:
    """An agent and the far party hear each other, from bridge to bridge end."""

    uniqueid: str
    extension: str
    started_at: datetime
    ended_at: datetime | None = None
