"""What waits for a slow consumer: in order, in little memory, and never an error for the reader."""

from __future__ import annotations

import asyncio
import resource
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter import metrics
from callcenter.asterisk.ami import AmiMessage, SpillBuffer
from callcenter.asterisk.ami.spool import Spool


def message(number: int, size: int = 400) -> AmiMessage:
    return AmiMessage(b"Event: Newchannel\r\nNumber: %d\r\nFill: %s" % (number, b"x" * size))


def numbers(buffer: SpillBuffer[str], count: int) -> list[str]:
    taken = [buffer.get_nowait() for _ in range(count)]
    return [item if isinstance(item, str) else item.get("Number") for item in taken]


def spilled() -> float:
    return metrics.REGISTRY.get_sample_value("callcenter_ami_spilled_total") or 0.0


def test_what_does_not_fit_in_memory_waits_on_the_disk_in_order(tmp_path: Path) -> None:
    buffer: SpillBuffer[str] = SpillBuffer(tmp_path / "spill", memory_bytes=10_000)
    before = spilled()
    for number in range(20_000):
        buffer.put(message(number))
        if number % 1000 == 500:
            buffer.put(f"snapshot {number}")
    assert buffer.qsize() == 20_020
    assert spilled() - before > 15_000
    assert list((tmp_path / "spill").iterdir()) == []  # the file has no name: nothing is left of it after a crash
    expected = []
    for number in range(20_000):
        expected += [str(number)] + ([f"snapshot {number}"] if number % 1000 == 500 else [])
    assert numbers(buffer, 20_020) == expected
    assert buffer.empty()
    assert buffer.lost == 0
    with pytest.raises(asyncio.QueueEmpty):
        buffer.get_nowait()


# A step puts so many messages of a size, or takes so many.
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 60), st.integers(0, 20_000)),
        st.tuples(st.just("get"), st.integers(1, 90)),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(STEPS)
def test_it_is_a_queue_whatever_comes_and_goes(steps: list[tuple[object, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        buffer: SpillBuffer[str] = SpillBuffer(Path(folder), memory_bytes=30_000)
        given_in, taken = 0, 0
        for step in steps:
            if step[0] == "put":
                for _ in range(int(str(step[1]))):
                    buffer.put(message(given_in, int(str(step[2]))) if given_in % 7 else str(given_in))
                    given_in += 1
            else:
                count = min(int(str(step[1])), given_in - taken)
                assert numbers(buffer, count) == [str(number) for number in range(taken, taken + count)]
                taken += count
            assert buffer.qsize() == given_in - taken
            assert buffer.empty() == (given_in == taken)
        assert numbers(buffer, given_in - taken) == [str(number) for number in range(taken, given_in)]
        buffer.close()


async def test_a_consumer_waits_for_the_next(tmp_path: Path) -> None:
    buffer: SpillBuffer[str] = SpillBuffer(tmp_path)
    waiting = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)
    assert not waiting.done()
    buffer.put("x")
    assert await asyncio.wait_for(waiting, 5) == "x"
    gone = asyncio.create_task(buffer.get())
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    buffer.put("y")
    assert await buffer.get() == "y"


def test_where_the_disk_is_full_messages_are_counted_as_lost_and_nothing_else(tmp_path: Path) -> None:
    told: list[int] = []
    buffer: SpillBuffer[str] = SpillBuffer(tmp_path, memory_bytes=1000, disk_bytes=600_000, on_lost=told.append)
    for number in range(5000):
        buffer.put(message(number))
        if number == 4000:
            buffer.put("snapshot")
    assert buffer.lost == sum(told) > 2000
    taken = numbers(buffer, buffer.qsize())
    assert len(taken) == 5001 - buffer.lost
    assert "snapshot" in taken
    left = [int(number) for number in taken if number != "snapshot"]
    assert left == sorted(left)
    buffer.put(message(7))  # there is room again
    assert numbers(buffer, 1) == ["7"]


def test_what_stands_for_dropped_messages_is_got_in_their_place(tmp_path: Path) -> None:
    buffer: SpillBuffer[str] = SpillBuffer(
        tmp_path, memory_bytes=0, disk_bytes=0, on_lost=lambda count: f"{count} lost"
    )
    for item in ("before", message(1), "between", message(2)):
        buffer.put(item)
    number = 3
    while not buffer.lost:
        buffer.put(message(number))
        number += 1
    buffer.put("after")
    assert numbers(buffer, 4) == ["before", f"{buffer.lost} lost", "between", "after"]


def test_what_was_half_written_when_the_disk_filled_up_is_written_over(tmp_path: Path) -> None:
    buffer: SpillBuffer[str] = SpillBuffer(tmp_path, memory_bytes=0)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        for number in range(2000):
            buffer.put(message(number))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert 0 < buffer.lost < 2000
    first = 2000 - buffer.lost
    for number in range(2000, 4000):
        buffer.put(message(number))
    taken = [int(number) for number in numbers(buffer, buffer.qsize())]
    assert taken[: first // 2] == list(range(first // 2))
    assert taken[-2000:] == list(range(2000, 4000))
    assert len(taken) == 4000 - buffer.lost


def test_a_folder_that_cannot_be_written_loses_messages_and_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    buffer: SpillBuffer[str] = SpillBuffer(tmp_path / "file" / "spill", memory_bytes=0)
    for number in range(2000):
        buffer.put(message(number))
    assert buffer.lost > 1000
    assert buffer.qsize() == 2000 - buffer.lost


def test_what_the_disk_does_not_give_back_is_lost_but_for_what_is_no_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: Spool) -> list[bytes]:
        raise OSError("input/output error")

    buffer: SpillBuffer[str] = SpillBuffer(tmp_path, memory_bytes=0)
    for number in range(2000):
        buffer.put("snapshot" if number == 3 else message(number))
    in_file = len(buffer._disk)
    monkeypatch.setattr(Spool, "take", broken)
    assert buffer.get_nowait() == "snapshot"
    assert buffer.lost == in_file - 1
    assert numbers(buffer, buffer.qsize()) == [str(number) for number in range(in_file, 2000)]


def test_a_spool_gives_back_what_it_was_given_and_removes_what_was_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 100_000_000)
    for number in range(60):
        spool.append([b"%d" % number, b"", b"x" * 1_000_000])
    assert len(spool._files) == 4
    read: list[bytes] = []
    while blocks := spool.take():
        read += blocks
    assert read == [block for number in range(60) for block in (b"%d" % number, b"", b"x" * 1_000_000)]
    assert len(spool) == len(spool._files) == 0
