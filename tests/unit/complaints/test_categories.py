"""The tree of categories."""

from __future__ import annotations

import pytest

from callcenter.complaints.categories import KINDS, load, read

SMALL = """
- code: home
  zh: 房屋
  en: Home
  kinds: [complaint, repair]
  children:
    - {code: home.roof, zh: 屋面, en: Roof}
    - {code: home.paint, zh: 油漆, en: Paint, kinds: [praise]}
"""


def test_kinds_are_inherited() -> None:
    tree = read(SMALL)
    roof, paint = tree.find("home.roof"), tree.find("home.paint")
    assert roof and paint
    assert (roof.kinds, paint.kinds) == (("complaint", "repair"), ("praise",))
    assert (roof.label("zh-CN"), roof.label("en")) == ("屋面", "Roof")
    assert tree.find("home.door") is None


def test_a_code_twice_is_refused() -> None:
    with pytest.raises(ValueError, match=r"home\.roof"):
        read(SMALL.replace("home.paint", "home.roof"))


def test_the_firms_tree_offers_something_for_every_kind() -> None:
    tree = load()
    for kind in KINDS:
        assert [root for root in tree.roots if any(kind in found.kinds for found in root.walk())]
    assert all(found.code.startswith(root.code) for root in tree.roots for found in root.walk())
