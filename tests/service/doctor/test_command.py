"""`callcenter doctor` as it is called."""

from __future__ import annotations

import argparse
import json

import pytest

from callcenter.doctor.commands import add_parser
from callcenter.errors import Problem
from tests.service.doctor.patient import NAMES, Patient

pytestmark = pytest.mark.service
_ALONE = [word for name in NAMES if name not in ("settings", "screens") for word in ("--skip", name)]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["doctor", *words])
    return int(arguments.run(arguments))


def test_all_is_well(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*_ALONE) == 0
    table = capsys.readouterr().out
    assert "screens" in table
    assert "No errors" in table
    assert "\x1b" not in table


def test_not_all_is_well(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    patient.set(WEB__SCREENS_DIR=patient.home / "none")
    assert run(*_ALONE) == 1
    assert "make setup" in capsys.readouterr().out


def test_json(patient: Patient, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [each["check"] for each in told["findings"]] == NAMES
    assert {tuple(each) for each in told["findings"]} == {("check", "state", "code", "title", "remedy", "params")}


@pytest.mark.parametrize("language", ["zh_CN.UTF-8", "en_US.UTF-8"])
def test_broken_settings_are_a_finding(
    language: str, patient: Patient, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = patient.home / "broken.toml"
    file.write_text("[web\n")
    patient.set(CONFIG=file)
    monkeypatch.setenv("LC_ALL", language)
    assert run() == 1
    assert str(file) in capsys.readouterr().out


def test_an_unknown_check(patient: Patient) -> None:
    with pytest.raises(Problem) as caught:
        run("--skip", "weather")
    assert caught.value.code == "doctor_check_unknown"
