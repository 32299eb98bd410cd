"""A wrong setting is named, with where it stands and what it should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callcenter import config
from callcenter.errors import Problem
from callcenter.words import LANGUAGES, explain

NORTH = {"name": "north", "host": "10.0.1.2"}


def told(monkeypatch: pytest.MonkeyPatch, **variables: object) -> Problem:
    for name, value in variables.items():
        monkeypatch.setenv(f"CALLCENTER_{name}", value if isinstance(value, str) else json.dumps(value))
    with pytest.raises(Problem) as caught:
        config.load()
    for language in LANGUAGES:
        words = explain(caught.value, language)
        assert caught.value.params["source"] in words.remedy
        assert "Input should" not in words.title
    return caught.value


@pytest.mark.parametrize(
    ("variables", "code", "field", "source"),
    [
        ({"MORE_AMI": "[{bad"}, "settings_not_json", "more_ami", "CALLCENTER_MORE_AMI"),
        ({"MORE_AMI": NORTH}, "settings_list", "more_ami", "CALLCENTER_MORE_AMI"),
        ({"MORE_AMI": ["10.0.1.2"]}, "settings_group", "more_ami.1", "CALLCENTER_MORE_AMI[1]"),
        ({"MORE_AMI": [{"name": "north"}]}, "settings_missing", "more_ami.north.host", "[north].host"),
        ({"MORE_AMI": [NORTH, {"host": "a"}]}, "settings_missing", "more_ami.2.name", "CALLCENTER_MORE_AMI[2].name"),
        ({"MORE_AMI": [{**NORTH, "port": "x"}]}, "settings_whole_number", "more_ami.north.port", "[north].port"),
        ({"MORE_AMI": [{**NORTH, "port": 70000}]}, "settings_too_large", "more_ami.north.port", "[north].port"),
        ({"MORE_AMI": [{**NORTH, "prot": 1}]}, "settings_no_such_name", "more_ami.north.prot", "[north].prot"),
        ({"MORE_AMI": [{**NORTH, "host": "a b"}]}, "settings_characters", "more_ami.north.host", "[north].host"),
        ({"MORE_AMI": [NORTH, NORTH]}, "settings_server_twice", "more_ami", "CALLCENTER_MORE_AMI"),
        ({"MORE_AMI": [NORTH], "AMI__NAME": "north"}, "settings_server_twice", "more_ami", "CALLCENTER_MORE_AMI"),
        ({"AMI__PORT": "x"}, "settings_whole_number", "ami.port", "CALLCENTER_AMI__PORT"),
        ({"AMI": "{x"}, "settings_not_json", "ami", "CALLCENTER_AMI"),
        ({"AMI__TLS": "perhaps"}, "settings_yes_or_no", "ami.tls", "CALLCENTER_AMI__TLS"),
        ({"LEDGER__LATE_S": "0"}, "settings_too_small", "ledger.late_s", "CALLCENTER_LEDGER__LATE_S"),
        ({"WEB__PUBLIC_URL": "here"}, "settings_invalid", "web.public_url", "CALLCENTER_WEB__PUBLIC_URL"),
    ],
)  # fmt: skip
def test_where_and_what(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, object], code: str, field: str, source: str
) -> None:
    problem = told(monkeypatch, **variables)
    assert (problem.code, problem.field) == (code, field)
    assert str(problem.params["source"]).endswith(source)


def test_what_it_should_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, LOG__LEVEL="loud").params["expected"] == "debug, info, warning, error"
    assert told(monkeypatch, LOG__LEVEL="info", DISK__MIN_FREE_MB="-1").params["limit"] == 0
    monkeypatch.delenv("CALLCENTER_DISK__MIN_FREE_MB")
    assert told(monkeypatch, MORE_AMI='[{"name": }]').params["position"] == 11
    assert told(monkeypatch, MORE_AMI=[NORTH, NORTH]).params["names"] == "north"


def test_a_server_in_the_file_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('[[more_ami]]\nname = "north"\nhost = "10.0.1.2"\nport = 70000\n')
    problem = told(monkeypatch, CONFIG=str(file))
    assert problem.field == "more_ami.north.port"
    assert problem.params["source"] == f"CALLCENTER_MORE_AMI[north].port / {file}"


def test_each_server_knows_where_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CALLCENTER_MORE_AMI", json.dumps([NORTH]))
    settings = config.load()
    first, north = settings.ami, settings.more_ami[0]
    assert (first.field("secret"), first.setting("secret")) == ("ami.secret", "CALLCENTER_AMI__SECRET")
    assert (north.field("secret"), north.setting("secret")) == (
        "more_ami.north.secret",
        "CALLCENTER_MORE_AMI[north].secret",
    )
