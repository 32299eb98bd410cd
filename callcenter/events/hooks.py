"""What people, and the service itself, change about where events are sent."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import Event

WebhookChange = Literal[
    "created", "updated", "deleted", "secret_rotated", "switched_on", "switched_off", "tested", "replayed", "resent"
]


class WebhookChanged(Event):
    """`user_id` is None when the service did it: an endpoint that fails for days, or says that it is gone."""

    type: Literal["WebhookChanged"] = "WebhookChanged"
    endpoint_id: str
    change: WebhookChange
    user_id: str | None = None
    reason: str | None = None
