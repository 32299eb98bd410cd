"""A stream recorded from the real Asterisk, told again and again, with other calls in it each time."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass, field
from pathlib import Path

from callcenter.errors import Problem

STREAM = Path(__file__).resolve().parents[2] / "tests" / "wire" / "streams" / "menu_and_queue.ami.gz"
_END = b"\r\n\r\n"
# Asterisk's ids begin with its name and the second in which the channel was made.
_ID = re.compile(rb"(?<=callcenter-)\d{4}(?=\d{6}\.\d)")


@dataclass(frozen=True)
class Stream:
    """`events` are the messages in `data`."""

    data: bytes
    events: int
    _parts: list[bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_parts", _ID.split(self.data))

    def retold(self, number: int) -> bytes:
        """The same calls once more, as others: all their ids are new (for `number` below 10,000)."""
        return (b"%04d" % number).join(self._parts)


def read(path: Path = STREAM) -> Stream:
    if not path.is_file():
        raise Problem("bench_capture_missing", path=path)
    data = gzip.decompress(path.read_bytes())
    return Stream(data, data.count(b"\r\nEvent: ") + data.startswith(b"Event: "))
