"""The stretches of a recording from the ledger's times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from callcenter.calls.model import CallRow, CallTalkRow
from callcenter.calls.segments import segments

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOON + timedelta(seconds=seconds)


# recording began, joined a queue, talks (extension, from, to), ended → kind, from, to, agent
Expected = list[tuple[str, float, float, str | None]]
TABLES: dict[str, tuple[float | None, float | None, list[tuple[str, float, float | None]], float, Expected]] = {
    "one talk": (0.2, 6, [("1001", 9, 30)], 30.1,
                 [("menu", 0, 5.8, None), ("queue", 5.8, 8.8, None), ("talk", 8.8, 29.8, "1001")]),
    "two talks, waiting between": (0, 6, [("1001", 9, 20), ("1002", 25, 35)], 35,
                 [("menu", 0, 6, None), ("queue", 6, 9, None), ("talk", 9, 20, "1001"),
                  ("queue", 20, 25, None), ("talk", 25, 35, "1002")]),
    "abandoned": (0, 6, [], 16, [("menu", 0, 6, None), ("queue", 6, 16, None)]),
    "only the menu": (0, None, [], 16, [("menu", 0, 16, None)]),
    "a talk cut with the call": (0, 6, [("1001", 9, None)], 12,
                 [("menu", 0, 6, None), ("queue", 6, 9, None), ("talk", 9, 12, "1001")]),
    "recording began in the queue": (8, 6, [("1001", 9, 12)], 12, [("queue", 0, 1, None), ("talk", 1, 4, "1001")]),
    "a transfer without a gap": (0, 6, [("1001", 9, 20), ("1003", 20, 33)], 33,
                 [("menu", 0, 6, None), ("queue", 6, 9, None), ("talk", 9, 20, "1001"), ("talk", 20, 33, "1003")]),
    "not recorded": (None, 6, [], 16, []),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_segments(name: str) -> None:
    began, queued, talks, ended, expected = TABLES[name]
    call = CallRow(recording_started_at=at(began), queued_at=at(queued), ended_at=at(ended))
    rows = [CallTalkRow(extension=who, started_at=at(start), ended_at=at(end)) for who, start, end in talks]
    found = segments(call, rows)
    assert [(s.kind, s.start_s, s.end_s, s.agent_extension) for s in found] == expected
