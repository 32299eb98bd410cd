"""Shapes of the webhook API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from callcenter.hooks import model
from callcenter.hooks.checks import LONGEST_DESCRIPTION, LONGEST_URL
from callcenter.web.paging import PageQuery
from callcenter.web.text import ONE_LINE

DeliveryState = Literal["pending", "delivered", "failed"]
DeliveryError = Literal["gone", "redirected", "refused", "timeout", "unreachable", "forbidden", "event_gone"]

# Nearer to the ends of the calendar than any zone is wide, a time cannot be told in UTC.
Moment = Annotated[AwareDatetime, Field(ge=datetime(1970, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]


class WebhookDraft(BaseModel):
    """An endpoint as a person wants it. `event_types` as /webhooks/event-types lists them."""

    url: Annotated[str, Field(max_length=LONGEST_URL), ONE_LINE]
    event_types: Annotated[list[str], Field(max_length=200)]
    description: Annotated[str, Field(max_length=LONGEST_DESCRIPTION), ONE_LINE] = ""
    enabled: bool = True


class Counts(BaseModel):
    """How many of an endpoint's deliveries are in which state."""

    pending: int = 0
    delivered: int = 0
    failed: int = 0


class Webhook(BaseModel):
    """An endpoint. `version` goes into If-Match when it is changed.

    `off_reason`: why the service switched it off, null when a person did or when it is on. `failing_since`: no
    delivery has been taken since then. `old_secret_until`: so long an older secret is still signed with.
    """

    id: str
    version: int
    url: str
    description: str
    event_types: list[str]
    enabled: bool
    off_reason: Literal["gone", "failing"] | None
    off_at: datetime | None
    failing_since: datetime | None
    old_secret_until: datetime | None
    created_at: datetime
    deliveries: Counts


class WebhookWithSecret(BaseModel):
    """The only answer that holds the secret."""

    webhook: Webhook
    secret: str


class EventType(BaseModel):
    """A type of event that can be sent, and the room whose it is."""

    type: str
    room: str


class ReplayRequest(BaseModel):
    """One event by its `seq`, or what happened from `since` to before `until` (null: now).

    `missing`: only what the endpoint has not taken yet.
    """

    event_seq: Annotated[int, Field(ge=1, le=2**62)] | None = None
    since: Moment | None = None
    until: Moment | None = None
    missing: bool = False


class Replayed(BaseModel):
    """How many deliveries were made."""

    count: int


class DeliveryQuery(PageQuery):
    endpoint_id: str | None = None
    state: DeliveryState | None = None
    type: str | None = None


class Delivery(BaseModel):
    """One event on its way to one endpoint.

    `event_seq` is null for a test. `sending`: an attempt is under way. `message_id` is what the receiver gets as
    webhook-id: the same at every attempt and in every replay.
    """

    id: str
    endpoint_id: str
    event_seq: int | None
    event_type: str
    event_at: datetime
    message_id: str
    kind: Literal["event", "replay", "test"]
    state: DeliveryState
    sending: bool
    attempts: int
    next_try_at: datetime | None
    last_status: int | None
    last_error: DeliveryError | None
    created_at: datetime
    finished_at: datetime | None


class Attempt(BaseModel):
    """`excerpt` is the beginning of the answer, or why there was none."""

    at: datetime
    ms: int
    status: int | None
    error: DeliveryError | None
    excerpt: str


class DeliveryDetail(BaseModel):
    """A delivery with its last attempts, the newest first, and what it carries: null when the journal lost it."""

    delivery: Delivery
    attempts: list[Attempt]
    payload: dict[str, Any] | None


def delivery_shape(row: model.DeliveryRow) -> Delivery:
    """A row as the screens get it."""
    shared = {name: getattr(row, name) for name in Delivery.model_fields if hasattr(row, name)}
    shared["event_seq"] = row.event_seq if row.event_seq != model.NO_EVENT else None
    return Delivery(**shared, kind=_kind(row.round), sending=row.claim is not None)


def _kind(round_: str) -> Literal["event", "replay", "test"]:
    if not round_:
        return "event"
    return "test" if round_.startswith("test:") else "replay"
