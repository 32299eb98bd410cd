"""What was heard of late is remembered by time, however much it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.calls.evidence import Told
from callcenter.calls.unheard import MARGIN, REMEMBERED, Heard

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def hangup(number: int, at: datetime) -> Told:
    return Told("Hangup", at, {"Uniqueid": f"pbx-{number}.1", "Linkedid": f"pbx-{number}.1"})


def test_a_burst_is_not_told_again() -> None:
    heard, burst = Heard(), [hangup(number, NOON) for number in range(30_000)]
    for message in burst:
        heard.note(NOON, message)
    began = NOON + timedelta(seconds=1)
    missed = hangup(99_999, NOON + timedelta(seconds=2))
    assert heard.left_of([*burst, missed], began) == [missed]


def test_what_is_long_past_is_forgotten() -> None:
    heard = Heard()
    heard.note(NOON, hangup(1, NOON))
    heard.note(NOON + REMEMBERED + MARGIN, hangup(2, NOON))
    assert len(heard._last) == 1
