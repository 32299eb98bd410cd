"""Tables of webhook endpoints and of what was sent to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.db import Base

# A delivery of a test has no event in the journal.
NO_EVENT = 0


class EndpointRow(Base):
    """Where events are sent. It gets those behind `since_seq` in the journal whose type is in `event_types`.

    `off_reason`: None when a person switched it off; `gone` or `failing` when the service did. `old_secrets`, as
    `[{"secret", "until"}]`, are still signed with. `created_by` and `created_key` find the endpoint of a request that
    is sent again.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (UniqueConstraint("created_by", "created_key"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(200))
    event_types: Mapped[list[Any]]
    enabled: Mapped[bool]
    off_reason: Mapped[str | None] = mapped_column(String(16))
    off_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    since_seq: Mapped[int] = mapped_column(BigInteger)
    secret: Mapped[str] = mapped_column(String(128))
    old_secrets: Mapped[list[Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[str] = mapped_column(String(36))
    created_key: Mapped[str | None] = mapped_column(String(128))
    fingerprint: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)


class DeliveryRow(Base):
    """One event on its way to one endpoint.

    `round` is empty for what came from the journal by itself, else that of the replay or test. Whoever sends it
    writes his `claim` and moves `next_try_at` to when the claim is worth nothing any more. `attempts` counts those of
    the present schedule, `tries` keeps the last ones: `[{"at", "ms", "status", "error", "excerpt"}]`.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "event_seq", "round"),
        Index("ix_webhook_deliveries_due", "state", "endpoint_id", "next_try_at"),
        Index("ix_webhook_deliveries_endpoint_id", "endpoint_id", "id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    endpoint_id: Mapped[str] = mapped_column(String(36), ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    event_seq: Mapped[int] = mapped_column(BigInteger)
    round: Mapped[str] = mapped_column(String(140))
    event_type: Mapped[str] = mapped_column(String(64))
    event_at: Mapped[datetime]
    message_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime | None]
    claim: Mapped[str | None] = mapped_column(String(36))
    last_status: Mapped[int | None]
    last_error: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    tries: Mapped[list[Any]]
