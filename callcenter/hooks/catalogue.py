"""Which of our events others may have, and how they look when they are sent (pure)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from callcenter.events import CATALOGUE, Event

TEST = "WebhookTest"
# What concerns nobody outside: sessions, the house's own lists, an agent's click on his screen, webhooks themselves.
_OWN = frozenset({"SessionEnded", "StaffChanged", "PopDismissed", "WebhookChanged"})
OFFERED: tuple[str, ...] = tuple(name for name in CATALOGUE if name not in _OWN)
OFFERED_TYPES: tuple[type[Event], ...] = tuple(CATALOGUE[name] for name in OFFERED)


def event_payload(seq: int, event: Event) -> dict[str, Any]:
    """`{type, timestamp, seq, data}`. Of two events the one with the higher `seq` came later."""
    data = event.model_dump(mode="json", exclude={"type", "at"})
    return {"type": event.type, "timestamp": _stamp(event.at), "seq": seq, "data": data}


def trial_payload(endpoint_id: str, at: datetime) -> dict[str, Any]:
    """What the button sends: no event, of the same shape."""
    return {"type": TEST, "timestamp": _stamp(at), "seq": None, "data": {"endpoint_id": endpoint_id}}


def body_of(payload: dict[str, Any]) -> bytes:
    """The bytes that are signed; the same for the same payload."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def message_id(endpoint_id: str, seq: int, at: datetime, round_: str = "") -> str:
    """The webhook-id: the same for one event at one endpoint, however often and in whatever replay it is sent.

    Its time is in it because a database that was restored from a backup may give a place in the journal again.
    `round_` tells tests apart, which have no event.
    """
    text = f"{endpoint_id}\n{seq}\n{_stamp(at)}\n{round_}"
    return "msg_" + hashlib.sha256(text.encode()).hexdigest()[:32]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
