from __future__ import annotations

import argparse
import json
from importlib import resources
from pathlib import Path

import pytest

from callcenter.errors import Problem
from callcenter.ivr.commands import add_parser


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["ivr", *words])
    status: int = arguments.run(arguments)
    return status


def test_simulate(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate", "main", "--keys", "9,1", "--at", "2026-11-22T03:00") == 0
    told = capsys.readouterr().out
    assert "2026-11-22 03:00 Asia/Shanghai" in told
    assert "欢迎致电" in told and "Welcome to the customer service line" in told
    assert "=>  complaint complaint en closed/complaint" in told


def test_check_and_test(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert run("test") == 0
    assert "0 not as written" in capsys.readouterr().out


def test_check_of_a_broken_flow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "texts.yaml").write_text("prompts: {}", encoding="utf-8")
    (tmp_path / "main.yaml").write_text("languages: [zh]\nstart: a\nfallback: b\nnodes:\n  b: {kind: queue}\n")
    monkeypatch.setenv("CALLCENTER_IVR__FLOWS_DIR", str(tmp_path))
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert run("check") == 1
    assert f"{tmp_path / 'main.yaml'}, line 5: " in capsys.readouterr().out


def test_nothing_is_made_when_nothing_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("prompts", "make") == 0
    assert run("prompts", "make", "--acted") == 0
    assert "0 made" in capsys.readouterr().out


def test_an_unknown_prompt() -> None:
    with pytest.raises(Problem, match="prompt_unknown"):
        run("prompts", "make", "--only", "unheard_of")


def test_both_languages_have_the_same_words() -> None:
    words = resources.files("callcenter.words")
    zh, en = (json.loads(words.joinpath(f"ivr.{name}.json").read_text("utf-8")) for name in ("zh-CN", "en"))
    assert zh.keys() == en.keys()
