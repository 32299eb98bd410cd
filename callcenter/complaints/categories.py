"""The tree of categories (pure, but for reading its file)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

Kind = Literal["complaint", "inquiry", "suggestion", "repair", "praise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OWN_FILE = Path(__file__).with_name("categories.yaml")


@dataclass(frozen=True)
class Category:
    """One thing a ticket can be about. `kinds` are those it is offered for."""

    code: str
    zh: str
    en: str
    kinds: tuple[Kind, ...]
    children: tuple[Category, ...] = ()

    def label(self, language: str) -> str:
        """The name in one of our languages."""
        return self.en if language == "en" else self.zh

    def walk(self) -> Iterator[Category]:
        """This category and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True)
class Tree:
    """All categories."""

    roots: tuple[Category, ...]

    def find(self, code: str) -> Category | None:
        """The category of this code."""
        return next((found for root in self.roots for found in root.walk() if found.code == code), None)


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    code: str
    zh: str
    en: str
    kinds: tuple[Kind, ...] | None = None
    children: tuple[_Entry, ...] = ()


_FILE = TypeAdapter(tuple[_Entry, ...])


def read(text: str) -> Tree:
    """A tree from YAML. A code used twice is an error, as is an unknown kind."""
    tree = Tree(tuple(_grown(entry, KINDS) for entry in _FILE.validate_python(yaml.safe_load(text))))
    codes = [category.code for root in tree.roots for category in root.walk()]
    twice = sorted({code for code in codes if codes.count(code) > 1})
    if twice:
        raise ValueError(f"used twice: {', '.join(twice)}")
    return tree


def load(path: Path = OWN_FILE) -> Tree:
    """The tree of a file."""
    return read(path.read_text(encoding="utf-8"))


def _grown(entry: _Entry, inherited: tuple[Kind, ...]) -> Category:
    kinds = entry.kinds or inherited
    return Category(entry.code, entry.zh, entry.en, kinds, tuple(_grown(child, kinds) for child in entry.children))
