"""Tables of tickets, their numbers and their idempotency keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base


class TicketRow(Base):
    """One ticket. `version` counts people's changes; the way to the CRM (`crm_*`) does not touch it.

    `call_id` is no foreign key: a ticket outlives the call's record. `crm_last_error` is `{code, field, params}`,
    so that it can be read in any language. `crm_round` grows when a person asks to send again.
    """

    __tablename__ = "tickets"
    __table_args__ = (Index("ix_tickets_customer_id", "customer_id", "status"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    category: Mapped[str | None] = mapped_column(String(64))
    summary: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    customer_id: Mapped[str | None] = mapped_column(String(36), ForeignKey("customers.id"))
    caller_number: Mapped[str | None] = mapped_column(String(64))
    call_id: Mapped[str | None] = mapped_column(String(36), index=True)
    owner_id: Mapped[str] = mapped_column(String(36), ForeignKey("users.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    crm_state: Mapped[str] = mapped_column(String(16))
    crm_attempts: Mapped[int] = mapped_column(default=0)
    crm_round: Mapped[int] = mapped_column(default=1)
    crm_last_error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    crm_external_id: Mapped[str | None] = mapped_column(String(200))
    crm_url: Mapped[str | None] = mapped_column(String(2000))
    crm_next_try_at: Mapped[datetime | None]


class TicketCounterRow(Base):
    """The last running number given out in a period."""

    __tablename__ = "ticket_counters"

    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int]


class TicketOpeningRow(Base):
    """Which ticket a request opened, so that the same request again comes to the same ticket."""

    __tablename__ = "ticket_openings"

    user_id: Mapped[str] = mapped_column(String(36), ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    ticket_id: Mapped[str] = mapped_column(String(36), ForeignKey("tickets.id"))
