"""Errors planted in a ledger that agrees with Asterisk's files, one of each kind: each is found, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.asterisk.files import cdr, cel, queue_log
from callcenter.calls.check import check
from callcenter.calls.disagreement import KINDS, Kept, tally
from callcenter.calls.evidence import messages
from callcenter.calls.filed import Filed, filed
from callcenter.calls.record import Leg
from callcenter.calls.tracker import CallTracker, wanted

FILES = Path(__file__).parents[2] / "wire" / "files"
SINCE, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
AGENTS = {"1001": "user-li", "1002": "user-wang"}
SECONDS = timedelta(seconds=2)
Ledger = list[Kept]


def files(last: datetime = UNTIL) -> Filed:
    """What the files say up to a moment."""
    return filed(cel.read(FILES, SINCE, last), cdr.read(FILES, SINCE, last), queue_log.read(FILES, SINCE, UNTIL))


def ledger() -> Ledger:
    """A talk, a caller who left the menu, a caller who left the queue."""
    tracker, calls = CallTracker("asterisk", AGENTS), {}
    for message in messages(cel.read(FILES, SINCE, UNTIL), queue_log.read(FILES, SINCE, UNTIL)):
        if wanted(message):
            calls.update({call.record.id: call for call, _events in tracker.apply(message, SINCE)})
    found = [Kept(call.record, dict(call.legs), call.talks) for call in calls.values()]
    assert [call.record.outcome for call in found] == ["answered", "in_menu", "abandoned"]
    return found


def found(calls: Ledger, told: Filed | None = None) -> list[tuple[str, str, str]]:
    disagreements = check(calls, told or files(), SINCE, UNTIL, AGENTS)
    return [(each.kind, each.ledger, each.files) for each in disagreements]


def changed(place: int, **values: object) -> Callable[[Ledger], Ledger]:
    def plant(calls: Ledger) -> Ledger:
        calls[place] = replace(calls[place], record=replace(calls[place].record, **values))  # type: ignore[arg-type]
        return calls

    return plant


def leg_missing(calls: Ledger) -> Ledger:
    legs = dict(calls[2].legs)
    legs.popitem()
    calls[2] = replace(calls[2], legs=legs)
    return calls


def leg_extra(calls: Ledger) -> Ledger:
    ghost = replace(next(iter(calls[2].legs.values())), uniqueid="callcenter-1795564010.99")
    calls[2] = replace(calls[2], legs={**calls[2].legs, ghost.uniqueid: ghost})
    return calls


def leg_twice(calls: Ledger) -> Ledger:
    """The first call's agent stands in the second one, too."""
    agent: Leg = list(calls[0].legs.values())[1]
    calls[1] = replace(calls[1], legs={**calls[1].legs, agent.uniqueid: agent})
    return calls


def later(calls: Ledger) -> Ledger:
    [talk] = calls[0].talks
    calls[0] = replace(calls[0], talks=[replace(talk, started_at=talk.started_at - SECONDS)])
    return calls


def unknown(calls: Ledger) -> Ledger:
    legs = {f"{name}0": replace(leg, uniqueid=f"{name}0") for name, leg in calls[1].legs.items()}
    record = replace(calls[1].record, id="made-up", linked_id="callcenter-1795563987.30")
    return [*calls, Kept(record, legs, ())]


def ended_late(calls: Ledger) -> Ledger:
    ended = calls[1].record.ended_at
    assert ended
    return changed(1, ended_at=ended + SECONDS)(calls)


def answered_late(calls: Ledger) -> Ledger:
    answered = calls[0].record.answered_at
    assert answered
    return changed(0, answered_at=answered + SECONDS)(calls)


def started_late(calls: Ledger) -> Ledger:
    return changed(1, started_at=calls[1].record.started_at + SECONDS)(calls)


def another_phone(calls: Ledger) -> Ledger:
    name, leg = list(calls[0].legs.items())[1]
    calls[0] = replace(calls[0], legs={**calls[0].legs, name: replace(leg, extension="1001")})
    return calls


