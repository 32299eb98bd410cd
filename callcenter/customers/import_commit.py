"""An import carried out: chunk by chunk, each in one transaction; or only counted, in a dry run."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.clock import Clock
from callcenter.customers import store
from callcenter.customers.bulk import Batch
from callcenter.customers.import_merge import Book, Effect, Known, apply
from callcenter.customers.importing import HomeAddress, ImportRow, LineError, read
from callcenter.customers.model import CustomerRow, PhoneRow
from callcenter.customers.numbers import PhoneRegion
from callcenter.customers.shapes import CustomerDraft, Home
from callcenter.db import Database, Transaction
from callcenter.events.customers import CustomerChanged
from callcenter.events.ids import new_id

# Small enough that a call's events never wait long for their turn to be written.
_CHUNK = 200
_TRIES = 3
_COLUMNS = ("external_id", "name", "kind", "grade", "tags", "note")
MOST_ERRORS = 1_000


@dataclass
class Outcome:
    """What an import did, or in a dry run would do. `rows` counts lines; only the first errors are kept."""

    rows: int = 0
    effects: Counter[Effect] = field(default_factory=Counter)
    errors: list[LineError] = field(default_factory=list)
    errors_left_out: int = 0
    ignored: tuple[str, ...] = ()
    _wrong_lines: set[int] = field(default_factory=set)

    def wrong(self, error: LineError) -> None:
        """Note an error; a line with several counts as one line."""
        if error.line not in self._wrong_lines:
            self._wrong_lines.add(error.line)
            self.rows += 1
        if len(self.errors) < MOST_ERRORS:
            self.errors.append(error)
        else:
            self.errors_left_out += 1


@dataclass
class Importer:
    """Brings customers' files into the database. Running a file again changes nothing."""

    db: Database
    clock: Clock
    region: PhoneRegion

    async def run(self, file: BinaryIO, *, dry_run: bool) -> Outcome:
        """Read a seekable CSV file to its end. Good lines are kept even when others are wrong."""
        sheet = await asyncio.to_thread(read, file, self.region)
        outcome = Outcome(ignored=sheet.ignored)
        # In a dry run nothing is written, so what earlier lines would have done has to be remembered here.
        remembered = Book() if dry_run else None
        while entries := await asyncio.to_thread(_take, sheet.entries):
            rows = [entry for entry in entries if isinstance(entry, ImportRow)]
            for entry in entries:
                if isinstance(entry, LineError):
                    outcome.wrong(entry)
            outcome.rows += len(rows)
            outcome.effects.update(await (self._counted(rows, remembered) if remembered else self._kept(rows)))
        if not sheet.columns:
            outcome.rows = 0
        return outcome

    async def _counted(self, rows: Sequence[ImportRow], book: Book) -> list[Effect]:
        async with self.db.read() as session:
            for row in await _meant(session, rows):
                book.put_if_absent(_known(row))
        return [effect for effect, _known_after in apply(book, rows, _ids())]

    async def _kept(self, rows: Sequence[ImportRow]) -> list[Effect]:
        """Write a chunk. On a database with several writers another one may have been quicker: then look again."""
        for _ in range(_TRIES - 1):
            try:
                return await self._written(rows)
            except IntegrityError:
                continue
        return await self._written(rows)

    async def _written(self, rows: Sequence[ImportRow]) -> list[Effect]:
        async with self.db.transaction() as work:
            present = {row.id: row for row in await _meant(work.session, rows)}
            book = Book()
            for row in present.values():
                book.put(_known(row))
            effects, after = [], dict[str, Known]()
            for effect, known in apply(book, rows, _ids()):
                effects.append(effect)
                if effect != "unchanged":
                    after[known.id] = known
            await self._write(work, present, after.values())
        return effects

    async def _write(self, work: Transaction, present: dict[str, CustomerRow], after: Iterable[Known]) -> None:
        now, batch = self.clock(), Batch()
        for known in after:
            if known.is_new:
                batch.add(_draft(known), [(number, None) for number in known.new_phones], now, known.id)
            else:
                _update(present[known.id], known, now)
            work.emit(CustomerChanged(at=now, customer_id=known.id, change="created" if known.is_new else "updated"))
        await batch.insert(work.session)


def _take(entries: Iterator[ImportRow | LineError]) -> list[ImportRow | LineError]:
    return list(islice(entries, _CHUNK))


def _ids() -> Iterator[str]:
    while True:
        yield new_id()


async def _meant(session: AsyncSession, rows: Sequence[ImportRow]) -> list[CustomerRow]:
    """Every customer that one of the lines may mean."""
    external = {row.external_id for row in rows if row.external_id}
    keys = {phone.lookup_key for row in rows for phone in row.phones if phone.lookup_key}
    by_phone = select(PhoneRow.customer_id).where(PhoneRow.lookup_key.in_(keys))
    ids = {*(await session.scalars(select(CustomerRow.id).where(CustomerRow.external_id.in_(external))))}
    ids |= {*(await session.scalars(by_phone))}
    return await store.by_ids(session, ids)


def _known(row: CustomerRow) -> Known:
    homes = (HomeAddress(home.project, home.building or "", home.unit or "", home.room or "") for home in row.homes)
    kept = CustomerDraft.model_validate({name: getattr(row, name) for name in _COLUMNS})
    return Known(
        id=row.id,
        external_id=kept.external_id,
        name=kept.name,
        kind=kept.kind,
        grade=kept.grade,
        note=kept.note,
        tags=tuple(kept.tags),
        phone_keys=frozenset(phone.lookup_key for phone in row.phones if phone.lookup_key is not None),
        homes=frozenset(homes),
    )


def _draft(known: Known) -> CustomerDraft:
    columns = {name: getattr(known, name) for name in _COLUMNS}
    return CustomerDraft.model_validate({**columns, "homes": [_home(home) for home in known.new_homes]})


def _update(row: CustomerRow, known: Known, now: datetime) -> None:
    for name in _COLUMNS:
        setattr(row, name, getattr(known, name))
    row.tags = list(known.tags)
    row.phones.extend(store.phone_row(number) for number in known.new_phones)
    row.homes.extend(store.home_row(_home(home)) for home in known.new_homes)
    row.version, row.updated_at = row.version + 1, now


def _home(home: HomeAddress) -> Home:
    return Home(project=home.project, building=home.building, unit=home.unit, room=home.room)
