"""The tables beside the flows, walked by the engine and through the server that drives a line."""

from __future__ import annotations

from datetime import datetime

import pytest

from callcenter.ivr.fakes import FakeSession
from callcenter.ivr.service import build
from callcenter.ivr.simulator import walk
from callcenter.ivr.trials import Trial, fits, read_trials, run_trial
from callcenter.setting_groups import IvrSettings

SETTINGS = IvrSettings()
SERVER = build(SETTINGS)
TRIALS = [trial for path in sorted(SETTINGS.flows_dir.glob("tests/*.yaml")) for trial in read_trials(path)]


def test_every_flow_has_a_table() -> None:
    assert {trial.flow for trial in TRIALS} == set(SERVER.flows.names())


@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_engine(trial: Trial) -> None:
    assert run_trial(trial, SERVER.flows.get(trial.flow)) is None


@pytest.mark.parametrize("trial", TRIALS, ids=str)
async def test_on_a_line(trial: Trial) -> None:
    line = FakeSession(trial.keys, trial.flow)
    await build(SETTINGS, clock=lambda: trial.at).serve(line)
    told = [line.variables[name] for name in ("CC_QUEUE", "CC_KIND", "CC_LANG", "CC_MENU_PATH")]
    assert " ".join(told) == trial.ends
    assert list(line.variables)[-1] == "IVR_DONE"
    assert line.variables["CHANNEL(language)"] == line.variables["CC_LANG"]
    spoken = [word for word in walk(SERVER.flows.get(trial.flow), trial.keys, trial.at).heard if word[0] != ">"]
    assert [sound.rpartition("/")[2] for sound in line.heard] == spoken
    assert line.heard[0] == SERVER.prompts.sound("zh", "welcome")


class Gone(Exception):
    """What a line raises when the caller has hung up."""


class ImpatientCaller(FakeSession):
    async def read_digits(self, *args: object, **kwargs: object) -> str:
        raise Gone


async def test_a_caller_who_hangs_up_leaves_his_place_but_no_clean_end() -> None:
    line = ImpatientCaller()
    with pytest.raises(Gone):
        await build(SETTINGS, clock=lambda: datetime.fromisoformat("2026-11-23T02:00Z")).serve(line)
    assert line.variables["CC_MENU_PATH"] == "main"
    assert "IVR_DONE" not in line.variables


@pytest.mark.parametrize(
    ("expected", "heard", "does"),
    [
        ("a b", "a b", True),
        ("... b", "a a b", True),
        ("a ...", "a", True),
        ("a ... c", "a b b c", True),
        ("a b", "a", False),
        ("... b", "b a", False),
    ],
)
def test_fits(expected: str, heard: str, does: bool) -> None:
    assert fits(expected.split(), heard.split()) is does
