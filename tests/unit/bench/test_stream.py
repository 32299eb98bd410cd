"""The recorded stream that the manager's bench replays."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.asterisk.ami.messages import AmiParser
from callcenter.bench.hearer import _AGENTS
from callcenter.bench.stream import STREAM, read
from callcenter.calls.tracker import CallTracker, wanted
from callcenter.errors import Problem


def test_it_is_what_a_manager_user_is_told_of_calls_through_menu_and_queue() -> None:
    stream = read()
    names = Counter(message.name for message in AmiParser().feed(stream.data))
    assert names.total() == stream.events
    assert (
        min(names[name] for name in ("VarSet", "Newexten", "AGIExecStart", "AgentConnect", "TestEvent", "Hangup")) > 4
    )
    assert STREAM.stat().st_size < 200_000


def test_told_again_it_is_of_other_calls() -> None:
    stream, tracker, events = read(), CallTracker("bench", _AGENTS), Counter[str]()
    for number in (0, 1, 9999):
        for message in AmiParser().feed(stream.retold(number)):
            if wanted(message):
                for _, changes in tracker.apply(message, datetime.now(UTC)):
                    events.update(type(change).__name__ for change in changes)
    assert events["CallStarted"] == events["CallEnded"] == 3 * 8
    assert events["CallAnswered"] >= 3 * 4
    assert tracker.sessions == []


def test_without_it_the_bench_says_so(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="bench_capture_missing"):
        read(tmp_path / "none.gz")
