"""The captured call, told of other people."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.bench.conversation import read
from callcenter.errors import Problem


def test_the_phone_rings_in_the_part_that_is_measured_and_in_none_before() -> None:
    call = read()
    assert b"ChannelStateDesc: Ringing" in call.ringing
    assert b"ChannelStateDesc: Ringing" not in call.arriving
    assert b"Event: BridgeEnter" in call.talking
    assert call.ending.count(b"Event: Hangup\r\n") == 2


def test_no_trace_of_the_captured_people_is_left() -> None:
    told = read().retold(7, "13912345678", "1042", now=2_000_000_000.0)
    whole = told.arriving + told.ringing + told.talking + told.ending
    assert b"13800138000" not in whole
    assert b"1001" not in whole
    assert b"PJSIP/1042-00000007" in told.ringing
    assert b"Timestamp: 2000000000.000000" in told.ringing


def test_two_tellings_share_no_channel() -> None:
    one, other = (read().retold(number, "13912345678", "1042", now=0.0) for number in (1, 2))
    ids = [{line for line in told.arriving.split(b"\r\n") if line.startswith(b"Uniqueid")} for told in (one, other)]
    assert ids[0] and not ids[0] & ids[1]


def test_without_the_capture_it_says_where_to_find_one(tmp_path: Path) -> None:
    with pytest.raises(Problem) as missing:
        read(tmp_path / "none.ami")
    assert missing.value.code == "bench_capture_missing"
