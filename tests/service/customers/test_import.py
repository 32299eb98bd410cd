"""Customers from a file."""

from __future__ import annotations

import argparse
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select

from callcenter.customers import commands
from callcenter.customers.import_commit import Importer, Outcome
from callcenter.customers.model import CustomerRow, HomeRow, PhoneRow
from callcenter.customers.routes import result
from callcenter.customers.service import Customers
from callcenter.customers.shapes import CustomerChange
from callcenter.errors import Problem

HEAD = "客户编号,姓名,电话,等级,项目,楼栋,单元,房号,标签,备注\n"
GOOD = HEAD + "K1,王小明,13800138000;8888-6666,A,翠湖花园,3栋,2单元,1201,大客户,有狗\nK2,李芳,13912345678,B,,,,,,\n"


async def _load(customers: Customers, text: str, *, dry_run: bool = False) -> Outcome:
    importer = Importer(customers.db, customers.clock, customers.region)
    return await importer.run(io.BytesIO(text.encode()), dry_run=dry_run)


async def _counts(customers: Customers) -> tuple[int, int, int]:
    async with customers.db.read() as session:
        counts = [
            await session.scalar(select(func.count()).select_from(each)) for each in (CustomerRow, PhoneRow, HomeRow)
        ]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


async def test_brought_in_and_found(customers: Customers) -> None:
    outcome = await _load(customers, GOOD)
    assert (outcome.rows, outcome.effects, outcome.errors) == (2, {"created": 2}, [])
    (found,) = await customers.find_by_number("02088886666")
    assert (found.name, found.grade, found.tags, found.homes[0].room) == ("王小明", "A", ["大客户"], "1201")


async def test_again_changes_nothing(customers: Customers) -> None:
    await _load(customers, GOOD)
    before = await _counts(customers)
    outcome = await _load(customers, GOOD)
    assert outcome.effects == {"unchanged": 2}
    assert await _counts(customers) == before
    assert (await customers.search("王小明", None, 1))[0].id
    assert (await customers.get((await customers.search("王小明", None, 1))[0].id)).version == 1


async def test_what_people_added_stays(customers: Customers) -> None:
    await _load(customers, GOOD)
    listed = (await customers.search("李芳", None, 1))[0]
    await customers.update(listed.id, CustomerChange(note="爱喝茶", tags=["老客户"]), 1)
    outcome = await _load(customers, GOOD.replace("K2,李芳,13912345678,B", "K2,李芳芳,13700137000,"))
    assert outcome.effects == {"unchanged": 1, "updated": 1}
    after = await customers.get(listed.id)
    assert (after.name, after.grade, after.note, after.tags, after.version) == ("李芳芳", "B", "爱喝茶", ["老客户"], 3)
    assert [phone.e164 for phone in after.phones] == ["+8613912345678", "+8613700137000"]


async def test_good_lines_are_kept_and_nothing_of_a_bad_one(customers: Customers) -> None:
    bad = GOOD + "K3,赵六,abc,Z,,,,,,\nK4,钱七,13500135000,C,,,,,,\n"
    outcome = await _load(customers, bad)
    assert (outcome.rows, outcome.effects["created"]) == (4, 3)
    assert {(error.line, error.field) for error in outcome.errors} == {(4, "phones"), (4, "grade")}
    assert await customers.search("赵六", None, 1) == []
    for language in ("zh-CN", "en"):
        told = result(outcome, False, language).errors
        assert all(error.title and error.remedy and error.title != error.code for error in told)


async def test_a_dry_run_says_what_would_happen_and_does_nothing(customers: Customers) -> None:
    lines = GOOD + "".join(f"K{n},客户{n},13{n:09d},,,,,,,\n" for n in range(100, 700))
    without_number = lines + ",王小明,13800138000,,翠湖花园,5,1,101,,\n,王小明,13800138000,,翠湖花园,5,1,102,,\n"
    planned = await _load(customers, without_number, dry_run=True)
    assert await _counts(customers) == (0, 0, 0)
    done = await _load(customers, without_number)
    assert (planned.rows, planned.effects, planned.errors) == (done.rows, done.effects, done.errors)
    assert done.effects == {"created": 602, "updated": 2}
    assert await _counts(customers) == (602, 603, 3)
    assert (await _load(customers, without_number, dry_run=True)).effects == {"unchanged": 604}


async def test_a_file_without_the_columns_says_so(customers: Customers) -> None:
    outcome = await _load(customers, "a,b\n1,2\n")
    assert (outcome.rows, [error.code for error in outcome.errors]) == (0, ["import_missing_column"])


def _arguments(customers: Customers, *words: str) -> argparse.Namespace:
    @asynccontextmanager
    async def opened() -> AsyncIterator[Customers]:
        yield customers

    parser = argparse.ArgumentParser()
    commands.add_parser(parser.add_subparsers(), opened)
    return parser.parse_args(["customers", "import", *words])


async def test_by_command(customers: Customers, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "客户.csv"
    file.write_text(GOOD + "K3,赵六,abc,,,,,,,\n", encoding="gb18030")
    assert await commands.load(_arguments(customers, str(file), "--dry-run").file, customers, dry_run=True) == 1
    assert await commands.load(file, customers, dry_run=False) == 1
    said = capsys.readouterr()
    assert "created 2, updated 0, unchanged 0, errors 1 (dry run)" in said.out
    assert said.err.startswith("4: ")
    assert (await _counts(customers))[0] == 2


async def test_a_missing_file_is_named(customers: Customers, tmp_path: Path) -> None:
    with pytest.raises(Problem) as raised:
        await commands.load(tmp_path / "none.csv", customers, dry_run=False)
    assert raised.value.code == "import_no_such_file"
