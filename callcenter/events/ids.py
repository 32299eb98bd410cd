"""Identities. Each is a UUIDv7 in text, so that ids sort by the time they were made."""

from __future__ import annotations

from typing import NewType

from uuid_utils import uuid7

CallId = NewType("CallId", str)
UserId = NewType("UserId", str)
CustomerId = NewType("CustomerId", str)
TicketId = NewType("TicketId", str)
RecordingId = NewType("RecordingId", str)


def new_id() -> str:
    """A new UUIDv7."""
    return str(uuid7())
