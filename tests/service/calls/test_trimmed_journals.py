"""Of a journal whose beginning was removed no record is made: what stands in the ledger stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from callcenter.calls import journal_store
from callcenter.calls.model import CallHoldRow, CallLegRow, CallMessageRow, CallRow, CallTalkRow, CallVisitRow
from callcenter.calls.recompute import Recomputer
from callcenter.db import Database

from .stretch import Stretch, begin, calls, differences, hear

NAMES = (
    "agent_first_local", "answered", "attended", "attended_outside", "clock_set_back", "clock_set_forward",
    "conference", "hold", "local_optimised", "parked", "picked_up_for", "redirected", "rejected", "ring_all_abandoned",
    "second_line_to_agent", "two_callers_joined", "two_calls_on_one_phone",
)  # fmt: skip
PARTS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
TABLES = (CallRow, CallLegRow, CallTalkRow, CallVisitRow, CallHoldRow)


@pytest.mark.parametrize("name", NAMES)
async def test_a_record_outlives_the_trimming_of_its_journal(db: Database, tmp_path: Path, name: str) -> None:
    stretch = await _heard(db, tmp_path, name)
    assert await differences(db) == []
    before, ids = await _records(db), [call.id for call in await calls(db)]
    first = min(seconds for seconds, _place in await _rows(db, stretch))
    length = max(seconds for seconds, _place in await _rows(db, stretch)) - first
    for part in PARTS:
        await _trim(db, stretch, first + length * part)
        await Recomputer(db, lambda raw: raw or None).run(ids, write=True)
        assert await _records(db) == before, part


@pytest.mark.parametrize("name", ["answered", "clock_set_back"])
async def test_what_is_trimmed_is_a_beginning(db: Database, tmp_path: Path, name: str) -> None:
    stretch = await _heard(db, tmp_path, name)
    rows = await _rows(db, stretch)
    middle = min(rows)[0] + (max(rows)[0] - min(rows)[0]) / 2
    gone = await _trim(db, stretch, middle)
    assert await _rows(db, stretch) == rows[gone:]
    assert all(seconds < middle for seconds, _place in rows[:gone])
    assert rows[gone][0] >= middle


async def test_calls_that_lack_their_beginning_are_told(db: Database, stretch: Stretch) -> None:
    await hear_one_by_one(db, stretch)
    [call] = await calls(db)
    await _trim(db, stretch, 1.0)
    found = await Recomputer(db, lambda raw: raw or None).run([call.id], write=True)
    assert (found.calls, found.without, found.differences) == (1, [call.id], [])


async def test_a_long_journal_is_trimmed_bit_by_bit(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_store, "TRIMMED", 3)
    stretch = await _heard(db, tmp_path, "attended")
    rows = await _rows(db, stretch)
    bits = [await _trim(db, stretch, 3600)]
    while bits[-1] >= journal_store.TRIMMED:
        bits.append(await _trim(db, stretch, 3600))
    assert sum(bits) == len(rows)
    assert await _rows(db, stretch) == []


async def hear_one_by_one(db: Database, stretch: Stretch) -> None:
    """Each message in a write of its own: as many rows as there can be."""
    listener = await begin(db, stretch)
    for message in stretch.messages:
        await hear(listener, [message])


async def _heard(db: Database, folder: Path, name: str) -> Stretch:
    stretch = Stretch(folder / "log", name)
    await hear_one_by_one(db, stretch)
    return stretch


async def _trim(db: Database, stretch: Stretch, seconds: float) -> int:
    async with db.transaction() as work:
        return await journal_store.trim(work.session, "pbx", stretch.at(seconds))


async def _rows(db: Database, stretch: Stretch) -> list[tuple[float, int]]:
    """When each row of the journal was told, in seconds, and its place; in order."""
    async with db.read() as session:
        query = select(CallMessageRow.at, CallMessageRow.place).order_by(CallMessageRow.place, CallMessageRow.call_id)
        return [((at - stretch.at(0)).total_seconds(), place) for at, place in await session.execute(query)]


async def _records(db: Database) -> list[list[str]]:
    """All that the ledger holds of its calls."""
    async with db.read() as session:
        return [sorted(map(str, await session.execute(select(table.__table__)))) for table in TABLES]
