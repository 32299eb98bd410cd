"""Blocks of bytes on the disk, first in, first out. The files have no name: they are gone with the process."""

from __future__ import annotations

import tempfile
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

_LENGTH_BYTES = 4
_READ_BYTES = 256_000
_FILE_BYTES = 16_000_000


@dataclass
class _File:
    """One file: how far it is written and read, and how many blocks are left in it."""

    handle: BinaryIO
    written: int = 0
    read: int = 0
    blocks: int = 0


class Spool:
    """In a folder, which is made when it is needed. A file that was read to its end is removed."""

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder, self._limit_bytes = folder, limit_bytes
        self._files: deque[_File] = deque()

    def __len__(self) -> int:
        """How many blocks there are."""
        return sum(file.blocks for file in self._files)

    def append(self, blocks: list[bytes]) -> None:
        """All of them, or an OSError and none."""
        data = b"".join(len(block).to_bytes(_LENGTH_BYTES, "big") + block for block in blocks)
        if sum(file.written for file in self._files) + len(data) > self._limit_bytes:
            raise OSError("more waits than may wait on the disk")
        file = self._last()
        # Half of what was written before may have found room; it is written over.
        file.handle.seek(file.written)
        if file.handle.write(data) != len(data):
            raise OSError("the disk is full")
        file.written += len(data)
        file.blocks += len(blocks)

    def take(self) -> list[bytes]:
        """Some of the first blocks. An OSError when the disk does not give them back."""
        while self._files and not self._files[0].blocks:
            self._files.popleft().handle.close()
        return _read(self._files[0]) if self._files else []

    def close(self) -> None:
        """Drop everything."""
        while self._files:
            self._files.popleft().handle.close()

    def _last(self) -> _File:
        if not self._files or self._files[-1].written >= _FILE_BYTES:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115  (read later)
            self._files.append(_File(cast(BinaryIO, handle)))
        return self._files[-1]


def _read(file: _File) -> list[bytes]:
    wanted = min(_READ_BYTES, file.written - file.read)
    while True:
        file.handle.seek(file.read)
        data = file.handle.read(wanted)
        blocks, end = _cut(data)
        if blocks:
            file.read += end
            file.blocks -= len(blocks)
            return blocks
        if len(data) < wanted or wanted >= file.written - file.read:
            raise OSError("the file is shorter than what was written")
        wanted = min(wanted * 4, file.written - file.read)  # one block longer than what was read


def _cut(data: bytes) -> tuple[list[bytes], int]:
    """The whole blocks in there, and where the last of them ends."""
    blocks: list[bytes] = []
    place = 0
    while True:
        begin = place + _LENGTH_BYTES
        end = begin + int.from_bytes(data[place:begin], "big")
        if begin > len(data) or end > len(data):
            return blocks, place
        blocks.append(data[begin:end])
        place = end
