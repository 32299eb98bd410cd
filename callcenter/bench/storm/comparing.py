"""The ledger held against the script: every call once, every field as it was, times to a second."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from callcenter.bench.storm.script import Call, Talk, Truth, truth
from callcenter.calls.model import CallRow, CallTalkRow, LedgerGapRow
from callcenter.db import Database

_EXACT_S = 1.0
_MOST = 40


@dataclass(frozen=True)
class Kept:
    """What the ledger holds of a call."""

    call: CallRow
    talks: tuple[CallTalkRow, ...]


@dataclass
class Comparison:
    """`unequal`: some of what is not as it should be, in words."""

    missing: int = 0
    doubled: int = 0
    wrong: int = 0
    unequal: list[str] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether the ledger is as the script."""
        return not (self.missing or self.doubled or self.wrong)

    def __add__(self, other: Comparison) -> Comparison:
        return Comparison(
            self.missing + other.missing,
            self.doubled + other.doubled,
            self.wrong + other.wrong,
            [*self.unequal, *other.unequal],
        )

    def note(self, words: str) -> None:
        """Something differs."""
        if len(self.unequal) < _MOST:
            self.unequal.append(words)


async def kept(db: Database, server: str) -> list[Kept]:
    """Every call of a server."""
    async with db.read() as session:
        calls = (await session.scalars(select(CallRow).where(CallRow.server == server))).all()
        query = select(CallTalkRow).join(CallRow, CallRow.id == CallTalkRow.call_id).where(CallRow.server == server)
        talks = (await session.scalars(query.order_by(CallTalkRow.started_at))).all()
    of: dict[str, list[CallTalkRow]] = defaultdict(list)
    for talk in talks:
        of[talk.call_id].append(talk)
    return [Kept(call, tuple(of[call.id])) for call in calls]


async def gaps(db: Database) -> Counter[str]:
    """How many times Asterisk was not heard, by how the ledger closed the gap."""
    async with db.read() as session:
        return Counter(closed_by or "open" for closed_by in await session.scalars(select(LedgerGapRow.closed_by)))


def compare(calls: Sequence[Call], ledger: Iterable[Kept], began: float) -> Comparison:
    """`began`: the beginning of the run, in seconds since 1970. Callers are told apart by their numbers."""
    found, by_number = Comparison(), defaultdict[str, list[Kept]](list)
    for each in ledger:
        by_number[each.call.raw_number].append(each)
    for call in calls:
        records = by_number.pop(call.caller, [])
        if not records:
            found.missing += 1
            found.note(f"call {call.number} ({call.kind}): not there")
            continue
        if len(records) > 1:
            found.doubled += len(records) - 1
            found.note(f"call {call.number} ({call.kind}): {len(records)} times")
        if differences := list(_differences(truth(call), records[0], began)):
            found.wrong += 1
            found.note(f"call {call.number} ({call.kind}, {call.phase}): {'; '.join(differences)}")
    for number, records in by_number.items():
        found.wrong += len(records)
        found.note(f"a call from {number!r} that nobody made")
    return found


def _differences(right: Truth, record: Kept, began: float) -> Iterator[str]:
    row = record.call
    exact = [("outcome", right.outcome, row.outcome), ("queue", right.queue, row.queue)]
    exact += [("extension", right.extension, row.extension)]
    if right.menu is not None:
        exact += [("menu", "|".join(right.menu), f"{row.menu_path}|{row.kind}|{row.language}")]
    yield from (f"{name} {there!r}, not {wanted!r}" for name, wanted, there in exact if wanted != there)
    times = (
        ("started", right.begins, row.started_at),
        ("queued", right.joins, row.queued_at),
        ("answered", right.answers, row.answered_at),
        ("ended", right.ends, row.ended_at),
    )
    yield from (f"{name} {_off(at, there, began)}" for name, at, there in times if not _near(at, there, began))
    yield from _talks(right.talks, record.talks, began)


def _talks(wanted: Sequence[Talk], there: Sequence[CallTalkRow], began: float) -> Iterator[str]:
    if [talk.extension for talk in wanted] != [talk.extension for talk in there]:
        yield f"talks {[each.extension for each in there]}, not {[each.extension for each in wanted]}"
        return
    for one, other in zip(wanted, there, strict=True):
        for name, at, moment in (("begins", one.begins, other.started_at), ("ends", one.ends, other.ended_at)):
            if not _near(at, moment, began):
                yield f"talk of {one.extension} {name} {_off(at, moment, began)}"


def _near(at: float | None, moment: datetime | None, began: float) -> bool:
    if at is None or moment is None:
        return at is None and moment is None
    return abs(moment.timestamp() - began - at) <= _EXACT_S


def _off(at: float | None, moment: datetime | None, began: float) -> str:
    if at is None or moment is None:
        return "at all" if moment else "not at all"
    return f"{moment.timestamp() - began - at:+.2f} s"
