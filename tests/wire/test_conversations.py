"""Captured conversations folded into calls: what the ledger says of each, and what the people in it did."""

from __future__ import annotations

import pytest

from callcenter.calls.session import CallSession
from callcenter.events.calls import CallAnswered, CallRinging, CallRingStopped
from tests.wire import conversations
from tests.wire.conversations import Conversation
from tests.wire.ledger_lines import AGENTS, Ledger, played, summary, teller

NAMES = conversations.names()
# What the script's clock and the phones' way to Asterisk may add.
_LATE_S = 0.25


@pytest.fixture(params=NAMES)
def conversation(request: pytest.FixtureRequest) -> Conversation:
    return conversations.read(request.param)


@pytest.fixture
def ledger(conversation: Conversation) -> Ledger:
    return played(conversation.raw)


def account(conversation: Conversation) -> list[tuple[float, str]]:
    """The deeds of the people, with their seconds."""
    lines = [line.split(maxsplit=1) for line in conversation.lines["account"] if not line.startswith("call ")]
    return [(float(seconds), deed) for seconds, deed in lines]


def calls(ledger: Ledger) -> list[CallSession]:
    """Those that were not part of another one."""
    return [call for call in ledger.calls.values() if call.record.outcome != "merged"]


def test_there_are_enough() -> None:
    assert len(NAMES) >= 60


def test_record_and_events(conversation: Conversation, ledger: Ledger) -> None:
    tell = teller(conversation)
    assert tell.record(ledger.calls.values()) == list(conversation.lines["record"])
    assert tell.events(ledger.events) == list(conversation.lines["events"])
    assert ledger.tracker.sessions == []


def test_calls_are_those_that_the_people_made(conversation: Conversation, ledger: Ledger) -> None:
    said = [line.removeprefix("call ") for line in conversation.lines["account"] if line.startswith("call ")]
    assert [summary(call) for call in calls(ledger)] == said


def test_who_picks_up_has_the_call_at_once(conversation: Conversation, ledger: Ledger) -> None:
    """But for one who loses a race, and one whose phone was rung first: he hears nobody yet."""
    if conversation.name.startswith(("ring_all_race", "agent_first", "call_back")):
        return
    answers = [(event.extension, event.at) for event in ledger.events if isinstance(event, CallAnswered)]
    for seconds, deed in account(conversation):
        extension, *_, did = deed.split(maxsplit=1)[0], deed
        if did.endswith("picks up") and extension in AGENTS:
            waits = [at.timestamp() - conversation.started - seconds for who, at in answers if who == extension]
            assert any(0 <= wait < _LATE_S for wait in waits), deed


def test_a_ring_ends_once(conversation: Conversation, ledger: Ledger) -> None:
    """With an answer, or by stopping; and rings but once while it rings."""
    for call in ledger.calls.values():
        ringing: set[str] = set()
        for event in (event for event in ledger.events if event.call_id == call.record.id):
            if isinstance(event, CallRinging):
                assert event.extension not in ringing
                ringing.add(event.extension)
            elif isinstance(event, CallRingStopped):
                ringing.remove(event.extension)
            elif isinstance(event, CallAnswered):
                ringing.discard(event.extension)
        assert not ringing


def test_no_leg_and_no_talk_of_machinery(ledger: Ledger) -> None:
    for call in ledger.calls.values():
        assert all(leg.channel.startswith("PJSIP/") for leg in call.legs.values())
        assert {talk.uniqueid for talk in call.talks} <= {leg.uniqueid for leg in call.legs.values() if leg.extension}


def test_stretches_are_whole(ledger: Ledger) -> None:
    """Everything that began has ended, later, and within its call."""
    for call in ledger.calls.values():
        stretches = [(s.started_at, s.ended_at) for s in (*call.legs.values(), *call.talks, *call.holds)]
        stretches += [(visit.joined_at, visit.left_at) for visit in call.record.visits]
        for start, end in stretches:
            assert end is not None and call.record.ended_at is not None
            assert start <= end <= call.record.ended_at
