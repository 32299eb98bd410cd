"""What every domain event has in common."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict


class Event(BaseModel):
    """Something that became true. Written to the journal in the transaction that made it true."""

    model_config = ConfigDict(frozen=True)

    type: str
    at: datetime
    call_id: str | None = None
