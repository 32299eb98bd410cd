"""What the service and a hook's process send each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.hooks.foreign.frames import LONGEST, MESSAGE, Frames, framed, message_payload, read_message
from callcenter.hooks.foreign.saying import Seldom


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=8), st.integers(1, 50))
def test_cut_anywhere_the_same_frames_come_out(sent: list[tuple[int, bytes]], step: int) -> None:
    data, frames = b"".join(framed(*each) for each in sent), Frames()
    heard = [frame for at in range(0, len(data), step) for frame in frames.feed(data[at : at + step])]
    assert heard == sent


def test_what_is_no_frame_ends_the_talk() -> None:
    with pytest.raises(ValueError, match="no frame"):
        list(Frames().feed(b"Traceback (most recent call last):"))
    assert len(list(Frames().feed(framed(MESSAGE, b"x" * LONGEST)))) == 1


def test_a_message_keeps_its_bytes() -> None:
    raw = b"Event: Newchannel\r\nCallerIDName: " + "李".encode("gbk") + b"\0"
    assert read_message(message_payload("pbx", raw)) == ("pbx", raw)


def test_what_happens_often_is_told_seldom() -> None:
    now = 0.0
    seldom = Seldom(10, 2, lambda: now)
    assert [seldom.due() for _each in range(5)] == [0, 0, None, None, None]
    now = 10.0
    assert [seldom.due() for _each in range(3)] == [3, 0, None]
