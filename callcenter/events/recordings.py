"""What becomes of a call's recording."""

from __future__ import annotations

from typing import Literal

from callcenter.events.base import Event


class RecordingStored(Event):
    type: Literal["RecordingStored"] = "RecordingStored"
    call_id: str
    recording_id: str
    repaired: bool


class TranscriptChanged(Event):
    type: Literal["TranscriptChanged"] = "TranscriptChanged"
    call_id: str
    recording_id: str
    state: Literal["waiting", "running", "done", "failed"]