def overflowed(calls: Ledger) -> Ledger:
    """A wait in a second queue, of which nothing came."""
    [visit] = calls[2].record.visits
    return changed(2, visits=(replace(visit, queue="inquiry", outcome="timeout"), visit))(calls)


def waited_shorter(calls: Ledger) -> Ledger:
    [visit] = calls[2].record.visits
    return changed(2, visits=(replace(visit, joined_at=visit.joined_at + SECONDS),))(calls)


PLANTED: dict[str, Callable[[Ledger], Ledger]] = {
    "call_missing": lambda calls: calls[1:],
    "call_unknown": unknown,
    "call_twice": lambda calls: [*calls, replace(calls[1], record=replace(calls[1].record, id="again"))],
    "leg_missing": leg_missing,
    "leg_extra": leg_extra,
    "leg_extension": another_phone,
    "direction": changed(1, direction="outbound"),
    "number": changed(1, number="13900000000"),
    "start_time": started_late,
    "agent": changed(0, extension="1001"),
    "answer_time": answered_late,
    "end_time": ended_late,
    "bridged_seconds": later,
    "queue": changed(0, queue="inquiry"),
    "queue_missing": changed(0, visits=()),
    "queue_extra": overflowed,
    "queue_time": waited_shorter,
    "queue_outcome": changed(2, outcome="failed"),
}


def test_nothing_is_found_where_nothing_is_wrong() -> None:
    assert found(ledger()) == []


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_error_is_found_and_nothing_else(kind: str) -> None:
    [(told, kept, filed_as)] = found(PLANTED[kind](ledger()))
    assert told == kind
    assert kept != filed_as


def test_an_end_that_cdr_tells_otherwise_than_cel_is_found() -> None:
    told = files()
    first, *others = told.records.items()
    late = {first[0]: tuple(replace(row, ended=row.ended + SECONDS) for row in first[1])}
    [(kind, _kept, filed_as)] = found(ledger(), replace(told, records={**late, **dict(others)}))
    assert (kind, filed_as.endswith("by CDR")) == ("end_time", True)


def test_a_leg_in_two_calls_is_found_in_both_ways() -> None:
    assert {kind for kind, *_ in found(leg_twice(ledger()))} == {"leg_twice", "leg_extra"}


def test_a_second_apart_is_the_same() -> None:
    calls = ledger()
    ended = calls[1].record.ended_at
    assert ended
    assert found(changed(1, ended_at=ended + timedelta(seconds=0.9))(calls)) == []


def test_cut_by_a_crash_is_a_kind_of_its_own() -> None:
    """Asterisk died in the first talk: CEL has no end and queue_log a new start."""
    calls = ledger()
    [talk] = calls[0].talks
    died = talk.started_at + timedelta(seconds=1)
    assert talk.ended_at
    told = filed(
        cel.read(FILES, SINCE, died),
        [],
        [*queue_log.read(FILES, SINCE, died), queue_log.QueueRow(talk.ended_at, "", "", "", queue_log.STARTED)],
    )
    cut = Kept(
        replace(calls[0].record, outcome="cut", end_cause="asterisk_restarted", ended_at=died),
        {name: replace(leg, ended_at=died, cause="asterisk_restarted") for name, leg in calls[0].legs.items()},
        [replace(talk, ended_at=died)],
    )
    assert [kind for kind, *_ in found([cut], told)] == ["cut_by_crash"]
    assert [kind for kind, *_ in found([calls[0]], told)] == ["end_time"]


def test_every_kind_is_planted() -> None:
    assert {*PLANTED, "leg_twice", "cut_by_crash"} == set(KINDS)


def test_the_tally_counts_kinds() -> None:
    disagreements = check([], files(), SINCE, UNTIL, AGENTS)
    assert tally(disagreements) == {"call_missing": 3}


def test_only_calls_of_the_wanted_time() -> None:
    calls = ledger()
    second = calls[1].record.started_at
    assert [each.what for each in check([], files(), second, second + timedelta(seconds=1), AGENTS)] == [
        calls[1].record.linked_id
    ]
