"""Sound files as a phone wants them: mono, 8 kHz, 16 bit, with silence before and after."""

from __future__ import annotations

import struct
import subprocess
import wave
from pathlib import Path

from callcenter.asterisk.install import AsteriskTree
from callcenter.errors import Problem

RATE = 8000
_BYTES_PER_S = RATE * 2
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


def write_padded(target: Path, source: Path | None, tree: AsteriskTree, *, tail_s: float) -> float:
    """Write `source` (None: nothing) followed by silence; seconds of sound before the silence.

    The silence is a hole in the file, so an hour of it costs no disk.
    """
    data = b"" if source is None else _samples(source, tree)
    size = len(data) + int(tail_s * RATE) * 2
    header = _HEADER.pack(b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, RATE, _BYTES_PER_S, 2, 16, b"data", size)
    with target.open("wb") as file:
        file.write(header + data)
        file.truncate(_HEADER.size + size)
    return len(data) / _BYTES_PER_S


def _samples(source: Path, tree: AsteriskTree) -> bytes:
    if not source.is_file():
        raise Problem("asterisk_no_sound_file", path=str(source))
    try:
        with wave.open(str(source)) as sound:
            if (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2):
                frames: bytes = sound.readframes(sound.getnframes())
                return frames
    except wave.Error:
        pass
    raw = ["-t", "raw", "-r", str(RATE), "-c", "1", "-b", "16", "-e", "signed-integer", "-"]
    command: list[str | Path] = [tree.program("sox"), source, *raw]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode:
        raise Problem("asterisk_no_sound_file", path=str(source))
    return done.stdout
