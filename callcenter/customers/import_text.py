"""From a file's bytes to lines of text in bounded memory: which encoding, which delimiter (no domain in here)."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

LONGEST_LINE = 128 * 1024
"""Characters; also the most that one quoted field may hold."""

_CHUNK = 64 * 1024
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_EXCEL = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class LineTooLong(Exception):
    """A line ran past LONGEST_LINE."""


class Cells(NamedTuple):
    """One record and the line where it begins, or (`broken`) the reason why there is none."""

    line: int
    values: list[str]
    broken: str | None = None


def is_excel(file: BinaryIO) -> bool:
    """True for .xlsx and .xls, which are no text at all. Leaves the file at its start."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head in _EXCEL


def encoding_of(file: BinaryIO) -> str:
    """UTF-8 if the whole file is, else GB18030 (Excel in Chinese Windows), else whichever spoils fewer characters.

    Reads the file once through; a byte order mark settles it before. Leaves the file at its start.
    """
    file.seek(0)
    head = file.read(3)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            file.seek(0)
            return encoding
    spoilt = {encoding: _spoilt(file, encoding) for encoding in ("utf-8", "gb18030")}
    file.seek(0)
    return min(spoilt, key=lambda encoding: spoilt[encoding])


def _spoilt(file: BinaryIO, encoding: str) -> int:
    """How many characters cannot be read in this encoding."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    count = 0
    while chunk := file.read(_CHUNK):
        count += decoder.decode(chunk).count("\ufffd")
    return count + decoder.decode(b"", final=True).count("\ufffd")


def lines(file: BinaryIO, encoding: str) -> Iterator[str]:
    r"""Lines that end in \n, whatever they ended in; what cannot be read is U+FFFD.

    LineTooLong rather than a line that fills the memory.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)("replace"), translate=True)
    rest = ""
    for chunk in iter(lambda: file.read(_CHUNK), b""):
        *whole, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (_checked(line) + "\n" for line in whole)
        _checked(rest)
    *whole, rest = (rest + decoder.decode(b"", final=True)).split("\n")
    yield from (_checked(line) + "\n" for line in [*whole, rest] if line)


def _checked(line: str) -> str:
    if len(line) >= LONGEST_LINE:
        raise LineTooLong
    return line


def records(text: Iterator[str], delimiter: str, first_line: int) -> Iterator[Cells]:
    """CSV records that hold anything. A quote left open spoils its own line; the next one is read afresh."""
    source = _Source(text, first_line)
    while True:
        line = source.begin()
        try:
            values = next(csv.reader(source, delimiter=delimiter, strict=True, skipinitialspace=True), None)
        except csv.Error:
            source.give_back_all_but_first()
            yield Cells(line, [], "import_broken_quote")
            continue
        except LineTooLong:
            yield Cells(source.next_line, [], "import_line_too_long")
            return
        if values is None:
            return
        if any(value.strip() for value in values):
            yield Cells(line, values)


class _Source:
    """Lines for the csv reader, which can be given back when a quote swallowed too many of them."""

    def __init__(self, text: Iterator[str], first_line: int) -> None:
        self.next_line = first_line
        self._text = text
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []

    def begin(self) -> int:
        """A new record starts; the number of its first line."""
        self._taken.clear()
        return self.next_line

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = self._waiting.popleft() if self._waiting else next(self._text)
        self._taken.append(line)
        self.next_line += 1
        return line

    def give_back_all_but_first(self) -> None:
        again = self._taken[1:]
        self._waiting.extendleft(reversed(again))
        self.next_line -= len(again)
