"""Customers from a CSV file: bytes in, rows and errors out, one line after another in bounded memory.

No database and no event loop in here: call it in a thread for files of any size.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from callcenter.customers.import_columns import DELIMITERS, REQUIRED, Column, Headings, accepted, read_headings
from callcenter.customers.import_text import Cells, LineTooLong, encoding_of, is_excel, lines, records
from callcenter.customers.import_values import CustomerKind, Grade, HomeAddress, ImportRow, LineError, read_row
from callcenter.customers.numbers import PhoneRegion

__all__ = ["MOST_ROWS", "CustomerKind", "Grade", "HomeAddress", "ImportRow", "LineError", "Sheet", "read"]

MOST_ROWS = 500_000
"""More customers than one file may hold: what is remembered to notice duplicates grows with them."""


@dataclass(frozen=True)
class Sheet:
    """What the first line told. `entries` can be run through once, and reads the file while it runs.

    `columns` are those present: a field whose column is absent must be left alone by an update. `ignored`
    are headings that mean nothing to us. When the file cannot be read at all, `entries` is one LineError.
    """

    encoding: str
    columns: tuple[Column, ...]
    ignored: tuple[str, ...]
    entries: Iterator[ImportRow | LineError]


def read(file: BinaryIO, region: PhoneRegion, *, most_rows: int = MOST_ROWS) -> Sheet:
    """Understand a seekable binary file (BytesIO for bytes). Never raises for what the file holds."""
    if is_excel(file):
        return _hopeless(LineError(1, None, "import_is_excel"))
    encoding = encoding_of(file)
    text = lines(file, encoding)
    try:
        number, first, hinted = _first_line(text)
    except LineTooLong:
        return _hopeless(LineError(1, None, "import_line_too_long"))
    if not first:
        return _hopeless(LineError(1, None, "import_empty"))
    headings = read_headings({each: _split(first, each) for each in hinted or DELIMITERS})
    if wrong := _wrong_headings(number, first, headings):
        return _hopeless(wrong)
    present = tuple(dict.fromkeys(column for column in headings.columns if column))
    entries = _entries(records(text, headings.delimiter, number + 1), headings.columns, region, most_rows)
    return Sheet(encoding, present, headings.ignored, entries)


def _hopeless(error: LineError) -> Sheet:
    return Sheet("", (), (), iter([error]))


def _first_line(text: Iterator[str]) -> tuple[int, str, str | None]:
    """Number and text of the first line that is not blank, and the delimiter if Excel's `sep=` line names it."""
    hinted = None
    for number, line in enumerate(text, start=1):
        plain = line.strip("\r\n")
        if plain.lower().startswith("sep=") and len(plain) == len("sep=,"):
            hinted = plain[-1]
        elif plain.strip(" ,;\t"):
            return number, plain, hinted
    return 1, "", hinted


def _split(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])


def _wrong_headings(line: int, text: str, headings: Headings) -> LineError | None:
    if headings.missing:
        params = {"missing": accepted(headings.missing), "required": accepted(REQUIRED)}
        return LineError(line, headings.missing[0], "import_missing_column", text[:100], params)
    if headings.repeated:
        return LineError(line, None, "import_repeated_column", " / ".join(headings.repeated))
    return None


def _entries(
    found: Iterator[Cells], columns: tuple[Column | None, ...], region: PhoneRegion, most_rows: int
) -> Iterator[ImportRow | LineError]:
    seen: dict[int, int] = {}
    count = 0
    for count, cells in enumerate(found, start=1):
        if count > most_rows:
            yield LineError(cells.line, None, "import_too_many_rows", params={"limit": most_rows})
            return
        entry = _entry(cells, columns, region)
        if not isinstance(entry, ImportRow):
            yield from entry
            continue
        # Hashes, not the values: half a million rows stay below a hundred megabytes.
        first = seen.setdefault(hash(entry.identity), entry.line)
        yield entry if first == entry.line else _duplicate(entry, first)
    if not count:
        yield LineError(1, None, "import_empty")


def _entry(cells: Cells, columns: tuple[Column | None, ...], region: PhoneRegion) -> ImportRow | list[LineError]:
    if cells.broken:
        return [LineError(cells.line, None, cells.broken)]
    surplus = [value for value in cells.values[len(columns) :] if value.strip()]
    if surplus:
        return [LineError(cells.line, None, "import_extra_cells", surplus[0][:100], {"columns": len(columns)})]
    named = [(column, value) for column, value in zip(columns, cells.values, strict=False) if column]
    return read_row(cells.line, named, region)


def _duplicate(row: ImportRow, first: int) -> LineError:
    field, value = ("external_id", row.external_id) if row.external_id else ("name", row.name)
    return LineError(row.line, field, "import_duplicate", value, {"first": first})
