"""Asterisk sends what the service reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from callcenter.asterisk.ami.figures import _COUNTED
from callcenter.asterisk.manager_events import EVENTS, VARIABLES
from callcenter.asterisk.render import render_includes
from callcenter.asterisk.settings import AmiSettings, PbxSettings
from callcenter.calls import messages

ROOMS = Path(__file__).parents[3] / "callcenter"


def test_no_event_that_the_ledger_knows_is_filtered_out() -> None:
    assert messages.KNOWN - {"VarSet"} <= set(EVENTS)
    assert [name for name in messages.VARIABLES if not re.search(VARIABLES, name)] == []


def test_no_event_that_is_looked_for_by_name_is_filtered_out() -> None:
    looked_for = set()
    for room in ("queues", "calls", "desk", "app"):
        for path in (ROOMS / room).glob("*.py"):
            looked_for |= set(re.findall(r'message\.name == "(\w+)"', path.read_text(encoding="utf-8")))
    assert looked_for - {"VarSet"} <= set(EVENTS)
    assert set(_COUNTED) - {"VarSet"} <= set(EVENTS)


@pytest.mark.parametrize("events", ["used", "all"])
def test_a_firms_own_listeners_may_have_everything(tmp_path: Path, events: str) -> None:
    settings = PbxSettings.model_validate({"ami": AmiSettings(secret=SecretStr("s")), "ami_events": events})
    render_includes(settings, tmp_path)
    text = (tmp_path / "manager_callcenter.conf").read_text()
    assert ("eventfilter(action(include),name(Newchannel)) =\n" in text) == (events == "used")
    assert ("eventfilter" in text) == (events == "used")
    assert text.endswith("\n")
    assert "\n\n\n" not in text
