"""One line of a customers' file: cells in, a row or its errors out (pure)."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from callcenter.customers.import_columns import Column
from callcenter.customers.numbers import Number, PhoneRegion, parse

Grade = Literal["A", "B", "C", "D"]
CustomerKind = Literal["person", "household", "firm"]

MOST_PHONES = 10
MOST_TAGS = 20
_LONGEST_TAG = 50
_SHOWN = 100
_LONGEST: dict[Column, int] = {
    "name": 100, "project": 100, "building": 50, "unit": 50, "room": 50, "note": 2000, "external_id": 100,
}  # fmt: skip
_GRADES: dict[str, Grade] = {"A": "A", "B": "B", "C": "C", "D": "D"}
_KINDS: dict[str, CustomerKind] = {
    **dict.fromkeys(("person", "individual", "个人", "个人客户", "自然人"), "person"),
    **dict.fromkeys(("household", "family", "家庭", "住户", "业主家庭", "家庭客户"), "household"),
    **dict.fromkeys(
        ("firm", "company", "organisation", "organization", "企业", "公司", "单位", "企业客户", "商户"), "firm"
    ),
}
_GRADE = re.compile(r"([abcd])[级类]?|(?:grade)?([abcd])", re.I)
_BETWEEN = re.compile(r"[;；/、，,|\n\r]+")
_SCIENTIFIC = re.compile(r"\d(\.\d+)?e\+?\d{1,2}", re.I)
_AS_DECIMAL = re.compile(r"(\d{5,})\.0", re.A)


@dataclass(frozen=True)
class LineError:
    """What is wrong in one line, counted from 1 as an editor counts. `value` is what stood there, shortened."""

    line: int
    field: str | None
    code: str
    value: str = ""
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class HomeAddress:
    """Where in our estates. Any part may be ""."""

    project: str = ""
    building: str = ""
    unit: str = ""
    room: str = ""


@dataclass(frozen=True)
class ImportRow:
    """One good line. None (or an empty tuple) means that the file says nothing of it, and so that nothing is changed.

    `phones` has at least one number and none twice; people with several homes may fill several lines.
    """

    line: int
    name: str
    phones: tuple[Number, ...]
    kind: CustomerKind | None = None
    grade: Grade | None = None
    home: HomeAddress | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    external_id: str | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """Lines with equal identity speak of the same customer and home: the second one is a duplicate."""
        if self.external_id:
            return ("external_id", self.external_id)
        return (self.name.casefold(), frozenset(each.lookup_key for each in self.phones), self.home)


Cell = tuple[Column, str]


def read_row(line: int, cells: list[Cell], region: PhoneRegion) -> ImportRow | list[LineError]:
    """The row, or every error of the line at once, so that it needs mending only once."""
    reader = _Reader(line, cells, region)
    row = reader.row()
    return reader.errors or row


class _Reader:
    """Collects the errors of one line while its fields are read."""

    def __init__(self, line: int, cells: list[Cell], region: PhoneRegion) -> None:
        self.errors: list[LineError] = []
        self._line = line
        self._cells = cells
        self._region = region

    def row(self) -> ImportRow:
        self._check_characters()
        return ImportRow(
            self._line,
            name=self._name(),
            phones=self._phones(),
            kind=self._kind(),
            grade=self._grade(),
            home=self._home(),
            tags=self._tags(),
            note=self._text("note") or None,
            external_id=self._text("external_id") or None,
        )

    def _error(self, column: Column, code: str, value: str = "", **params: object) -> None:
        self.errors.append(LineError(self._line, column, code, _shown(value), params))

    def _all(self, column: Column) -> list[str]:
        return [text for name, value in self._cells if name == column and (text := _tidy(value))]

    def _text(self, column: Column) -> str:
        text = next(iter(self._all(column)), "")
        limit = _LONGEST.get(column)
        if limit is not None and len(text) > limit:
            self._error(column, "import_too_long", text, limit=limit, length=len(text))
        return text

    def _check_characters(self) -> None:
        for column, value in self._cells:
            if "\ufffd" in value:
                self._error(column, "import_bad_characters", value)

    def _name(self) -> str:
        name = self._text("name")
        if not name:
            self._error("name", "import_name_missing")
        return name

    def _phones(self) -> tuple[Number, ...]:
        pieces = [piece for cell in self._all("phones") for piece in _split_phones(cell, self._region)]
        found: dict[str | None, Number] = {}
        for piece in pieces:
            number = parse(piece, self._region)
            if number.usable:
                found.setdefault(number.lookup_key, number)
            else:
                code = "import_phone_scientific" if _SCIENTIFIC.fullmatch(piece) else "import_phone_invalid"
                self._error("phones", code, piece)
        if not pieces:
            self._error("phones", "import_phone_missing")
        if len(found) > MOST_PHONES:
            self._error("phones", "import_too_many", "; ".join(pieces), limit=MOST_PHONES, count=len(found))
        return tuple(found.values())

    def _kind(self) -> CustomerKind | None:
        text = self._text("kind")
        kind = _KINDS.get(text.casefold())
        if text and kind is None:
            self._error("kind", "import_kind_unknown", text)
        return kind

    def _grade(self) -> Grade | None:
        text = unicodedata.normalize("NFKC", self._text("grade")).replace(" ", "")
        if not text:
            return None
        if found := _GRADE.fullmatch(text):
            return _GRADES[(found[1] or found[2]).upper()]
        self._error("grade", "import_grade_unknown", text)
        return None

    def _home(self) -> HomeAddress | None:
        home = HomeAddress(*(self._text(part) for part in ("project", "building", "unit", "room")))
        return home if home != HomeAddress() else None

    def _tags(self) -> tuple[str, ...]:
        pieces = (piece.strip() for cell in self._all("tags") for piece in _BETWEEN.split(cell))
        tags = tuple(dict.fromkeys(piece for piece in pieces if piece))
        if len(tags) > MOST_TAGS:
            self._error("tags", "import_too_many", "; ".join(tags), limit=MOST_TAGS, count=len(tags))
        for tag in tags:
            if len(tag) > _LONGEST_TAG:
                self._error("tags", "import_too_long", tag, limit=_LONGEST_TAG, length=len(tag))
        return tags


def _tidy(value: str) -> str:
    """Without control characters and outer blanks; line breaks inside a note stay."""
    if value.isprintable():
        return value.strip()
    kept = "".join(each for each in value if each in "\n\t" or unicodedata.category(each)[0] != "C")
    return kept.strip()


def _shown(value: str) -> str:
    return value if len(value) <= _SHOWN else value[: _SHOWN - 1] + "…"


def _split_phones(cell: str, region: PhoneRegion) -> list[str]:
    """Numbers of one cell. A comma may also stand before an extension, a blank inside a number or between two."""
    if parse(cell, region).usable:
        return [cell]
    # Spreadsheets that took the numbers for amounts write them with a decimal.
    pieces = [_AS_DECIMAL.sub(r"\1", piece.strip()) for piece in _BETWEEN.split(cell) if piece.strip()]
    return [each for piece in pieces for each in _split_at_blanks(piece, region)]


def _split_at_blanks(piece: str, region: PhoneRegion) -> list[str]:
    words = piece.split()
    if len(words) > 1 and not parse(piece, region).usable and all(parse(word, region).usable for word in words):
        return words
    return [piece]
