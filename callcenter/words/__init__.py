"""The words of errors, in each language, merged from this folder's `*.<language>.json` files."""

from __future__ import annotations

import json
import os
from functools import cache
from importlib import resources
from typing import NamedTuple

from callcenter.errors import Problem

LANGUAGES = ("zh-CN", "en")


class Words(NamedTuple):
    """What went wrong and what to do about it, ready to be read."""

    title: str
    remedy: str


@cache
def catalogue(language: str) -> dict[str, dict[str, str]]:
    """Code → {"title", "remedy"} of one language."""
    merged: dict[str, dict[str, str]] = {}
    for entry in resources.files(__name__).iterdir():
        if entry.name.endswith(f".{language}.json"):
            merged.update(json.loads(entry.read_text(encoding="utf-8")))
    return merged


def explain(problem: Problem, language: str) -> Words:
    """Words for a problem."""
    params = {"field": problem.field or "", **problem.params}
    entry = catalogue(language).get(problem.code, {"title": str(problem), "remedy": ""})
    return Words(_fill(entry["title"], params), _fill(entry["remedy"], params))


def preferred(accept_language: str) -> str:
    """The one of our languages that an Accept-Language header, or a locale name, asks for; Chinese first."""
    first = accept_language.split(",")[0].strip().lower()
    return "en" if first.startswith("en") else "zh-CN"


def terminal_language() -> str:
    """The language of the command line: Chinese if the locale says so, otherwise English."""
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh-CN" if locale.lower().startswith("zh") else "en"


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""


def _fill(text: str, params: dict[str, object]) -> str:
    return text.format_map(_Blank(params))
