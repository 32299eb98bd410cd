"""WAV files as recorders leave them, killed ones too."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest

from recordings import wav
from recordings.errors import SoundMissing, SoundUnreadable
from recordings.peaks import peaks
from recordings.wav import RATE, Stereo


def ramp(seconds: float, step: int = 1) -> wav.Samples:
    return (np.arange(round(seconds * RATE)) * step % 20000).astype(np.int16)


def declare(path: Path, length: int) -> None:
    """Have the header say that the sound is `length` bytes long."""
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", length)
    path.write_bytes(data)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    wav.write(path, ramp(1.5))
    assert wav.read_header(path).duration_s == 1.5
    assert np.array_equal(wav.read(path), ramp(1.5))
    assert np.array_equal(wav.read(path, 0.5, 1.0), ramp(1.5)[4000:8000])
    assert len(wav.read(path, 1.0, 99.0)) == 4000


@pytest.mark.parametrize("declared", [0, 800, 40_000])
def test_a_header_that_a_killed_recorder_left_is_repaired(tmp_path: Path, declared: int) -> None:
    path = tmp_path / "cut.wav"
    wav.write(path, ramp(2.0))
    declare(path, declared)
    if declared == 800:  # a shorter declaration is believed: other chunks may follow
        assert wav.read_header(path).frames == 400
        return
    assert wav.read_header(path).duration_s == 2.0
    assert wav.repair(path)
    assert not wav.repair(path)
    with wave.open(str(path)) as file:
        assert file.getnframes() == 16000
        assert file.readframes(16000) == ramp(2.0).tobytes()


def test_half_a_sample_at_the_end_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    wav.write(path, ramp(1.0))
    path.write_bytes(path.read_bytes()[:-1])
    assert wav.repair(path)
    assert wav.read_header(path).frames == RATE - 1
    assert path.stat().st_size == 44 + 2 * (RATE - 1)


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"ID3" + b"\0" * 60, b"RIFF\0\0\0\0WAVEdata\x10\0\0\0" + b"\0" * 16],
    ids=["empty", "cut in the header", "another format", "no format chunk"],
)
def test_what_is_no_sound_is_said_to_be_unreadable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(content)
    with pytest.raises(SoundUnreadable):
        wav.read_header(path)


def test_another_rate_is_unreadable_and_named(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(b"\0" * 100)
    with pytest.raises(SoundUnreadable) as caught:
        wav.read_header(path)
    assert "16000 Hz" in str(caught.value.params["reason"])


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SoundMissing):
        wav.read_header(tmp_path / "none.wav")


def test_stereo_has_the_caller_left_and_fills_the_shorter_side(tmp_path: Path) -> None:
    caller, agent = tmp_path / "c.wav", tmp_path / "a.wav"
    wav.write(caller, ramp(6.0))
    wav.write(agent, ramp(4.5, 3))
    wav.stereo(caller, agent, tmp_path / "both.wav")
    with wave.open(str(tmp_path / "both.wav")) as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 48000)
        both = np.frombuffer(file.readframes(48000), dtype="<i2").reshape(-1, 2)
    assert np.array_equal(both[:, 0], ramp(6.0))
    assert np.array_equal(both[:36000, 1], ramp(4.5, 3))
    assert not both[36000:, 1].any()


@pytest.mark.parametrize(("start", "end"), [(0, 10), (30, 60), (44, 48), (45, 47), (131_000, 140_001), (190_000, None)])
def test_any_range_of_stereo_is_that_range_of_the_whole(tmp_path: Path, start: int, end: int | None) -> None:
    caller, agent = tmp_path / "c.wav", tmp_path / "a.wav"
    wav.write(caller, ramp(6.0))
    wav.write(agent, ramp(6.0, 7))
    both = Stereo(caller, agent)
    whole = b"".join(both.chunks())
    assert len(whole) == both.size
    assert b"".join(both.chunks(start, end)) == whole[start:end]


def test_levels_are_decibels_below_full_scale(tmp_path: Path) -> None:
    square = np.tile(np.array([16384, -16384], dtype=np.int16), 4000)
    assert wav.levels(square) == pytest.approx([-6.02] * 10, abs=0.01)
    wav.write(tmp_path / "a.wav", np.concatenate([square, np.zeros(RATE, np.int16)]))
    assert wav.level(tmp_path / "a.wav", 0, 1) == pytest.approx(-6.02, abs=0.01)
    assert wav.level(tmp_path / "a.wav", 1, 2) == wav.SILENCE_DB
    assert wav.level(tmp_path / "a.wav", 5, 6) == wav.SILENCE_DB


def test_peaks_are_the_loudest_of_each_interval() -> None:
    sound = np.zeros(RATE, dtype=np.int16)
    sound[0], sound[400], sound[401], sound[7999] = -32768, 3277, -1, 32767
    assert peaks(sound) == [100, 11, *[0] * 17, 100]
    assert len(peaks(sound[:401])) == 2
    assert peaks(sound[:0]) == []


def test_the_module_agrees_with_the_standard_library_on_headers() -> None:
    buffer = io.BytesIO(wav._header(5, 2) + b"\0" * 20)
    with wave.open(buffer) as file:
        assert (file.getnchannels(), file.getnframes(), file.getframerate()) == (2, 5, RATE)
