"""What the real Asterisk said, folded into calls."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.asterisk.ami.messages import AmiParser
from callcenter.calls.session import CallSession
from callcenter.calls.tracker import CallTracker, wanted

CAPTURES = Path(__file__).parents[2] / "wire" / "captures"
AGENTS = {"1001": "user-li", "1002": "user-wang", "1003": "user-zhao"}
EXPECTED = {
    "answered": [
        "CallStarted",
        "CallClassified main/complaint complaint en",
        "CallQueued complaint",
        "CallRinging 1001",
        "CallAnswered 1001",
        "CallAgentLeft 1001",
        "CallEnded answered normal",
    ],
    # To the number for complaints alone: no menu, and no agent ready.
    "abandoned": [
        "CallStarted",
        "CallClassified  complaint zh",
        "CallQueued complaint",
        "CallEnded abandoned normal",
    ],
    "abandoned_ringing": [
        "CallStarted",
        "CallClassified  complaint zh",
        "CallQueued complaint",
        "CallRinging 1001",
        "CallRingStopped 1001 abandoned",
        "CallEnded abandoned normal",
    ],
    "rejected": [
        "CallStarted",
        "CallClassified  complaint zh",
        "CallQueued complaint",
        "CallRinging 1001",
        "CallRingStopped 1001 rejected",
        "CallRinging 1003",
        "CallAnswered 1003",
        "CallAgentLeft 1003",
        "CallEnded answered normal",
    ],
    "blind_transfer": [
        "CallStarted",
        "CallClassified  complaint zh",
        "CallQueued complaint",
        "CallRinging 1001",
        "CallAnswered 1001",
        "CallAgentLeft 1001",
        "CallRinging 1002",
        "CallAnswered 1002",
        "CallAgentLeft 1002",
        "CallEnded answered normal",
    ],
}
_SHOWN = ("menu_path", "kind", "language", "outcome", "cause", "extension", "reason")


def folded(name: str) -> tuple[list[str], list[CallSession]]:
    tracker, shown, calls = CallTracker("pbx", AGENTS), [], {}
    for message in AmiParser().feed((CAPTURES / f"{name}.ami").read_bytes()):
        if not wanted(message):
            continue
        for call, events in tracker.apply(message, datetime.now(UTC)):
            calls[call.record.id] = call
            shown += [event.model_dump() for event in events]
    assert tracker.sessions == []
    return [_told(event) for event in shown], list(calls.values())


def _told(event: dict[str, object]) -> str:
    shown = ("queue",) if event["type"] == "CallQueued" else _SHOWN
    return " ".join([str(event["type"]), *(str(event[key]) for key in shown if event.get(key) is not None)])


@pytest.mark.parametrize("name", EXPECTED)
def test_events(name: str) -> None:
    assert folded(name)[0] == EXPECTED[name]


def test_times_are_those_of_asterisk() -> None:
    [call] = folded("answered")[1]
    [talk] = call.talks
    assert talk.ended_at and call.record.queued_at and call.record.answered_at
    assert (call.record.answered_at - call.record.queued_at).total_seconds() == pytest.approx(1.07, abs=0.01)
    assert (talk.ended_at - talk.started_at).total_seconds() == pytest.approx(4.398, abs=0.01)
    assert call.record.recording_uniqueid == call.record.linked_id
