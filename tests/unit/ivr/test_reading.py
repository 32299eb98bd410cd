"""A broken flow file says which file, line, node and field, and how to mend it, in both languages."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import pytest

from callcenter.errors import Problem
from callcenter.ivr.reading import examine, read_flow
from callcenter.ivr.shelf import FlowShelf
from callcenter.words import LANGUAGES, explain

GOOD = """\
languages: [zh, en]
start: hours
fallback: operator
nodes:
  hours:
    kind: hours
    timezone: Asia/Shanghai
    weekly: {mon-fri: 08:30-18:00}
    open: main
    closed: main
  main:
    kind: menu
    prompts: [main_menu]
    keys:
      1: bye
      "*": repeat
  bye:
    kind: hangup
  operator:
    kind: queue
    queue: operator
    matter: operator
"""

#   what is written instead of what, and then: code, line, node, field
BROKEN = [
    ("1: bye", "1: nowhere", "flow_unknown_target", 15, "main", "nodes.main.keys.1"),
    ("start: hours", "start: nowhere", "flow_unknown_target", 2, "", "start"),
    ("open: main", "open: repeat", "flow_unknown_target", 9, "hours", "nodes.hours.open"),
    ("fallback: operator", "fallback: main", "flow_fallback_no_queue", 3, "", "fallback"),
    ('"*": repeat', "1: operator", "flow_key_twice", 16, "main", "nodes.main.keys.1"),
    ('"*": repeat', "x: operator", "flow_field", 16, "main", "nodes.main.keys.x"),
    ('"*": repeat', "*: repeat", "flow_unreadable", 16, None, None),
    ("kind: menu", "kind: manu", "flow_field", 11, "main", "nodes.main"),
    ("kind: menu", "kind: menu\n    tries: many", "flow_field", 13, "main", "nodes.main.tries"),
    ("kind: menu", "kind: menu\n    trys: 3", "flow_field", 13, "main", "nodes.main.trys"),
    ("    prompts: [main_menu]\n", "", "flow_field", 11, "main", "nodes.main.prompts"),
    ("[main_menu]", "[mian_menu]", "flow_prompt_missing", 13, "main", "nodes.main.prompts"),
    ("1: bye", "1: operator", "flow_unreachable", 17, "bye", "nodes.bye"),
    ("kind: hangup", "kind: say\n    prompts: [p]\n    next: bye", "flow_dead_end", 17, "bye", "nodes.bye"),
    ("kind: menu", "kind: menu\n    give_up: main", "flow_dead_end", 11, "main", "nodes.main"),
    ("08:30-18:00", "18:00-08:30", "flow_bad_hours", 8, "hours", "nodes.hours.weekly"),
    ("mon-fri", "monday", "flow_bad_hours", 8, "hours", "nodes.hours.weekly"),
    ("Asia/Shanghai", "Asia/Shangai", "flow_bad_hours", 7, "hours", "nodes.hours.timezone"),
    ("kind: hangup", "kind: set_language\n    language: fr\n    next: operator", "flow_unknown_language", 19, "bye",
     "nodes.bye.language"),
    ("bye", "back", "flow_reserved_name", 17, "back", "nodes.back"),
    ("languages: [zh, en]\n", "", "flow_field", 1, "", "languages"),
    (GOOD, "", "flow_field", 1, "", ""),
    (GOOD, "nodes: &a [*a]", "flow_unreadable", 1, None, None),
]  # fmt: skip


def has_prompt(language: str, prompt: str) -> bool:
    return prompt in {"main_menu", "invalid", "timeout", "p"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "main.yaml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_good(file: Path) -> None:
    assert read_flow(file, has_prompt).start == "hours"


@pytest.mark.parametrize(("old", "new", "code", "line", "node", "field"), BROKEN)
def test_broken(file: Path, old: str, new: str, code: str, line: int, node: str | None, field: str | None) -> None:
    assert old in GOOD
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    _, problems = examine(file, has_prompt)
    problem = next(problem for problem in problems if problem.code == code)
    assert (problem.params["file"], problem.params["line"]) == (str(file), line)
    assert node is None or (problem.params["node"], problem.field) == (node, field)
    for language in LANGUAGES:
        words = explain(problem, language)
        assert words.title.startswith(str(file)) and str(line) in words.title and words.remedy


def test_all_problems_are_told_at_once(file: Path) -> None:
    file.write_text(GOOD.replace("1: bye", "1: nowhere").replace("[main_menu]", "[mian]"), encoding="utf-8")
    with pytest.raises(Problem) as caught:
        read_flow(file, has_prompt)
    assert caught.value.params["more"] == 2  # the prompt is missing in two languages


def test_a_missing_file_and_one_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "main.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("main.yaml", "none.yaml"):
        _, problems = examine(tmp_path / name, has_prompt)
        assert problems[0].code == "flow_file_missing"


class TestShelf:
    """A change takes effect for the next call; a broken one does not."""

    def write(self, file: Path, text: str) -> None:
        before = file.stat().st_mtime_ns
        file.write_text(dedent(text), encoding="utf-8")
        os.utime(file, ns=(before + 1_000_000, before + 1_000_000))

    def test_change(self, file: Path) -> None:
        shelf = FlowShelf(file.parent, has_prompt)
        assert shelf.get("main").max_steps == 40
        self.write(file, GOOD.replace("fallback", "max_steps: 9\nfallback"))
        assert shelf.get("main").max_steps == 9

    def test_last_good_one_is_kept(self, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
        shelf = FlowShelf(file.parent, has_prompt)
        good = shelf.get("main")
        self.write(file, GOOD.replace("1: bye", "1: nowhere"))
        assert shelf.get("main") is good
        assert shelf.get("main") is good
        self.write(file, GOOD)
        assert shelf.get("main") == good
        file.unlink()
        assert shelf.get("main") == good

    def test_never_good(self, file: Path) -> None:
        self.write(file, "nodes: 5")
        shelf = FlowShelf(file.parent, has_prompt)
        assert [problem.code for problem in shelf.problems()] == ["flow_field"]
        with pytest.raises(Problem, match="flow_field"):
            shelf.get("main")

    @pytest.mark.parametrize("name", ["other", "../main", "", "Main", "main/x"])
    def test_a_name_off_the_wire_finds_no_other_file(self, file: Path, name: str) -> None:
        with pytest.raises(Problem, match="flow_unknown"):
            FlowShelf(file.parent, has_prompt).get(name)
