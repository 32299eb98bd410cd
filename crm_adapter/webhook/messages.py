"""The JSON that travels: one envelope `{type, timestamp, data}` out, a small answer back."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from crm_adapter.ports import ExternalTicket, ForeignRecord, TicketDraft


class TicketCreated(BaseModel):
    """A ticket was opened in our store and is to be opened in yours."""

    model_config = ConfigDict(frozen=True)
    type: Literal["ticket.created"] = "ticket.created"
    timestamp: AwareDatetime
    data: TicketDraft


class CustomerQuery(BaseModel):
    """Who has this number? Answered with `{"customers": [...]}`."""

    model_config = ConfigDict(frozen=True)
    type: Literal["customer.lookup"] = "customer.lookup"
    timestamp: AwareDatetime
    number: str


class TicketAnswer(BaseModel):
    """What a receiver may say about the ticket it opened."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)
    id: str | None = Field(default=None, max_length=200)
    url: str | None = Field(default=None, max_length=2000)
    state: str | None = Field(default=None, max_length=100)


class CustomerAnswer(BaseModel):
    """What a receiver knows about a number."""

    model_config = ConfigDict(frozen=True)
    customers: tuple[ForeignRecord, ...] = ()


MESSAGE: TypeAdapter[TicketCreated | CustomerQuery] = TypeAdapter(TicketCreated | CustomerQuery)


def ticket_message(draft: TicketDraft) -> bytes:
    """The same draft always gives the same bytes, so that a repeated delivery is recognisably the same."""
    return TicketCreated(timestamp=draft.created_at, data=draft).model_dump_json().encode()


def read_ticket_answer(body: bytes, draft: TicketDraft) -> ExternalTicket:
    """A success with an empty or unreadable answer is still a success: the ticket is known by our own number."""
    try:
        answer = TicketAnswer.model_validate_json(body)
    except ValidationError:
        return ExternalTicket(external_id=draft.number)
    # A link is shown to be clicked: only web addresses may become one.
    url = answer.url if answer.url and answer.url.startswith(("https://", "http://")) else None
    return ExternalTicket(external_id=answer.id or draft.number, url=url, state=answer.state)
