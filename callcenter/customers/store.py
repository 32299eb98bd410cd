"""Customers in the database: rows to shapes, drafts to rows, the queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from callcenter.customers.homes import like_pattern, stored_key
from callcenter.customers.model import CustomerRow, HomeRow, PhoneRow
from callcenter.customers.numbers import Number, PhoneRegion, parse
from callcenter.customers.shapes import CustomerDraft, Home, PhoneDraft
from callcenter.errors import Problem
from callcenter.events.ids import new_id

_MOST_CANDIDATES = 20
_PART_OF_NUMBER = 3
WHOLE = (selectinload(CustomerRow.phones), selectinload(CustomerRow.homes))


def whole() -> Select[CustomerRow]:
    """Customers with their numbers and homes."""
    return select(CustomerRow).options(*WHOLE)


async def by_ids(session: AsyncSession, ids: Collection[str]) -> list[CustomerRow]:
    """The customers of these ids, in no order."""
    return list((await session.scalars(whole().where(CustomerRow.id.in_(ids)))).all()) if ids else []


async def by_key(session: AsyncSession, lookup_key: str) -> list[CustomerRow]:
    """Those who have a number, through the index alone; a shared line's first twenty."""
    ids = select(PhoneRow.customer_id).where(PhoneRow.lookup_key == lookup_key).distinct().limit(_MOST_CANDIDATES)
    # One statement, because a ringing phone waits for it: a trip to the database costs more than the rows repeated.
    together = (joinedload(CustomerRow.phones), joinedload(CustomerRow.homes))
    query = select(CustomerRow).options(*together).where(CustomerRow.id.in_(ids))
    return list((await session.scalars(query)).unique().all())


def matching(text: str, region: PhoneRegion) -> Select[CustomerRow]:
    """Customers, the newest first, whose name, number, room or own number in the firm's books fits a text."""
    newest = select(CustomerRow).order_by(CustomerRow.id.desc())
    number = parse(text, region)
    if number.e164 is not None:
        return newest.where(CustomerRow.id.in_(_phones().where(PhoneRow.lookup_key == number.lookup_key)))
    wanted = [CustomerRow.name.icontains(text, autoescape=True), CustomerRow.external_id == text]
    digits = "".join(character for character in text if character.isdigit())
    if len(digits) >= _PART_OF_NUMBER and not any(character.isalpha() for character in text):
        wanted.append(CustomerRow.id.in_(_phones().where(PhoneRow.lookup_key.contains(digits))))
    if pattern := like_pattern(text):
        wanted.append(CustomerRow.id.in_(select(HomeRow.customer_id).where(HomeRow.search_key.like(pattern))))
    return newest.where(or_(*wanted))


def _phones() -> Select[str]:
    return select(PhoneRow.customer_id)


def new_row(draft: CustomerDraft, region: PhoneRegion, now: datetime) -> CustomerRow:
    """A row to add, with its numbers and homes."""
    row = CustomerRow(id=new_id(), version=1, created_at=now, updated_at=now)
    row.external_id, row.name, row.kind, row.grade = draft.external_id, draft.name, draft.kind, draft.grade
    row.tags, row.note = list(draft.tags), draft.note
    row.phones = [_typed(phone, region) for phone in draft.phones]
    row.homes = [home_row(home) for home in draft.homes]
    return row


def phone_row(number: Number, label: str | None = None) -> PhoneRow:
    """A number as it is kept."""
    return PhoneRow(id=new_id(), raw=number.raw, e164=number.e164, lookup_key=number.lookup_key, label=label or None)


def home_row(home: Home) -> HomeRow:
    """A home as it is kept."""
    parts = (home.project, home.building or None, home.unit or None, home.room or None)
    return HomeRow(
        id=new_id(), project=parts[0], building=parts[1], unit=parts[2], room=parts[3], search_key=stored_key(*parts)
    )


def same_home(row: HomeRow, home: Home) -> bool:
    """Whether a row says what a home says."""
    kept = (row.project, row.building, row.unit, row.room)
    return kept == (home.project, home.building or None, home.unit or None, home.room or None)


def replace_phones(row: CustomerRow, phones: Sequence[PhoneDraft], region: PhoneRegion) -> None:
    """Make these the customer's numbers; those he had before keep their ids."""
    kept = {phone.raw: phone for phone in row.phones}
    row.phones = [_relabelled(kept.pop(phone.raw, None), phone, region) for phone in phones]


def _typed(phone: PhoneDraft, region: PhoneRegion) -> PhoneRow:
    """A number that a person typed; one that nobody could dial is refused, as in an import."""
    number = parse(phone.raw, region)
    if not number.usable:
        raise Problem("customer_phone_invalid", status=422, field="phones", value=phone.raw)
    return phone_row(number, phone.label)


def _relabelled(kept: PhoneRow | None, phone: PhoneDraft, region: PhoneRegion) -> PhoneRow:
    if kept is None:
        return _typed(phone, region)
    kept.label = phone.label or None
    return kept


def replace_homes(row: CustomerRow, homes: Iterable[Home]) -> None:
    """Make these the customer's homes."""
    left = list(row.homes)
    wanted: list[HomeRow] = []
    for home in homes:
        kept = next((each for each in left if same_home(each, home)), None)
        if kept is not None:
            left.remove(kept)
        wanted.append(kept or home_row(home))
    row.homes = wanted
