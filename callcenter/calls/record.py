"""What is known of a call. Frozen: a change makes a new value, so that a writer sees what changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callcenter.events.calls import Outcome

Direction = Literal["inbound", "outbound", "internal"]
Role = Literal["caller", "agent", "other"]
# `exit`: led out by a key or by the manager; `empty`: put out because nobody works in the queue any more.
QueueEnd = Literal["answered", "abandoned", "timeout", "empty", "exit"]


@dataclass(frozen=True)
class QueueVisit:
    """The caller's wait in one queue; a call may wait in several, or twice in one."""

    queue: str
    joined_at: datetime
    left_at: datetime | None = None
    outcome: QueueEnd | None = None


@dataclass(frozen=True)
class CallRecord:
    """A call. `number` is the far party's, as the trunk gave it, "" when withheld or not known yet; `extension` and
    `agent_id` are of the agent who answered last, `answered_at` is the first answer by an agent; `queue` the one joined
    last, `queued_at` the first join, `visits` all of them; `outcome` None while the call is alive. `merged_into` is the
    call that this one, a consultation or a pick-up, became part of (outcome `merged`), and that has its visits. `gap`:
    for some time Asterisk was not heard, or set its clock back, so that something may be missing. `holds_gap`: its
    files told of that time, but they never tell of a hold: of all that is said here only holds may be missing or too
    long."""

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
    visits: tuple[QueueVisit, ...] = ()
    merged_into: str | None = None
    gap: bool = False
    holds_gap: bool = False


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


@dataclass(frozen=True)
class Hold:
    """Somebody's phone held the call: an agent's, or (`extension` None) the far party's."""

    uniqueid: str
    extension: str | None
    started_at: datetime
    ended_at: datetime | None = None
