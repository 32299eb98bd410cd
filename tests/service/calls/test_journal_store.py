"""The journal as rows: as few as can be, and what is read back is what was written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from callcenter.calls import journal_store
from callcenter.calls.journal import SHOWN, Entry
from callcenter.calls.model import CallMessageRow, CallRow
from callcenter.db import Database

AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
# What two calls are told in turn, one message of both, what Asterisk shows of one, and what comes later.
TOLD = [
    Entry(1, "one", AT, "Newchannel", {"h": {"Channel": "PJSIP/王-1"}}),
    Entry(2, "two", AT + timedelta(seconds=0.1), "Newchannel", {"h": {"Channel": "PJSIP/1002-2"}}),
    Entry(3, "one", AT + timedelta(seconds=0.2), "Newstate", {"h": {}, "a": {"1001": None}}),
    Entry(4, "two", AT + timedelta(seconds=0.3), "Newstate", {"h": {}}),
    Entry(5, "one", AT + timedelta(seconds=0.4), "BridgeEnter", {"h": {}}, True),
    Entry(5, "two", AT + timedelta(seconds=0.4), "BridgeEnter", {"h": {}, "n": 1}, True),
    Entry(6, "one", AT + timedelta(seconds=0.500001), "Hold", {"h": {}}),
    Entry(7, "one", AT + timedelta(seconds=0.6), SHOWN, {"c": [], "a": {}, "r": 0, "t": 0}),
    Entry(8, "one", AT + timedelta(seconds=5), "Unhold", {"h": {}}),
    Entry(9, "one", AT + timedelta(seconds=5.1), "Hangup", {"h": {}, "f": 1}),
    Entry(10, "three", AT + timedelta(seconds=6), "Newchannel", {"h": {}}),
]


@pytest.fixture
async def kept(db: Database) -> Database:
    """A database that holds them."""
    async with db.transaction() as work:
        work.session.add_all(_call(call_id) for call_id in ("one", "two", "three"))
        await work.session.flush()
        await journal_store.add(work.session, "pbx", TOLD)
    return db


async def test_what_is_read_back_is_what_was_written(kept: Database) -> None:
    async with kept.read() as session:
        found = await journal_store.entries(session, ["two", "one", "three"])
        newest = await journal_store.since(session, "pbx", AT)
        mine = await journal_store.entries(session, ["two"])
    assert [_shape(each) for each in found] == [_shape(each) for each in TOLD]
    assert [_shape(each) for each in newest] == [_shape(each) for each in TOLD]
    assert [each.place for each in mine] == [2, 4, 5]


async def test_what_a_call_alone_is_told_within_a_second_is_one_row(kept: Database) -> None:
    async with kept.read() as session:
        rows = await session.execute(
            select(CallMessageRow.call_id, func.count()).group_by(CallMessageRow.call_id).order_by("call_id")
        )
        assert [tuple(row) for row in rows] == [("one", 4), ("three", 1), ("two", 2)]


async def test_calls_that_were_told_one_message_are_found_together(kept: Database) -> None:
    async with kept.read() as session:
        assert await journal_store.connected(session, ["one"]) == {"one", "two"}
        assert await journal_store.connected(session, ["two"]) == {"one", "two"}
        assert await journal_store.connected(session, ["three"]) == {"three"}


@pytest.mark.parametrize("rows", range(1, 8))
async def test_what_is_newest_is_read_page_by_page(kept: Database, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """Wherever a page ends: also between the two calls that were told one message."""
    monkeypatch.setattr(journal_store, "_AT_ONCE", rows)
    async with kept.read() as session:
        found = await journal_store.since(session, "pbx", AT + timedelta(seconds=4))
        everything = await journal_store.since(session, "pbx", AT)
    assert [_shape(each) for each in found][-3:] == [_shape(each) for each in TOLD][-3:]
    assert [_shape(each) for each in everything] == [_shape(each) for each in TOLD]


def _shape(entry: Entry) -> tuple[object, ...]:
    return entry.place, entry.call_id, entry.at, entry.name, entry.body


def _call(call_id: str) -> CallRow:
    return CallRow(
        id=call_id, server="pbx", linked_id=call_id, direction="inbound", raw_number="", dialled="", menu_path="",
        kind="", language="", started_at=AT, outcome="active",
    )  # fmt: skip
