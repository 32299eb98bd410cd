"""Homes are found the way people write them."""

from __future__ import annotations

import re

import pytest

from callcenter.customers.homes import like_pattern, stored_key

STORED = stored_key("翠湖花园", "3栋", "2单元", "1201室")


def _found(query: str, stored: str = STORED) -> bool:
    pattern = like_pattern(query)
    assert pattern is not None
    return re.fullmatch(re.escape(pattern).replace("%", ".*"), stored) is not None


@pytest.mark.parametrize(
    "query",
    [
        "翠湖花园3栋2单元1201室",
        "翠湖花园3栋2单元1201",
        "3-2-1201",
        "3栋1201",
        "翠湖 1201",
        "３－２－１２０１",
        "1201",
        "翠湖",
    ],
)
def test_found(query: str) -> None:
    assert _found(query)


@pytest.mark.parametrize("query", ["120", "2-3-1201", "13-2-1201", "翠湖 201", "碧湖"])
def test_not_found(query: str) -> None:
    assert not _found(query)


def test_letters_of_buildings_in_any_case() -> None:
    assert _found("a座 5b", stored_key("国际中心", "A座", None, "5B"))


def test_a_word_in_a_name_is_no_suffix() -> None:
    assert _found("楼兰花园", stored_key("楼兰花园", "1", None, None))


def test_nothing_to_look_for() -> None:
    assert like_pattern(" -- ") is None
