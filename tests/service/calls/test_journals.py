"""What is kept of each message of a call, and what can be made of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from callcenter.calls import journal_store
from callcenter.calls.listener import Listener
from callcenter.calls.model import CallMessageRow, CallRow, CallVisitRow
from callcenter.calls.recompute import Recomputer
from callcenter.db import Database
from tests.wire.ledger_lines import AGENTS

from .stretch import (
    Stretch,
    again,
    begin,
    calls,
    events,
    gaps,
    hear,
    outcome,
)


async def test_late_events_are_told_with_the_greatest_lag(db: Database, stretch: Stretch) -> None:
    listener = Listener(db, "pbx", AGENTS, lambda raw: None, lambda: stretch.at(5), late=timedelta(seconds=2))
    await listener.load()
    await hear(listener, stretch.between(0, 1))
    [gap] = await gaps(db)
    assert gap.why == "late"
    assert gap.lag_s == pytest.approx(5, abs=0.3)


async def test_every_message_of_a_call_is_journalled_in_order(db: Database, stretch: Stretch) -> None:
    await hear(await begin(db, stretch), stretch.messages)
    async with db.read() as session:
        [call_id] = await session.scalars(select(CallRow.id))
        told = await journal_store.entries(session, [call_id])
        [visit] = await session.scalars(select(CallVisitRow))
    assert told[0].name == "Newchannel"
    assert told[-1].name == "Hangup"
    assert [each.at for each in told] == sorted(each.at for each in told)
    assert len(told) > 10
    assert (visit.queue, visit.outcome) == ("complaint", "answered")


async def test_a_record_that_was_spoilt_is_mended_from_its_journal(db: Database, stretch: Stretch) -> None:
    await hear(await begin(db, stretch), stretch.messages)
    [call] = await calls(db)
    before = outcome(call)
    async with db.transaction() as work:
        spoilt = await work.session.get_one(CallRow, call.id)
        spoilt.extension, spoilt.outcome = "9999", "failed"
    recomputer = Recomputer(db, lambda raw: raw or None)
    found = await recomputer.run([call.id], write=True)
    assert sorted(each.what for each in found.differences) == ["extension", "outcome"]
    assert outcome((await calls(db))[0]) == before
    assert (await recomputer.run([call.id], write=False)).differences == []


@pytest.mark.parametrize("name", ["answered", "ring_all", "attended", "second_line_to_agent"])
async def test_a_call_older_than_its_journal_outlives_two_restarts(db: Database, tmp_path: Path, name: str) -> None:
    """It was open when a version came that keeps journals; what that one was told begins in the middle."""
    stretch = Stretch(tmp_path / "log", name)
    length = float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started
    first, second, third = (length * part for part in (0.3, 0.5, 0.7))
    await hear(await begin(db, stretch), stretch.between(0, first))
    old = [call.id for call in await calls(db)]
    async with db.transaction() as work:
        await work.session.execute(delete(CallMessageRow).where(CallMessageRow.call_id.in_(old)))
    for since, until in ((first, second), (second, third), (third, 1e9)):
        stretch.write_files(since)
        listener = await again(db, stretch, since, *stretch.alive(since))
        await hear(listener, stretch.between(since, until))
    [call] = [call for call in await calls(db) if call.id == old[0]]
    assert call.outcome == "answered"
    assert call.extension in AGENTS
    assert (await events(db)).count("CallEnded") == len(await calls(db))


async def test_an_old_journal_is_trimmed(db: Database, stretch: Stretch) -> None:
    await hear(await begin(db, stretch), stretch.messages)
    async with db.transaction() as work:
        assert await journal_store.trim(work.session, "pbx", stretch.at(0)) == 0
        assert await journal_store.trim(work.session, "other", stretch.at(60)) == 0
        assert await journal_store.trim(work.session, "pbx", stretch.at(60)) > 1
    [call] = await calls(db)
    assert (await Recomputer(db, lambda raw: None).run([call.id], write=True)).without == [call.id]
    assert outcome(call)[0] == "answered"
