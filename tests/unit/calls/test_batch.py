"""What is left of a batch when the database does not take one of its calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from callcenter.calls.batch import Batch
from callcenter.calls.gaps import opened


def test_a_gap_goes_on_to_mark_the_calls_that_were_taken() -> None:
    gap = replace(opened("pbx", "link", datetime(2026, 11, 25, tzinfo=UTC)), calls=frozenset({"taken", "refused"}))
    [left] = Batch(gaps={gap.id: gap}).rest(["refused"]).gaps.values()
    assert left.calls == {"taken"}
