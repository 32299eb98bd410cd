"""The storm's script, how it is told, and the judges: what they must find and what they must not."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from callcenter.asterisk.ami.messages import AmiParser
from callcenter.asterisk.files import cdr, cel, queue_log
from callcenter.bench.storm.comparing import Kept, compare
from callcenter.bench.storm.planning import Script, write
from callcenter.bench.storm.scenes import tell
from callcenter.bench.storm.script import KINDS, rings, truth, weight
from callcenter.bench.storm.size import Storm
from callcenter.bench.storm.tape import Happening
from callcenter.calls.evidence import messages
from callcenter.calls.model import CallRow, CallTalkRow
from callcenter.calls.ports import Message
from callcenter.calls.session import CallSession
from callcenter.calls.tracker import CallTracker, wanted

CAPTURES = Path(__file__).parents[2] / "wire" / "captures"
BEGAN = 1_795_563_768.0
NOW = datetime.fromtimestamp(BEGAN, UTC)
SMALL = Storm(agents=24, ring_all=6, rate=60.0, steady_s=15.0, storm_s=12.0, bursts=1, cuts=12, kills=1)
EXTENSIONS = [str(1000 + place) for place in range(SMALL.agents)]


def _script(storm: Storm = SMALL) -> Script:
    return write(storm, EXTENSIONS, (str(13_000_000_000 + number) for number in itertools.count()))


@pytest.fixture(scope="module")
def script() -> Script:
    return _script()


@pytest.fixture(scope="module")
def told(script: Script) -> list[Happening]:
    happenings = (each for call in script.calls for each in tell(call, BEGAN))
    return sorted(happenings, key=lambda each: each.at)


def test_the_same_seed_writes_the_same(script: Script) -> None:
    assert _script() == script
    assert _script(replace(SMALL, seed=1)) != script


def test_everything_that_can_happen_does(script: Script) -> None:
    assert {call.kind for call in script.calls} == set(KINDS)
    assert {call.phase for call in script.calls} == {"warm_up", "steady", "burst", "storm"}
    assert len(script.cuts) == SMALL.cuts
    assert all(SMALL.storm_from <= cut.at <= SMALL.calls_until for cut in script.cuts)


def test_no_phone_has_two_calls_at_once(script: Script) -> None:
    busy: dict[str, list[tuple[float, float]]] = {}
    for call in script.calls:
        for ring in rings(call):
            busy.setdefault(ring.extension, []).append((ring.begins, ring.ends))
        for talk in truth(call).talks:
            busy.setdefault(talk.extension, []).append((talk.begins, talk.ends))
    for spans in busy.values():
        spans.sort()
        assert all(ends <= begins for (_, ends), (begins, _) in itertools.pairwise(spans))


def test_as_many_messages_as_planned(script: Script) -> None:
    for call in script.calls:
        said = sum(1 for each in tell(call, BEGAN) if each.ami)
        assert said == pytest.approx(weight(call), abs=25)


def test_messages_have_the_headers_of_the_real_ones_in_their_order(told: list[Happening]) -> None:
    real: dict[str, list[str]] = {}
    for capture in CAPTURES.glob("*.ami"):
        for names in _headers(capture.read_bytes()):
            real.setdefault(names[0], names)
    ours = {names[0]: names for names in _headers(b"".join(each.ami for each in told))}
    # There only where the phone gave one.
    optional = {"Event: HangupRequest": {"Cause", "TechCause"}, "Event: Hangup": {"TechCause"}}
    for event, names in ours.items():
        if event in real:
            left_out = optional.get(event, set())
            there = [name for name in real[event] if name not in left_out]
            assert [name for name in names if name not in left_out] == there, event
    assert len(ours.keys() & real.keys()) >= 20


def test_who_hears_all_of_it_has_the_truth(script: Script, told: list[Happening]) -> None:
    parser = AmiParser()
    heard = (message for each in told for message in parser.feed(each.ami) if wanted(message))
    assert compare(script.calls, _kept(_fold(heard)), BEGAN).unequal == []


def test_who_reads_the_files_alone_has_the_truth(script: Script, told: list[Happening]) -> None:
    rows = [row for each in told if each.file == "cel" and (row := cel.parse(each.line))]
    queues = [row for each in told if each.file == "queue_log" and (row := queue_log.parse(each.line))]
    assert compare(script.calls, _kept(_fold(messages(rows, queues))), BEGAN).unequal == []


def test_every_line_of_the_files_can_be_read(told: list[Happening]) -> None:
    read = {"cel": cel.parse, "cdr": cdr.parse, "queue_log": queue_log.parse}
    counted = Counter(each.file for each in told if each.file)
    assert counted.keys() == read.keys()
    assert all(read[each.file](each.line) for each in told if each.file)


def test_nothing_lives_when_all_is_told(told: list[Happening]) -> None:
    living: dict[str, str] = {}
    for each in told:
        if each.channel:
            living[each.channel.uniqueid] = each.channel.name
            if each.gone:
                del living[each.channel.uniqueid]
    assert living == {}


def test_what_is_wrong_in_a_ledger_is_found(script: Script, told: list[Happening]) -> None:
    parser = AmiParser()
    right = _kept(_fold(message for each in told for message in parser.feed(each.ami)))
    answered = next(number for number, each in enumerate(right) if each.talks)
    spoilt = [
        (lambda: right[1:], (1, 0, 0)),
        (lambda: [*right, right[0]], (0, 1, 0)),
        (lambda: _with(right, answered, outcome="cut"), (0, 0, 1)),
        (lambda: _with(right, answered, extension="nobody"), (0, 0, 1)),
        (lambda: _with(right, answered, raw_number="13999999999"), (1, 0, 1)),
        (lambda: _with(right, answered, ended_at=NOW), (0, 0, 1)),
        (lambda: [*right[:answered], Kept(right[answered].call, ()), *right[answered + 1 :]], (0, 0, 1)),
    ]
    for spoil, expected in spoilt:
        found = compare(script.calls, spoil(), BEGAN)
        assert (found.missing, found.doubled, found.wrong) == expected
        assert not found.equal


def _with(kept: list[Kept], place: int, **values: object) -> list[Kept]:
    columns = {column.name: getattr(kept[place].call, column.name) for column in CallRow.__table__.columns}
    return [*kept[:place], Kept(CallRow(**{**columns, **values}), kept[place].talks), *kept[place + 1 :]]


def _headers(data: bytes) -> Iterator[list[str]]:
    """For each event its name and those of its headers."""
    for block in data.split(b"\r\n\r\n"):
        lines = [line.decode(errors="replace") for line in block.split(b"\r\n")]
        if lines[0].startswith("Event: "):
            yield [lines[0], *(line.partition(":")[0] for line in lines[1:])]


def _fold(heard: Iterable[Message]) -> list[CallSession]:
    tracker = CallTracker("storm", {extension: f"user {extension}" for extension in EXTENSIONS})
    found: dict[str, CallSession] = {}
    for message in heard:
        for call, _events in tracker.apply(message, NOW):
            found[call.record.id] = call
    return list(found.values())


def _kept(sessions: list[CallSession]) -> list[Kept]:
    return [Kept(_row(each), tuple(_talk(each, place) for place in range(len(each.talks)))) for each in sessions]


def _row(session: CallSession) -> CallRow:
    record = {**vars(session.record), "raw_number": session.record.number, "number": None}
    return CallRow(**{name: value for name, value in record.items() if name in CallRow.__table__.columns})


def _talk(session: CallSession, place: int) -> CallTalkRow:
    return CallTalkRow(call_id=session.record.id, **vars(session.talks[place]))
