"""Every finding has words in both languages; every check has something to say when all is well and when it is not."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from callcenter.doctor.examine import CHECKS
from callcenter.doctor.finding import Finding, error, ok, skipped, warning
from callcenter.doctor.hidden import hide
from callcenter.doctor.report import as_json, lines
from callcenter.words import LANGUAGES, catalogue

DOCTOR = Path(__file__).resolve().parents[3] / "callcenter" / "doctor"
STATES = {"ok", "warning", "error", "skipped"}


def made() -> Iterator[tuple[str, str, str]]:
    """Check, state and code of every `state(check, "code", ...)` in the room; a code that varies is left empty."""
    for path in DOCTOR.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {
            node.targets[0].id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id=state), args=[check, code, *_]) if state in STATES:
                    yield _text(check, names), state, _text(code, names)


def _text(node: ast.expr, names: dict[str, object]) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) if name in names:
            return str(names[name])
    return ""


def codes() -> set[str]:
    """Of findings, and those that stand in the code by themselves."""
    texts = {
        node.value
        for path in DOCTOR.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("doctor_")
    }
    return texts | {code for _check, _state, code in made() if code}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    assert codes() - catalogue(language).keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_without_a_finding(language: str) -> None:
    own = {code for code in catalogue(language) if code.startswith("doctor_")}
    assert own - codes() == set()


@pytest.mark.parametrize("name", [check.name for check in CHECKS])
def test_every_check_can_be_in_order_and_not(name: str) -> None:
    states = {state for check, state, _code in made() if check == name}
    assert "ok" in states
    assert states & {"warning", "error"}


FINDINGS = [
    ok("disk", "doctor_disk_good", free_mb=5),
    warning("data_folder", "doctor_folder_absent", folder="/d"),
    error("models", "model_missing", model="whisper-small", command="callcenter models install whisper-small"),
    skipped("rights", "doctor_needs", needs="asterisk"),
]


def test_table() -> None:
    shown = list(lines(FINDINGS, "en", colours=False))
    assert shown[0].split(maxsplit=2) == ["ok", "disk", "There is room on the disks (at least 5 MB)."]
    assert "Run: callcenter models install whisper-small" in "\n".join(shown)
    assert shown[-1].startswith("\nErrors: 1; warnings: 1; in order: 1; not looked at: 1.")
    assert "\x1b" not in "".join(shown)
    assert "\x1b[31m" in "".join(lines(FINDINGS, "zh-CN", colours=True))


@pytest.mark.parametrize(("findings", "good"), [(FINDINGS, False), (FINDINGS[:2], True)])
def test_json(findings: list[Finding], good: bool) -> None:
    shown = json.loads(as_json(findings, "en"))
    assert shown["ok"] is good
    assert shown["findings"][0] == {
        "check": "disk",
        "state": "ok",
        "code": "doctor_disk_good",
        "title": "There is room on the disks (at least 5 MB).",
        "remedy": "Nothing needs to be done.",
        "params": {"free_mb": 5},
    }


def test_a_secret_in_a_foreign_error_is_hidden() -> None:
    found = hide([error("redis", "doctor_redis_refused", reason="no user sesame here", seconds=3)], ["sesame"])
    assert found[0].params == {"reason": "no user *** here", "seconds": 3}
