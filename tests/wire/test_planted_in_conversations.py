"""Errors planted in the ledger of each captured conversation, in each call where there is room for one: each is found,
and nothing but it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from callcenter.asterisk.files import cdr, cel, queue_log
from callcenter.calls.check import check
from callcenter.calls.disagreement import Kept, Kind
from callcenter.calls.filed import Filed, filed
from callcenter.calls.record import QueueVisit
from tests.wire import conversations
from tests.wire.conversations import Conversation
from tests.wire.ledger_lines import AGENTS, played

# The clock was set back in the middle of it: its files go back an hour, too.
NAMES = [name for name in conversations.names() if name != "clock_set_back"]
EVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))
# What agrees may be a second apart in the other direction; where the files tell whole seconds, half a second more.
LATER, MUCH_LATER = timedelta(seconds=2.1), timedelta(seconds=2.5)
# No file tells whom Asterisk would have called, or whom it called first: see `beginning.py`.
UNTOLD = ("far_first", "voice_notice", "agent_first_rejected")
Spoilt = Iterator[Kept]


@pytest.fixture(params=NAMES)
def conversation(request: pytest.FixtureRequest) -> Conversation:
    return conversations.read(request.param)


def files(conversation: Conversation) -> Filed:
    rows = {name: conversation.lines[name] for name in ("cel", "cdr", "queue_log")}
    return filed(
        [row for line in rows["cel"] if (row := cel.parse(line))],
        [row for line in rows["cdr"] if (row := cdr.parse(line))],
        [row for line in rows["queue_log"] if (row := queue_log.parse(line)) and row.uniqueid],
    )


def ledger(conversation: Conversation) -> list[Kept]:
    return [Kept(call.record, call.legs, call.talks) for call in played(conversation.raw).calls.values()]


def changed(call: Kept, **values: object) -> Kept:
    return replace(call, record=replace(call.record, **values))  # type: ignore[arg-type]


def direction(call: Kept) -> Spoilt:
    yield changed(call, direction="outbound" if call.record.direction == "inbound" else "inbound")


def another_number(call: Kept) -> Spoilt:
    yield changed(call, number=f"{call.record.number}9")
    yield changed(call, dialled=f"{call.record.dialled}9")


def started_late(call: Kept) -> Spoilt:
    yield changed(call, started_at=call.record.started_at + LATER)
    for name, leg in call.legs.items():
        yield replace(call, legs={**call.legs, name: replace(leg, started_at=leg.started_at + LATER)})


def another_phone(call: Kept) -> Spoilt:
    for name, leg in call.legs.items():
        other = None if leg.extension else "1001"
        yield replace(call, legs={**call.legs, name: replace(leg, extension=other)})


def goes_on(call: Kept) -> bool:
    """What came of a call that became part of another stands in that one."""
    return call.record.outcome != "merged"


def visits_with(call: Kept, place: int, *others: QueueVisit) -> Kept:
    before = call.record.visits
    return changed(call, visits=(*before[:place], *others, *before[place + 1 :]))


def wait_missing(call: Kept) -> Spoilt:
    for place in range(len(call.record.visits)):
        yield visits_with(call, place)


def wait_extra(call: Kept) -> Spoilt:
    for place, visit in enumerate(call.record.visits):
        yield visits_with(call, place, replace(visit, queue="repair", outcome="timeout"), visit)
        yield visits_with(call, place, visit, visit)
    if not goes_on(call):
        yield changed(call, visits=(QueueVisit("repair", call.record.started_at),))


def another_queue(call: Kept) -> Spoilt:
    for place, visit in enumerate(call.record.visits):
        yield visits_with(call, place, replace(visit, queue="repair"))
    if call.record.visits:
        yield changed(call, queue="repair")
        yield changed(call, queue=None)


def another_wait(call: Kept) -> Spoilt:
    for place, visit in enumerate(call.record.visits):
        yield visits_with(call, place, replace(visit, joined_at=visit.joined_at + MUCH_LATER))
    if call.record.queued_at and goes_on(call):
        yield changed(call, queued_at=call.record.queued_at + MUCH_LATER)
        yield changed(call, queued_at=None)


def left_late(call: Kept) -> Spoilt:
    """Not of a wait of which the files tell no end."""
    for place, visit in enumerate(call.record.visits):
        if visit.outcome != "exit" and visit.left_at:
            yield visits_with(call, place, replace(visit, left_at=visit.left_at + MUCH_LATER))


def another_end(call: Kept) -> Spoilt:
    for place, visit in enumerate(call.record.visits):
        if visit.outcome != "exit":
            yield visits_with(call, place, replace(visit, outcome="exit"))


def ended_late(call: Kept) -> Spoilt:
    if call.record.ended_at and goes_on(call):
        yield changed(call, ended_at=call.record.ended_at + LATER)


def answered_late(call: Kept) -> Spoilt:
    if call.record.answered_at and goes_on(call):
        yield changed(call, answered_at=call.record.answered_at + LATER)


def another_agent(call: Kept) -> Spoilt:
    if goes_on(call):
        yield changed(call, extension="1009")


def talked_longer(call: Kept) -> Spoilt:
    for place, talk in enumerate(call.talks if goes_on(call) else ()):
        longer = replace(talk, started_at=talk.started_at - LATER)
        yield replace(call, talks=[*call.talks[:place], longer, *call.talks[place + 1 :]])


PLANTED: list[tuple[Kind, Callable[[Kept], Spoilt]]] = [
    ("direction", direction),
    ("number", another_number),
    ("start_time", started_late),
    ("leg_extension", another_phone),
    ("queue_missing", wait_missing),
    ("queue_extra", wait_extra),
    ("queue", another_queue),
    ("queue_time", another_wait),
    ("queue_time", left_late),
    ("queue_outcome", another_end),
    ("end_time", ended_late),
    ("answer_time", answered_late),
    ("agent", another_agent),
    ("bridged_seconds", talked_longer),
]


def unfound(conversation: Conversation, kind: Kind, plant: Callable[[Kept], Spoilt]) -> Iterator[str]:
    calls, told = ledger(conversation), files(conversation)
    for place, call in enumerate(calls):
        for spoilt in plant(call):
            found = check([*calls[:place], spoilt, *calls[place + 1 :]], told, *EVER, AGENTS)
            if [each.kind for each in found] != [kind]:
                yield f"{kind} by {plant.__name__}: {[(each.kind, each.ledger, each.files) for each in found]}"


def test_each_planted_error_is_found_and_nothing_else(conversation: Conversation) -> None:
    left_out = ("number",) if conversation.name in UNTOLD else ()
    assert [
        text for kind, plant in PLANTED if kind not in left_out for text in unfound(conversation, kind, plant)
    ] == []


def test_each_kind_has_room_somewhere() -> None:
    """An error that no conversation has room for would prove nothing."""
    calls = [call for name in NAMES for call in ledger(conversations.read(name))]
    room = {plant.__name__: sum(len([*plant(call)]) for call in calls) for _kind, plant in PLANTED}
    assert {name: count for name, count in room.items() if count < 20} == {}
