"""The desk socket's messages, from the server to an agent's screen. The screens' types are generated from them.

A fresh `snapshot` and an older one with the messages since then applied are the same: a `*_changed` message
carries the whole of what changed. A `beat` changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from callcenter.customers.shapes import Grade, Home, Phone
from callcenter.events.complaints import CrmState
from callcenter.queues.shapes import PresenceView, QueueLive

PopState = Literal["ringing", "talking", "ended"]
CloseReason = Literal["answered_elsewhere", "abandoned", "ended", "missed"]
TranscriptState = Literal["waiting", "running", "done", "failed"]
# Why a candidate stands where he stands.
CardReason = Literal[
    "chosen",
    "only_match",
    "open_complaint",
    "open_ticket",
    "recent_contact",
    "same_queue",
    "last_contact",
    "same_number",
]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class CardTicket(_Shape):
    id: str
    number: str
    kind: str
    category: str | None
    summary: str
    status: str
    created_at: datetime


class CardCall(_Shape):
    id: str
    queue: str | None
    started_at: datetime
    agent_name: str | None
    outcome: str
    disposition: str | None
    note: str | None


class CustomerCard(_Shape):
    """Who may be calling, and what we had to do with him: open tickets and last calls, newest first.

    `reason_params` as the words of the reason need them: `number` of a ticket, `at` as an ISO moment, `queue`. `tied`:
    nothing tells him from another one who stands at the same place, and nobody may be taken for granted.
    """

    id: str
    name: str
    grade: Grade
    homes: tuple[Home, ...] = ()
    phones: tuple[Phone, ...] = ()
    tags: tuple[str, ...] = ()
    open_tickets: tuple[CardTicket, ...] = ()
    last_calls: tuple[CardCall, ...] = ()
    reason: CardReason
    reason_params: dict[str, str] = {}
    tied: bool = False


class Colleague(_Shape):
    """Another agent who has, or had, this call, and what he wrote down of it; `left_at` null: he has it still."""

    extension: str
    name: str | None
    answered_at: datetime
    left_at: datetime | None
    note: str | None


class NewCustomer(_Shape):
    """What the short form for an unknown caller is filled with."""

    phone: str


class PopWarning(_Shape):
    """What the agent should know before he speaks; the words are the catalogue's."""

    code: str
    params: dict[str, int | str] = {}


class CrmField(_Shape):
    label: str
    value: str


class CrmPart(_Shape):
    """What the firm's own CRM knows of the caller. `off`: none is connected. It comes later than the rest."""

    state: Literal["off", "waiting", "found", "none", "failed"]
    name: str | None = None
    url: str | None = None
    fields: tuple[CrmField, ...] = ()


class Pop(_Shape):
    """One call at one agent. `number` is E.164, null when it has no such form; `raw_number` is as the trunk gave it.

    `note` is what the agent himself has written so far; `tickets` were opened in this call, by whomever.
    `consulted_by`: he does not have the call; the colleague at this extension asks him, on a call of their own.
    """

    call_id: str
    state: PopState
    number: str | None
    raw_number: str
    withheld: bool
    language: str | None
    menu_path: str | None
    kind: str | None
    queue: str | None
    queued_at: datetime | None
    ringing_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    candidates: tuple[CustomerCard, ...]
    new_customer: NewCustomer | None
    warnings: tuple[PopWarning, ...]
    crm: CrmPart
    colleagues: tuple[Colleague, ...] = ()
    tickets: tuple[CardTicket, ...] = ()
    note: str | None = None
    consulted_by: str | None = None


class Snapshot(_Shape):
    """Everything at once, sent first. `presence` is null for a user without a phone."""

    type: Literal["snapshot"] = "snapshot"
    presence: PresenceView | None
    pops: tuple[Pop, ...]
    queues: tuple[QueueLive, ...]


class PopOpened(_Shape):
    type: Literal["pop_opened"] = "pop_opened"
    pop: Pop


class PopChanged(_Shape):
    type: Literal["pop_changed"] = "pop_changed"
    pop: Pop


class PopClosed(_Shape):
    type: Literal["pop_closed"] = "pop_closed"
    call_id: str
    reason: CloseReason


class PresenceChanged(_Shape):
    type: Literal["presence_changed"] = "presence_changed"
    presence: PresenceView


class QueuesChanged(_Shape):
    type: Literal["queues_changed"] = "queues_changed"
    queues: tuple[QueueLive, ...]


class TranscriptChanged(_Shape):
    type: Literal["transcript_changed"] = "transcript_changed"
    call_id: str
    state: TranscriptState


class TicketChanged(_Shape):
    type: Literal["ticket_changed"] = "ticket_changed"
    ticket_id: str
    crm_state: CrmState


class Beat(_Shape):
    """Sent when nothing else was for ten seconds: who hears nothing for longer has lost the server."""

    type: Literal["beat"] = "beat"


PopMessage = PopOpened | PopChanged | PopClosed
Message = Snapshot | PopMessage | PresenceChanged | QueuesChanged | TranscriptChanged | TicketChanged | Beat


class DeskMessage(RootModel[Annotated[Message, Field(discriminator="type")]]):
    """Any message of the socket, for OpenAPI and for parsing."""
