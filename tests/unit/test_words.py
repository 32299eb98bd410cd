"""Every error has its words, in both languages, with the same parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.errors import Problem, as_problem
from callcenter.words import LANGUAGES, catalogue, explain, preferred

ROOT = Path(__file__).resolve().parents[2]


def raised_codes() -> Iterator[str]:
    """The first argument of every `Problem("...")` in the service."""
    for path in (ROOT / "callcenter").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Problem"), args=[ast.Constant(value=str(code)), *_]):
                    yield code


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    missing = {code for code in raised_codes() if code not in catalogue(language)}
    assert not missing


def test_languages_agree() -> None:
    chinese, english = catalogue("zh-CN"), catalogue("en")
    assert chinese.keys() == english.keys()
    for code, words in english.items():
        for part in ("title", "remedy"):
            placeholders = [set(re.findall(r"{(\w+)", each[part])) for each in (words, chinese[code])]
            assert placeholders[0] == placeholders[1], f"{code}.{part}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_mistake_has_a_remedy(language: str) -> None:
    assert not [code for code, words in catalogue(language).items() if not words["title"] or not words["remedy"]]


def test_words_are_filled_in() -> None:
    words = explain(Problem("port_in_use", host="127.0.0.1", port=8080, setting="CALLCENTER_WEB__PORT"), "en")
    assert words.title == "Port 8080 on 127.0.0.1 is already in use."
    assert "CALLCENTER_WEB__PORT" in words.remedy


def test_a_missing_parameter_does_not_hide_the_error() -> None:
    assert explain(Problem("port_in_use", port=8080), "en").title == "Port 8080 on  is already in use."


@pytest.mark.parametrize(
    ("header", "language"),
    [("en-GB,en;q=0.9", "en"), ("zh-CN", "zh-CN"), ("fr,en", "zh-CN"), ("", "zh-CN")],
)
def test_language_asked_for(header: str, language: str) -> None:
    assert preferred(header) == language


def test_errors_of_the_rooms_that_stand_alone() -> None:
    class Foreign(Exception):
        code, field, params = "port_in_use", "port", {"status": 99, "port": 1}

    class NotOurs(Exception):
        code, params = "gkpj", None

    problem = as_problem(Foreign())
    assert problem is not None
    assert (problem.code, problem.field, problem.status, problem.params["status"]) == ("port_in_use", "port", 400, 99)
    assert as_problem(NotOurs()) is None
