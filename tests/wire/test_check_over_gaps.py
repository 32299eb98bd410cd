"""The check of calls that were not heard for a time, and that Asterisk then only showed: what they lack is said of
calls that are marked, and of none that is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.calls.check import check
from callcenter.calls.disagreement import Disagreement, Kept
from callcenter.calls.reading import when
from tests.wire import conversations, oracle
from tests.wire.ledger_lines import AGENTS, Ledger
from tests.wire.test_planted_in_conversations import EVER, NAMES, files

# Lost is what lies between, in parts of all messages.
WINDOWS = ((0.0, 0.3), (0.2, 0.5), (0.4, 0.8), (0.7, 1.0))


def told(name: str) -> list[AmiMessage]:
    return [message for raw in conversations.read(name).raw for message in AmiParser().feed(raw)]


def over_a_gap(name: str, lost: int, back: int) -> list[Disagreement]:
    messages, ledger = told(name), Ledger()
    for message in messages[:lost]:
        ledger.hear(message)
    ledger.note(ledger.tracker.missed())
    # Asterisk is asked a moment before the next thing happens.
    at = when(messages[min(back, len(messages) - 1)], EVER[1]) - timedelta(seconds=0.000001)
    ledger.note(ledger.tracker.reconcile(replace(oracle.snapshot(messages[:back]), since=at), False, at))
    for message in messages[back:]:
        ledger.hear(message)
    kept = [Kept(call.record, call.legs, call.talks) for call in ledger.calls.values()]
    return check(kept, files(conversations.read(name)), *EVER, AGENTS)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("name", NAMES)
def test_only_calls_that_are_marked_lack_something(name: str, window: tuple[float, float]) -> None:
    count = len(told(name))
    found = over_a_gap(name, *(round(part * count) for part in window))
    unmarked = [each for each in found if not each.marked]
    # A call that began and ended unheard is in no record.
    assert {each.kind for each in unmarked} <= {"call_missing"}, unmarked
    assert all(each.known == each.marked for each in found)


def test_there_is_something_to_mark() -> None:
    found = [each for name in NAMES for each in over_a_gap(name, 0, len(told(name)) // 2)]
    assert sum(each.marked for each in found) > len(NAMES)
