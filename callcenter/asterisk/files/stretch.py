"""A stretch of time out of a log file of any size, without reading the rest of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

# The moment that a line tells of; None for one that cannot be read.
Stamp = Callable[[str], datetime | None]
# Lines of one moment are written in any order, and a CDR follows its call.
_DISORDER = timedelta(seconds=60)
_SMALL = 1 << 16
_LONGEST_LINE = 1 << 16


def lines(path: Path, stamp: Stamp, since: datetime, until: datetime) -> Iterator[str]:
    """The whole lines of a file and of those it was rotated into (`NAME.1`, `NAME.1.gz`...) that may tell of the time
    between, oldest first. A torn last line is left for the next reading, as is a file that is not there."""
    for each in _files(path, since):
        found = _packed(each) if each.suffix == ".gz" else _from(each, stamp, since - _DISORDER)
        for line in found:
            at = stamp(line)
            if at is None or at < since:
                continue
            if at > until + _DISORDER:
                break
            if at <= until:
                yield line


def _files(path: Path, since: datetime) -> list[Path]:
    """The file and its rotated ones that were still written to after `since`, by age."""
    found = []
    for each in [*path.parent.glob(f"{path.name}.*"), path]:
        try:
            written = each.stat().st_mtime
        except OSError:
            continue
        if written >= since.timestamp():
            found.append((each == path, written, each))
    return [each for _last, _written, each in sorted(found)]


def _from(path: Path, stamp: Stamp, since: datetime) -> Iterator[str]:
    """The lines from the first that is not older, found by halving."""
    with path.open("rb") as file:
        low, high = 0, file.seek(0, 2)
        while high - low > _SMALL:
            middle = (low + high) // 2
            at = _first_moment(file, middle, high, stamp)
            if at is None or at >= since:
                high = middle
            else:
                low = middle
        file.seek(low)
        if low:
            file.readline()
        for raw in file:
            if raw.endswith(b"\n"):
                yield _text(raw)


def _first_moment(file: BinaryIO, place: int, end: int, stamp: Stamp) -> datetime | None:
    file.seek(place)
    file.readline()
    while file.tell() < end:
        at = stamp(_text(file.readline(_LONGEST_LINE)))
        if at is not None:
            return at
    return None


def _packed(path: Path) -> Iterator[str]:
    with gzip.open(path, "rb") as file:
        for raw in file:
            if raw.endswith(b"\n"):
                yield _text(raw)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").rstrip("\r\n")
