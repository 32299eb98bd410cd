"""Customers are kept, changed and found again."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, text

from callcenter.customers.bulk import bulk_load
from callcenter.customers.service import Customers
from callcenter.customers.shapes import CustomerChange, CustomerDraft, Home, PhoneDraft
from callcenter.db import JournalRow
from callcenter.errors import Problem

WANG = CustomerDraft(
    name="王小明",
    grade="A",
    kind="household",
    external_id="K-1",
    phones=[PhoneDraft(raw="138 0013 8000", label="本人"), PhoneDraft(raw="8888-6666")],
    homes=[Home(project="翠湖花园", building="3栋", unit="2单元", room="1201")],
    tags=["大客户"],
    note="家里有狗",
)


async def test_what_is_kept_comes_back(customers: Customers) -> None:
    made = await customers.create(WANG)
    assert await customers.get(made.id) == made
    assert [(phone.e164, phone.label) for phone in made.phones] == [("+8613800138000", "本人"), ("+862088886666", None)]
    assert (made.version, made.grade, made.homes, made.tags) == (1, "A", WANG.homes, ["大客户"])


@pytest.mark.parametrize(
    "raw", ["13800138000", "+8613800138000", "8613800138000", "013800138000", "020-88886666", "88886666"]
)
async def test_found_by_every_spelling(customers: Customers, raw: str) -> None:
    made = await customers.create(WANG)
    assert [each.id for each in await customers.find_by_number(raw)] == [made.id]


@pytest.mark.parametrize("raw", ["", "anonymous", "13800138001", "1001"])
async def test_nobody_found(customers: Customers, raw: str) -> None:
    await customers.create(WANG)
    assert await customers.find_by_number(raw) == []


async def test_a_shared_number_finds_everyone(customers: Customers) -> None:
    await customers.create(WANG)
    await customers.create(CustomerDraft(name="李芳", phones=[PhoneDraft(raw="13800138000")]))
    assert {each.name for each in await customers.find_by_number("13800138000")} == {"王小明", "李芳"}


# How a database tells what it would read, and what it then says. PostgreSQL takes no index of an empty table by itself.
PLANS = {
    "sqlite": ([], "EXPLAIN QUERY PLAN", "USING COVERING INDEX ix_customer_phones_lookup_key (lookup_key=?)"),
    "postgresql": (["SET enable_seqscan = off"], "EXPLAIN", "Index Only Scan using ix_customer_phones_lookup_key"),
}


async def test_the_lookup_reads_the_index_only(customers: Customers, kind: str) -> None:
    before, explain, wanted = PLANS[kind]
    query = f"{explain} SELECT DISTINCT customer_id FROM customer_phones WHERE lookup_key = 'x' LIMIT 20"
    async with customers.db.read() as session:
        for statement in before:
            await session.execute(text(statement))
        plan = "\n".join(row[-1] for row in await session.execute(text(query)))
    assert wanted in plan


@pytest.mark.parametrize("q", ["王小", "小明", "138-0013-8000", "8000", "3-2-1201", "翠湖花园3栋", "K-1", " 王小明 "])
async def test_searched(customers: Customers, q: str) -> None:
    await customers.create(CustomerDraft(name="李芳", phones=[PhoneDraft(raw="13912345678")]))
    made = await customers.create(WANG)
    assert [each.id for each in await customers.search(q, None, 10)] == [made.id]


@pytest.mark.parametrize("q", ["%", "_", "赵", "13700000000"])
async def test_searched_in_vain(customers: Customers, q: str) -> None:
    await customers.create(WANG)
    assert await customers.search(q, None, 10) == []


async def test_pages_the_newest_first(customers: Customers) -> None:
    made = [(await customers.create(CustomerDraft(name=f"客户{number}"))).id for number in range(5)]
    first = await customers.search(None, None, 3)
    second = await customers.search(None, first[-1].id, 3)
    assert [each.id for each in (*first, *second)] == made[::-1]


async def test_a_change_changes_only_what_it_names(customers: Customers) -> None:
    made = await customers.create(WANG)
    change = CustomerChange(
        grade="B", phones=[PhoneDraft(raw="138 0013 8000", label="先生"), PhoneDraft(raw="400-123-4567")]
    )
    after = await customers.update(made.id, change, 1)
    assert (after.version, after.grade, after.name, after.note, after.homes) == (
        2,
        "B",
        "王小明",
        "家里有狗",
        made.homes,
    )
    assert [(phone.raw, phone.label) for phone in after.phones] == [("138 0013 8000", "先生"), ("400-123-4567", None)]
    assert after.phones[0].id == made.phones[0].id
    assert await customers.get(made.id) == after
    assert await customers.find_by_number("020-88886666") == []


async def test_two_change_at_once_and_one_is_told(customers: Customers) -> None:
    made = await customers.create(WANG)
    changes = [customers.update(made.id, CustomerChange(note=note), 1) for note in ("一", "二")]
    results = await asyncio.gather(*changes, return_exceptions=True)
    problems = [each for each in results if isinstance(each, Problem)]
    assert [(each.code, each.status) for each in problems] == [("customer_changed_meanwhile", 412)]


async def test_the_firms_number_belongs_to_one(customers: Customers) -> None:
    await customers.create(WANG)
    other = await customers.create(CustomerDraft(name="李芳", external_id="K-2"))
    with pytest.raises(Problem) as made:
        await customers.create(WANG)
    with pytest.raises(Problem) as changed:
        await customers.update(other.id, CustomerChange(external_id="K-1"), 1)
    assert made.value.code == changed.value.code == "customer_external_id_taken"
    assert made.value.field == "external_id"
    assert (await customers.update(other.id, CustomerChange(external_id=None), 1)).external_id is None


async def test_every_change_is_in_the_journal(customers: Customers) -> None:
    made = await customers.create(WANG)
    await customers.update(made.id, CustomerChange(note="x"), 1)
    async with customers.db.read() as session:
        rows = (await session.scalars(select(JournalRow).order_by(JournalRow.seq))).all()
    assert [row.payload["change"] for row in rows] == ["created", "updated"]


async def test_cards_in_the_order_asked_for(customers: Customers) -> None:
    ids = [(await customers.create(CustomerDraft(name=name))).id for name in "甲乙丙"]
    cards = await customers.cards([ids[2], "gone", ids[0]])
    assert [card.name for card in cards] == ["丙", "甲"]
    assert await customers.names([ids[1], "gone"]) == {ids[1]: "乙"}
    assert await customers.matching("甲", 5) == [ids[0]]


async def test_loaded_in_bulk(customers: Customers) -> None:
    drafts = (CustomerDraft(name=f"客户{n}", phones=[PhoneDraft(raw=f"1380013{n:04d}")]) for n in range(1000))
    assert await bulk_load(customers.db, drafts, customers.region) == 1000
    found = await customers.find_by_number("13800130077")
    assert [each.name for each in found] == ["客户77"]
    assert await customers.numbers(found[0].id) == ("+8613800130077",)
