"""What lines do to the customers there are."""

from __future__ import annotations

from itertools import count

from callcenter.customers.import_merge import Book, Effect, Known, apply
from callcenter.customers.importing import HomeAddress, ImportRow
from callcenter.customers.numbers import PhoneRegion, parse

REGION = PhoneRegion(area_code="020")
HOME = HomeAddress("翠湖花园", "3", "2", "1201")


def _row(name: str, *phones: str, **fields: object) -> ImportRow:
    return ImportRow(1, name, tuple(parse(phone, REGION) for phone in phones), **fields)  # type: ignore[arg-type]


def _effects(*rows: ImportRow, book: Book | None = None) -> list[tuple[Effect, Known]]:
    return list(apply(book or Book(), rows, (f"c{number}" for number in count(1))))


def test_lines_of_one_customer_gather_homes_and_numbers() -> None:
    rows = (_row("王小明", "13800138000", home=HOME), _row("王小明", "+86 138 0013 8000", "88886666", tags=("VIP",)))
    (first, _), (second, after) = _effects(*rows)
    assert (first, second) == ("created", "updated")
    assert after.is_new
    assert after.phone_keys == {"+8613800138000", "+862088886666"}
    assert after.homes == {HOME}
    assert after.tags == ("VIP",)


def test_the_same_line_again_changes_nothing() -> None:
    line = _row("王小明", "13800138000", home=HOME, note="狗", external_id="K1")
    assert [effect for effect, _ in _effects(line, line)] == ["created", "unchanged"]


def test_what_the_file_does_not_say_is_left_alone() -> None:
    _, (effect, after) = _effects(_row("王小明", "13800138000", grade="A", note="狗"), _row("王小明", "13800138000"))
    assert effect == "unchanged"
    assert (after.grade, after.note) == ("A", "狗")


def test_the_firms_number_finds_a_customer_under_a_new_name_and_phone() -> None:
    _, (effect, after) = _effects(
        _row("王小明", "13800138000", external_id="K1"), _row("王晓明", "13900139000", external_id="K1")
    )
    assert effect == "updated"
    assert (after.id, after.name) == ("c1", "王晓明")
    assert len(after.phone_keys) == 2


def test_a_customer_without_the_firms_number_gets_it() -> None:
    _, (effect, after) = _effects(_row("王小明", "13800138000"), _row("王小明", "13800138000", external_id="K1"))
    assert (effect, after.id, after.external_id) == ("updated", "c1", "K1")


def test_one_phone_two_people() -> None:
    results = _effects(_row("王小明", "13800138000"), _row("李芳", "13800138000"))
    assert [effect for effect, _ in results] == ["created", "created"]


def test_another_number_of_the_firm_is_another_customer() -> None:
    rows = (_row("王小明", "13800138000", external_id="K1"), _row("王小明", "13800138000", external_id="K2"))
    assert [effect for effect, _ in _effects(*rows)] == ["created", "created"]
