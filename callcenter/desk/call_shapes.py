"""Calls as the screens show them."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel

from callcenter.complaints.routes import TicketRow
from callcenter.desk.protocol import CustomerCard
from callcenter.web.paging import PageQuery

Outcome = Literal["active", "answered", "abandoned", "in_menu", "failed", "cut", "merged"]
TranscriptState = Literal["none", "waiting", "running", "done", "failed"]


class CallQuery(PageQuery):
    """Filters of the list. `q` looks in number and customer's name; `mine`: those I answered."""

    q: str | None = None
    queue: str | None = None
    outcome: Outcome | None = None
    mine: bool = False


class CallRow(BaseModel):
    """One line of the list. `wait_s`: from joining the queue to the answer or the end, null when never queued;
    `talk_s`: seconds in which agents and caller heard each other."""

    id: str
    direction: Literal["inbound", "outbound", "internal"]
    number: str | None
    raw_number: str
    customer_id: str | None
    customer_name: str | None
    queue: str | None
    menu_path: str | None
    kind: str | None
    language: str | None
    agent_id: str | None
    agent_name: str | None
    started_at: AwareDatetime
    answered_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    wait_s: float | None
    talk_s: float
    outcome: Outcome
    end_cause: str | None
    has_recording: bool
    transcript_state: TranscriptState
    ticket_numbers: list[str]


class CallLeg(BaseModel):
    """One channel of the call."""

    uniqueid: str
    role: Literal["caller", "agent", "other"]
    extension: str | None
    agent_name: str | None
    started_at: AwareDatetime
    ringing_at: AwareDatetime | None
    answered_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    cause: str | None


TimelineKind = Literal[
    "started",
    "classified",
    "queued",
    "ringing",
    "ring_stopped",
    "answered",
    "held",
    "resumed",
    "transferred",
    "agent_left",
    "ended",
    "ticket_opened",
    "recording_stored",
]


class TimelineEntry(BaseModel):
    """Something that happened in the call; of the other fields only those are set that belong to its kind.

    Of a transfer `extension` and `agent_name` are of who handed the call on; `number` is what he dialled,
    `to_extension` the same when it is a colleague's, `to_queue` the queue that it led to.
    """

    at: AwareDatetime
    kind: TimelineKind
    queue: str | None = None
    extension: str | None = None
    agent_name: str | None = None
    menu_path: str | None = None
    reason: str | None = None
    cause: str | None = None
    number: str | None = None
    to_extension: str | None = None
    to_agent_name: str | None = None
    to_queue: str | None = None


class Segment(BaseModel):
    """Which part of the recording is what, in seconds from its start."""

    start_s: float
    end_s: float
    kind: Literal["menu", "queue", "ringing", "waiting", "talk"]
    agent_extension: str | None = None


class RecordingSides(BaseModel):
    """Which sides there are to hear."""

    caller: bool
    agent: bool


class Recording(BaseModel):
    """The call's sound."""

    id: str
    state: Literal["collecting", "ready", "missing", "deleted"]
    duration_s: float | None
    repaired: bool
    sides: RecordingSides
    segments: list[Segment]


class CallDetail(CallRow):
    """One call with everything that hangs on it. `lacks`: what may be missing because Asterisk was not heard for some
    time; of `holds` its files do not tell. Null: nothing."""

    lacks: Literal["anything", "holds"] | None
    legs: list[CallLeg]
    timeline: list[TimelineEntry]
    disposition: str | None
    note: str | None
    customer: CustomerCard | None
    tickets: list[TicketRow]
    recording: Recording | None
