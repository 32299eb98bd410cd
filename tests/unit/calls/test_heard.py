"""What was heard of late is remembered by time, and told apart from what only Asterisk's files tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.calls.evidence import Told
from callcenter.calls.heard import MARGIN, REMEMBERED, Heard, Overlap

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def hangup(number: int, at: datetime) -> Told:
    return Told("Hangup", at, {"Uniqueid": f"pbx-{number}.1", "Linkedid": f"pbx-{number}.1"})


def move(name: str, bridge: str, seconds: float) -> Told:
    return Told(name, NOON + seconds * SECOND, {"Uniqueid": "pbx-1.1", "BridgeUniqueid": bridge})


def test_a_burst_is_not_told_again() -> None:
    heard, burst = Heard(), [hangup(number, NOON) for number in range(30_000)]
    for message in burst:
        heard.note(NOON, message)
    known = heard.before(NOON + SECOND)
    missed = hangup(99_999, NOON + 2 * SECOND)
    assert [each for each in [*burst, missed] if not known.has(each, each.at)] == [missed]


def test_what_is_long_past_is_forgotten() -> None:
    heard = Heard()
    heard.note(NOON, hangup(1, NOON))
    heard.note(NOON + REMEMBERED + MARGIN, hangup(2, NOON))
    assert len(heard._last) == 1


def test_who_comes_back_to_a_bridge_unheard_is_told() -> None:
    """He was heard to come there, too, but that was before."""
    heard, first, back = Heard(), move("BridgeEnter", "b1", -5), move("BridgeEnter", "b1", 2)
    heard.note(first.at, first)
    assert not heard.before(NOON).has(back, back.at)


def test_the_way_back_to_a_bridge_is_news_where_the_way_out_of_it_is() -> None:
    """The files told that he came there; heard is that he came back from another one."""
    overlap = Overlap(NOON)
    for told in (move("BridgeEnter", "b1", -1.5), move("BridgeLeave", "b1", -0.5), move("BridgeEnter", "b2", -0.4)):
        overlap.note(told, told.at)
    again = [move("BridgeLeave", "b1", -0.45), move("BridgeEnter", "b2", -0.35)]
    news = [move("BridgeLeave", "b2", 0.5), move("BridgeEnter", "b1", 0.6)]
    assert [overlap.again(each, each.at) for each in [*again, *news]] == [True, True, False, False]
