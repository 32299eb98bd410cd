"""What a line of an import does to the customers there are (pure). It adds and corrects; it never takes away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from callcenter.customers.importing import CustomerKind, Grade, HomeAddress, ImportRow
from callcenter.customers.numbers import Number

Effect = Literal["created", "updated", "unchanged"]
_KIND: CustomerKind = "person"
_GRADE: Grade = "C"


@dataclass(frozen=True, slots=True)
class Known:
    """A customer as far as an import is concerned. `new_phones` and `new_homes` are still to be written."""

    id: str
    external_id: str | None
    name: str
    kind: CustomerKind
    grade: Grade
    note: str
    tags: tuple[str, ...]
    phone_keys: frozenset[str]
    homes: frozenset[HomeAddress]
    is_new: bool = False
    new_phones: tuple[Number, ...] = ()
    new_homes: tuple[HomeAddress, ...] = ()


@dataclass
class Book:
    """The customers that lines may mean, by the firm's own number and by name and phone."""

    _by_external: dict[str, Known] = field(default_factory=dict)
    _by_phone: dict[tuple[str, str], Known] = field(default_factory=dict)
    _ids: set[str] = field(default_factory=set)

    def put_if_absent(self, known: Known) -> None:
        """Add a customer, unless an earlier line has met him."""
        if known.id not in self._ids:
            self.put(known)

    def put(self, known: Known) -> None:
        """Add a customer, or his newer state."""
        self._ids.add(known.id)
        if known.external_id is not None:
            self._by_external[known.external_id] = known
        for key in known.phone_keys:
            self._by_phone[key, known.name.casefold()] = known

    def find(self, row: ImportRow) -> Known | None:
        """Whom a line means: who has its number of ours, else who has its name and one of its phones."""
        if row.external_id is not None and row.external_id in self._by_external:
            return self._by_external[row.external_id]
        for key in _keys(row.phones):
            known = self._by_phone.get((key, row.name.casefold()))
            if known is not None and (row.external_id is None or known.external_id is None):
                return known
        return None


def apply(book: Book, rows: Iterable[ImportRow], ids: Iterator[str]) -> Iterator[tuple[Effect, Known]]:
    """The effect of each line and the customer after it; `ids` names the new ones. The book learns on the way."""
    for row in rows:
        before = book.find(row)
        after = _merged(before, row) if before else _created(row, next(ids))
        book.put(after)
        yield ("created" if before is None else "unchanged" if after == before else "updated"), after


def _created(row: ImportRow, customer_id: str) -> Known:
    homes = (row.home,) if row.home else ()
    return Known(
        customer_id,
        row.external_id,
        row.name,
        row.kind or _KIND,
        row.grade or _GRADE,
        row.note or "",
        row.tags,
        frozenset(_keys(row.phones)),
        frozenset(homes),
        is_new=True,
        new_phones=row.phones,
        new_homes=homes,
    )


def _merged(known: Known, row: ImportRow) -> Known:
    phones = tuple(each for each in row.phones if each.lookup_key not in known.phone_keys)
    homes = (row.home,) if row.home and row.home not in known.homes else ()
    return replace(
        known,
        external_id=row.external_id or known.external_id,
        name=row.name,
        kind=row.kind or known.kind,
        grade=row.grade or known.grade,
        note=known.note if row.note is None else row.note,
        tags=tuple(dict.fromkeys((*known.tags, *row.tags))),
        phone_keys=known.phone_keys | frozenset(_keys(phones)),
        homes=known.homes | frozenset(homes),
        new_phones=(*known.new_phones, *phones),
        new_homes=(*known.new_homes, *homes),
    )


def _keys(phones: Iterable[Number]) -> list[str]:
    return [phone.lookup_key for phone in phones if phone.lookup_key is not None]
