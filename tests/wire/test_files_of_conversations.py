"""Captured conversations as Asterisk's files tell them: the ledger that nobody heard, the check, the journal."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.asterisk.ami.messages import AmiParser
from callcenter.asterisk.files import cdr, cel, queue_log
from callcenter.calls import journal
from callcenter.calls.check import check
from callcenter.calls.disagreement import Kept
from callcenter.calls.evidence import messages
from callcenter.calls.filed import filed
from callcenter.calls.reading import when
from callcenter.calls.session import CallSession
from callcenter.calls.tracker import CallTracker, wanted
from tests.wire import conversations
from tests.wire.conversations import Conversation
from tests.wire.ledger_lines import AGENTS, Ledger, Teller, played

# The clock was set back in the middle of it: its files go back an hour, too.
NAMES = [name for name in conversations.names() if name != "clock_set_back"]
# CEL has no word of whom Asterisk called in a call that it began with the far party, or that did not get so far.
NUMBERLESS = ("far_first", "voice_notice", "agent_first_rejected")
EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
LATE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(params=NAMES)
def conversation(request: pytest.FixtureRequest) -> Conversation:
    return conversations.read(request.param)


def cel_rows(conversation: Conversation) -> list[cel.CelRow]:
    return [row for line in conversation.lines["cel"] if (row := cel.parse(line))]


def queue_rows(conversation: Conversation) -> list[queue_log.QueueRow]:
    rows = (queue_log.parse(line) for line in conversation.lines["queue_log"])
    return [row for row in rows if row and row.uniqueid]


def unheard(conversation: Conversation) -> Ledger:
    """The ledger by the files alone."""
    ledger = Ledger()
    for message in messages(cel_rows(conversation), queue_rows(conversation)):
        if wanted(message):
            ledger.note(ledger.tracker.apply(message, LATE))
    return ledger


Moment = float | None


def outline(call: CallSession, zero: float) -> dict[str, object]:
    """What must be the same; times to a tenth of a second."""

    def at(moment: datetime | None) -> Moment:
        return None if moment is None else moment.timestamp() - zero

    record = call.record
    return {
        "call": (record.linked_id, record.direction, record.outcome, record.queue, record.extension, record.agent_id),
        "number": (record.number, record.dialled),
        "visits": [(visit.queue, visit.outcome) for visit in record.visits],
        "legs": sorted((leg.uniqueid, leg.role, leg.extension) for leg in call.legs.values()),
        "times": [at(record.started_at), at(record.queued_at), at(record.answered_at), at(record.ended_at)],
        "ends": [at(leg.ended_at) for leg in sorted(call.legs.values(), key=lambda leg: leg.uniqueid)],
        "answers": [at(leg.answered_at) for leg in sorted(call.legs.values(), key=lambda leg: leg.uniqueid)],
        "talked": sum((talk.ended_at - talk.started_at).total_seconds() for talk in call.talks if talk.ended_at),
    }


def near(one: object, other: object) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(near(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= 1.0
    return one == other


def test_the_files_alone_tell_the_same_calls(conversation: Conversation) -> None:
    heard = {call.record.linked_id: call for call in played(conversation.raw).calls.values()}
    told = {call.record.linked_id: call for call in unheard(conversation).calls.values()}
    assert told.keys() == heard.keys()
    for linked_id, call in heard.items():
        live, filed_as = outline(call, conversation.started), outline(told[linked_id], conversation.started)
        differing = [(name, live[name], filed_as[name]) for name in live if not near(live[name], filed_as[name])]
        assert [each for each in differing if conversation.name not in NUMBERLESS or each[0] != "number"] == []


def test_the_check_finds_nothing(conversation: Conversation) -> None:
    kept = [Kept(call.record, call.legs, call.talks) for call in played(conversation.raw).calls.values()]
    rows = [row for line in conversation.lines["cdr"] if (row := cdr.parse(line))]
    files = filed(cel_rows(conversation), rows, queue_rows(conversation))
    found = check(kept, files, *EVER, AGENTS)
    assert [(each.kind, each.what, each.ledger, each.files) for each in found] == []


def test_a_trunk_that_gives_no_number_calls_in_all_the_same() -> None:
    """Its channel begins as that of a phone that Asterisk calls does."""
    whole = conversations.read("answered")
    lines = {
        "messages": [line.replace("Exten=02088886666", "Exten=s") for line in whole.lines["messages"]],
        "cel": [line.replace('"02088886666"', '"s"') if "CHAN_START" in line else line for line in whole.lines["cel"]],
    }
    numberless = replace(whole, lines={**whole.lines, **{name: tuple(each) for name, each in lines.items()}})
    assert numberless.lines["cel"] != whole.lines["cel"]
    [live], [told] = played(numberless.raw).calls.values(), unheard(numberless).calls.values()
    assert (live.record.direction, live.record.dialled) == ("inbound", "s")
    assert outline(told, whole.started)["call"] == outline(live, whole.started)["call"]
    files = filed(cel_rows(numberless), [], queue_rows(numberless))
    assert check([Kept(live.record, live.legs, live.talks)], files, *EVER, AGENTS) == []


def entries(conversation: Conversation) -> tuple[Ledger, list[journal.Entry]]:
    """What a listener journals of a conversation."""
    ledger, watched, places = Ledger(), journal.Watched(AGENTS), itertools.count(1)
    ledger.tracker = CallTracker("pbx", watched)
    kept: list[journal.Entry] = []
    for message in (each for raw in conversation.raw for each in AmiParser().feed(raw) if wanted(each)):
        changes = ledger.tracker.apply(message, LATE)
        ledger.note(changes)
        body, place = journal.of_message(message, watched.told(), filed=False), next(places)
        for order, call_id in enumerate(dict.fromkeys(call.record.id for call, _events in changes)):
            kept.append(journal.Entry(place, call_id, when(message, LATE), message.name, {**body, "n": order}))
    return ledger, kept


def lines(calls: Iterable[CallSession]) -> list[str]:
    return Teller(0.0, {}).record(sorted(calls, key=lambda call: call.record.linked_id))


def test_a_record_is_a_fold_over_its_journal(conversation: Conversation) -> None:
    ledger, kept = entries(conversation)
    fold = journal.Fold("pbx")
    fold.apply(kept)
    assert lines(fold.calls.values()) == lines(ledger.calls.values())
    assert fold.calls.keys() == ledger.calls.keys()


def test_the_fold_goes_on_where_the_journal_ends(conversation: Conversation) -> None:
    """A process is killed after half of a conversation; the next one folds the journal and hears the rest."""
    whole = lines(entries(conversation)[0].calls.values())
    heard = [each for raw in conversation.raw for each in AmiParser().feed(raw) if wanted(each)]
    half = conversation.started + (when(heard[-1], LATE).timestamp() - conversation.started) / 2
    _, kept = entries(conversation)
    fold = journal.Fold("pbx")
    fold.apply([entry for entry in kept if entry.at.timestamp() <= half])
    calls = dict(fold.calls)
    fold.go_live(AGENTS)
    for message in heard:
        if when(message, LATE).timestamp() > half:
            calls.update({call.record.id: call for call, _events in fold.tracker.apply(message, LATE)})
    assert [line for line in lines(calls.values()) if not line.startswith("call")] == [
        line for line in whole if not line.startswith("call")
    ]


def test_times_of_the_files_are_a_moment_before_those_of_the_manager() -> None:
    """What the gap between two is read with a margin for."""
    worst = timedelta()
    for name in NAMES:
        conversation = conversations.read(name)
        ends = {row.uniqueid: row.at for row in cel_rows(conversation) if row.event == "CHAN_END"}
        for call in played(conversation.raw).calls.values():
            for leg in call.legs.values():
                if leg.ended_at and leg.uniqueid in ends and leg.cause != "transferred":
                    worst = max(worst, abs(leg.ended_at - ends[leg.uniqueid]))
    assert worst < timedelta(seconds=1)
