"""Sound files of one call side: mono, 16 bit, 8 kHz WAV, as the recorder writes them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from recordings.errors import SoundMissing, SoundUnreadable

RATE = 8000
SILENCE_DB = -96.0

Samples = npt.NDArray[np.int16]
Levels = npt.NDArray[np.float64]

_FRAME = 2  # bytes
_PCM = 1
_CHUNK_FRAMES = 1 << 15


@dataclass(frozen=True)
class Header:
    """Where the sound lies in the file; `frames` is what the file holds, `declared` what its header says."""

    offset: int
    frames: int
    declared: int

    @property
    def duration_s(self) -> float:
        return self.frames / RATE


def read_header(path: Path) -> Header:
    """Raise SoundMissing, or SoundUnreadable with the reason.

    A recorder that was killed leaves 0, or too little, in its header; then all that follows is sound.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(0)
            return _parse(file, size)
    except FileNotFoundError as error:
        raise SoundMissing(file=path.name) from error
    except (struct.error, ValueError) as error:
        raise SoundUnreadable(file=path.name, reason=str(error)) from error


def _parse(file: BinaryIO, size: int) -> Header:
    riff, _, wave = struct.unpack("<4sI4s", file.read(12))
    if riff != b"RIFF" or wave != b"WAVE":
        raise ValueError("not a WAV file")
    formatted = False
    while True:
        name, length = struct.unpack("<4sI", file.read(8))
        offset = file.tell()
        if name == b"data":
            break
        if name == b"fmt ":
            _check_format(file.read(16))
            formatted = True
        file.seek(offset + length + length % 2)
    if not formatted:
        raise ValueError("no format before the sound")
    present = (size - offset) // _FRAME
    declared = length // _FRAME
    # Chunks may follow the sound, so a shorter declaration counts, unless it says that there is no sound.
    frames = declared if 0 < declared < present else present
    return Header(offset, frames, declared)


def _check_format(chunk: bytes) -> None:
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", chunk)
    if (kind, channels, rate, bits) != (_PCM, 1, RATE, 16):
        raise ValueError(f"format {kind}, {channels} channels, {rate} Hz, {bits} bits")


def repair(path: Path) -> bool:
    """Make the header say what the file holds. True if it did not: the recording had been cut."""
    header = read_header(path)
    if header.declared == header.frames:
        return False
    length = header.frames * _FRAME
    with path.open("r+b") as file:
        file.truncate(header.offset + length)
        file.seek(4)
        file.write(struct.pack("<I", header.offset + length - 8))
        file.seek(header.offset - 4)
        file.write(struct.pack("<I", length))
    return True


def read(path: Path, start_s: float = 0.0, end_s: float | None = None) -> Samples:
    """The samples between two times; fewer where the file ends before."""
    header = read_header(path)
    first = min(round(start_s * RATE), header.frames)
    last = header.frames if end_s is None else min(round(end_s * RATE), header.frames)
    with path.open("rb") as file:
        file.seek(header.offset + first * _FRAME)
        return np.fromfile(file, dtype="<i2", count=max(last - first, 0)).astype(np.int16, copy=False)


def write(path: Path, samples: Samples) -> None:
    """Write a mono file."""
    path.write_bytes(_header(len(samples), 1) + samples.astype("<i2").tobytes())


def _header(frames: int, channels: int) -> bytes:
    width = _FRAME * channels
    length = frames * width
    fmt = struct.pack("<HHIIHH", _PCM, channels, RATE, RATE * width, width, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + length)
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + fmt
        + (b"data" + struct.pack("<I", length))
    )


class Stereo:
    """Both sides as one WAV file that is never written: caller left, agent right.

    The shorter side is filled up with silence. `size` is in bytes.
    """

    def __init__(self, caller: Path, agent: Path) -> None:
        self._sides = [(path, read_header(path)) for path in (caller, agent)]
        frames = max(header.frames for _, header in self._sides)
        self._head = _header(frames, 2)
        self.size = len(self._head) + frames * 2 * _FRAME

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` up to, without, `end`, in pieces of about 128 KB."""
        end = self.size if end is None else min(end, self.size)
        if start < min(end, len(self._head)):
            yield self._head[start:end]
        position = max(start, len(self._head))
        while position < end:
            frame, skip = divmod(position - len(self._head), 2 * _FRAME)
            piece = self._interleaved(frame, _CHUNK_FRAMES)[skip : skip + end - position]
            position += len(piece)
            yield piece

    def _interleaved(self, frame: int, count: int) -> bytes:
        total = (self.size - len(self._head)) // (2 * _FRAME)
        both = np.zeros((min(count, total - frame), 2), dtype="<i2")
        for column, (path, header) in enumerate(self._sides):
            with path.open("rb") as file:
                file.seek(header.offset + min(frame, header.frames) * _FRAME)
                available = max(min(len(both), header.frames - frame), 0)
                both[:available, column] = np.fromfile(file, dtype="<i2", count=available)
        return both.tobytes()


def stereo(caller: Path, agent: Path, target: Path) -> None:
    """Write both sides into one file."""
    with target.open("wb") as file:
        file.writelines(Stereo(caller, agent).chunks())


def levels(samples: Samples, interval_s: float = 0.1) -> Levels:
    """Loudness of each full interval in dB below full scale; silence is -96."""
    length = round(interval_s * RATE)
    count = len(samples) // length
    frames = samples[: count * length].reshape(count, length).astype(np.float64)
    return to_db(np.sqrt(np.mean(frames**2, axis=1)) if count else np.zeros(0))


def level(path: Path, start_s: float = 0.0, end_s: float | None = None) -> float:
    """Loudness of a stretch in dB below full scale."""
    samples = read(path, start_s, end_s).astype(np.float64)
    return float(to_db(np.sqrt(np.mean(samples**2)))) if len(samples) else SILENCE_DB


def to_db(amplitude: npt.ArrayLike) -> Levels:
    """Amplitudes of 16-bit samples as dB below full scale, at least -96."""
    floor = 32768 * 10 ** (SILENCE_DB / 20)
    return np.asarray(20 * np.log10(np.maximum(amplitude, floor) / 32768))
