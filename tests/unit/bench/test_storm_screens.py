"""The judge of the pops: once each, in time, where it rings, and only what somebody could know."""

from __future__ import annotations

import pytest

from callcenter.bench.storm.exchange import Hearing
from callcenter.bench.storm.screens import Judgement, Screens, Server, judge
from callcenter.bench.storm.script import Call, Wave

ZERO = 100.0
CALL = Call(0, "abandoned", "steady", "13800138000", "queue0", 9.0, 15.0, 9.9, (Wave(("1001",), 10.0, 15.0, 0.0),))
SENT = {(0, "1001", 0): ZERO + 10.0}
OPENED = '{"type":"pop_opened","pop":{"call_id":"c","state":"ringing","raw_number":"13800138000"}}'


def _judged(came: list[tuple[str, float]], heard: list[tuple[float, float | None]]) -> Judgement:
    screens = Screens()
    for extension, at in came:
        screens.saw(extension, OPENED, ZERO + at)
    hearing = Hearing([(ZERO + since, None if until is None else ZERO + until) for since, until in heard])
    return judge([Server([CALL], SENT, hearing)], screens, ZERO)


@pytest.mark.parametrize(
    ("came", "heard", "wrong"),
    [
        ([("1001", 10.03)], [(0.0, None)], (0, 0, 0)),
        ([], [(0.0, None)], (1, 0, 0)),
        ([("1001", 10.03), ("1001", 12.0)], [(0.0, None)], (0, 1, 0)),
        ([("1001", 10.03), ("1002", 10.03)], [(0.0, None)], (0, 0, 1)),
        ([("1001", 16.5)], [(0.0, None)], (1, 0, 1)),  # long after it rang
        ([("1001", 9.5)], [(0.0, None)], (1, 0, 1)),  # before it rang
        ([], [(0.0, 9.0), (15.5, None)], (0, 0, 0)),  # nobody heard it ring
        ([], [(0.0, 10.1), (14.0, None)], (0, 0, 0)),  # nobody heard for long enough
        ([], [(0.0, 9.0), (11.0, None)], (1, 0, 0)),  # told when it rang already
        ([("1001", 11.2)], [(0.0, 9.0), (11.0, None)], (0, 0, 0)),
    ],
)
def test_pops(
    came: list[tuple[str, float]], heard: list[tuple[float, float | None]], wrong: tuple[int, int, int]
) -> None:
    found = _judged(came, heard)
    assert (found.missing, found.doubled, found.wrong) == wrong
    assert bool(found.amiss) == any(wrong)


def test_times_count_from_the_ringing_or_from_the_link() -> None:
    quiet = _judged([("1001", 10.03)], [(0.0, None)])
    assert quiet.took["steady"] == pytest.approx([0.03])
    assert not quiet.found
    broken = _judged([("1001", 11.2)], [(0.0, 9.0), (11.0, None)])
    assert broken.found == pytest.approx([0.2])
    assert not broken.took


def test_what_still_rings_on_a_screen_in_the_end_is_counted() -> None:
    screens = Screens()
    screens.saw("1001", OPENED, 0.0)
    screens.saw("1002", OPENED, 0.0)
    screens.saw("1001", '{"type":"pop_closed","call_id":"c","reason":"ended"}', 1.0)
    assert screens.left() == 1
    screens.saw("1002", OPENED.replace("pop_opened", "pop_changed").replace("ringing", "ended"), 1.0)
    assert screens.left() == 0
