"""The stretches of a recording from the ledger's times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls.model import CallLegRow, CallRow, CallTalkRow, CallVisitRow
from callcenter.calls.segments import segments

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)

# What the ledger has, in seconds after noon, of a call that is recorded from 0 and over at 40 unless it says otherwise;
# an open end is one that nobody told. Below it the stretches.
TABLES = {
    "one talk": ("recorded 0.2, wait 6-8.9, ring 1001 6.1-9, talk 1001 9-40",
                 "menu 0-5.8, queue 5.8-8.7, talk 1001 8.8-39.8"),
    "abandoned": ("wait 6-40, ring 1001 7-", "menu 0-6, queue 6-40"),
    "only the menu": ("", "menu 0-40"),
    "two queues one after the other": ("wait 6-20, wait 22-30, talk 1001 30-40",
                                       "menu 0-6, queue 6-20, waiting 20-22, queue 22-30, talk 1001 30-40"),
    "a talk cut with the call": ("wait 6-9, talk 1001 9-", "menu 0-6, queue 6-9, talk 1001 9-40"),
    "recording began in the queue": ("recorded 8, wait 6-9, talk 1001 9-12", "queue 0-1, talk 1001 1-4"),
    "blind to a colleague": ("wait 6-9, talk 1001 9-20, ring 1002 20.001-25, talk 1002 25.002-40",
                             "menu 0-6, queue 6-9, talk 1001 9-20, ringing 1002 20.001-25, talk 1002 25.002-40"),
    "blind to a colleague who does not pick up": ("wait 6-9, talk 1001 9-20, ring 1002 20-40",
                                                  "menu 0-6, queue 6-9, talk 1001 9-20, ringing 1002 20-40"),
    "blind to a queue": ("wait 6-9, talk 1001 9-20, wait 20-30, ring 1002 21-30, talk 1002 30-40",
                         "menu 0-6, queue 6-9, talk 1001 9-20, queue 20-30, talk 1002 30-40"),
    "blind to a queue and given up": ("wait 6-9, talk 1001 9-20, wait 20-40",
                                      "menu 0-6, queue 6-9, talk 1001 9-20, queue 20-40"),
    "attended: the caller waits while they consult": (
        "wait 6-9, talk 1001 9-20, ring 1002 21-25, talk 1002 30-40",
        "menu 0-6, queue 6-9, talk 1001 9-20, waiting 20-21, ringing 1002 21-25, waiting 25-30, talk 1002 30-40"),
    "blind to a number outside": ("wait 6-9, talk 1001 9-20, outside 20-25-38",
                                  "menu 0-6, queue 6-9, talk 1001 9-20, ringing 20-25"),
    "from outside back to a colleague": (
        "talk 1001 9-20, outside 20-25-30, ring 1002 30-32, talk 1002 32-40",
        "menu 0-9, talk 1001 9-20, ringing 20-25, ringing 1002 30-32, talk 1002 32-40"),
    "a transfer without a gap": ("wait 6-9, talk 1001 9-20, talk 1003 20-33",
                                 "menu 0-6, queue 6-9, talk 1001 9-20, talk 1003 20-33"),
    "a conference": ("wait 6-9, talk 1001 9-40, ring 1002 15-18, talk 1002 18-30",
                     "menu 0-6, queue 6-9, talk 1001 9-40, talk 1002 18-30"),
    "a survey after the talk": ("wait 6-9, talk 1001 9-30", "menu 0-6, queue 6-9, talk 1001 9-30"),
}  # fmt: skip


def at(seconds: str) -> datetime | None:
    return NOON + timedelta(seconds=float(seconds)) if seconds else None


def told(table: str) -> list[tuple[str, str | None, list[datetime | None]]]:
    """What, of which extension, when."""
    words = [line.split() for line in table.split(", ") if line]
    return [(word[0], word[1] if len(word) > 2 else None, [at(each) for each in word[-1].split("-")]) for word in words]


@pytest.mark.parametrize("name", TABLES)
def test_segments(name: str) -> None:
    ledger, expected = TABLES[name]
    call = CallRow(recording_started_at=at("0"), ended_at=at("40"))
    legs = [CallLegRow(role="caller", started_at=at("-1"), ringing_at=at("-1"), answered_at=at("-0.9"))]
    talks, visits = [], []
    for what, who, times in told(ledger):
        if what == "recorded":
            call.recording_started_at = times[0]
        elif what == "wait":
            visits.append(CallVisitRow(joined_at=times[0], left_at=times[1]))
        elif what == "talk":
            talks.append(CallTalkRow(extension=who, started_at=times[0], ended_at=times[1]))
        elif what == "ring":
            legs.append(CallLegRow(role="agent", extension=who, started_at=times[0], ringing_at=times[0],
                                   answered_at=times[1], ended_at=call.ended_at))  # fmt: skip
        else:
            legs.append(CallLegRow(role="other", started_at=times[0], answered_at=times[1], ended_at=times[2]))
    found = segments(call, legs, talks, visits)
    shown = [f"{' '.join(filter(None, (s.kind, s.agent_extension)))} {s.start_s:g}-{s.end_s:g}" for s in found]
    assert ", ".join(shown) == expected


def test_a_call_that_is_not_recorded_has_none() -> None:
    assert segments(CallRow(recording_started_at=None, ended_at=at("40")), [], [], []) == ()
