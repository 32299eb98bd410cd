"""No bytes break the parsers, and none make them grow."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.asterisk.ami import layouts, messages
from tests.wire.fuzz.harness import check_agi, check_ami, check_message, parsed

CAPTURES = sorted((Path(__file__).parents[1] / "captures").glob("*.ami"))
BLOCKS = [block for path in CAPTURES for block in path.read_bytes().split(b"\r\n\r\n")[:200]]
GREETING = b"agi_request: agi://h/main?lang=zh\nagi_uniqueid: cc-1.2\n\n"

# Pieces of the protocol, which chance alone would not find.
WORDS = st.sampled_from(
    [
        *(b"\r\n", b"\r\n\r\n", b"\r", b"\n", b": ", b":", b" ", b"", b"\0"),
        *(
            b"Event: ",
            b"Event: VarSet\r\n",
            b"Response: Follows\r\n",
            b"--END COMMAND--",
            b"Asterisk Call Manager/11.0\r\n",
        ),
        *(b"Variable: a", b"Variable: ", b"UNIQUEID: x", b"Uniqueid: y\r\n", b"Output: z\r\n", b"ActionID: cc-1\r\n"),
        *(
            "张三".encode(),
            "张三".encode()[:4],
            "张三".encode("gbk"),
            b"\xff\xfe",
            b"\xed\xa0\x80",
            "é".encode("latin-1"),
        ),
    ]
)
AMI = st.lists(st.one_of(WORDS, st.binary(max_size=12)), max_size=30).map(b"".join)
ANSWERS = st.sampled_from(
    [
        *(b"200 result=0\n", b"200 result=49\n", b"200 result=-1\n", b"HANGUP\n", b"511 Command Not Permitted\n"),
        *(
            b"520-Invalid\n",
            b"520 End\n",
            b"200 result=1 (a (b) c)\n",
            b"200 result=99999999\n",
            b"200 result=\xc2\xb2\n",
        ),
        *(b"100 Trying\n", b"200 result=1114112\n", b"\n", b"200", b" ", b"agi_request: agi://[\n", b"x" * 70_000),
    ]
)
AGI = st.lists(st.one_of(ANSWERS, st.binary(max_size=12)), max_size=12).map(b"".join)


@settings(deadline=None)
@given(AMI, st.lists(st.integers(0, 1 << 16), max_size=12))
def test_a_manager_stream_of_any_bytes_reads_the_same_whatever_the_cuts(data: bytes, cuts: list[int]) -> None:
    check_ami(data, cuts)


@settings(deadline=None)
@given(st.lists(st.sampled_from(BLOCKS), max_size=6), WORDS, st.data())
def test_a_real_stream_with_a_wound_reads_the_same_whatever_the_cuts(
    blocks: list[bytes], wound: bytes, data: st.DataObject
) -> None:
    stream = b"".join(block + b"\r\n\r\n" for block in blocks)
    place = data.draw(st.integers(0, len(stream)))
    until = data.draw(st.integers(place, min(len(stream), place + 40)))
    check_ami(stream[:place] + wound + stream[until:], data.draw(st.lists(st.integers(0, 1 << 16), max_size=6)))


@settings(deadline=None)
@given(st.lists(st.tuples(st.from_regex(rb"[A-Za-z]{1,3}", fullmatch=True), st.binary(max_size=8)), max_size=6), AMI)
def test_a_layout_seen_before_reads_the_same_as_one_never_seen(headers: list[tuple[bytes, bytes]], odd: bytes) -> None:
    lines = [b"Event: Fuzz", *(name + b": x" for name, _ in headers)]
    for _ in range(layouts._SEEN_BEFORE + 1):
        check_message(b"\r\n".join(lines))
    for _, value in headers:
        check_message(b"\r\n".join([*lines, b"End: " + value]))
        check_message(b"\r\n".join([b"Event: Fuzz", *(name + b": " + value for name, _ in headers)]))
    check_message(b"\r\n".join([*lines[:-1], odd.replace(b"\r\n\r\n", b"")]))


@settings(deadline=None)
@given(AGI)
def test_a_menu_line_of_any_bytes_ends_as_a_hang_up_or_a_refusal(data: bytes) -> None:
    check_agi(data)
    check_agi(GREETING + data)


@pytest.mark.parametrize("piece", [b"Event: X%d\r\n\r\n", b"Event: X\r\nK%d: v\r\n\r\n", b"%d: x\r\n\r\n", b"\r\n\r\n"])
def test_messages_of_ever_other_shapes_leave_nothing_behind(piece: bytes) -> None:
    def round_of(first: int) -> None:
        data = b"".join(piece % number if b"%d" in piece else piece for number in range(first, first + 5000))
        for message in parsed(data):
            assert message.get("K") == ""

    for first in range(0, 15_000, 5000):
        round_of(first)  # the caches are full
    tracemalloc.start()
    try:
        round_of(20_000)
        before = tracemalloc.get_traced_memory()[0]
        for first in range(30_000, 50_000, 5000):
            round_of(first)
        assert tracemalloc.get_traced_memory()[0] - before < 1_000_000
    finally:
        tracemalloc.stop()
    assert len(messages._names) <= messages._MOST_REMEMBERED
