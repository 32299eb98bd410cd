"""Where a person erred, a command says so in two lines and ends with 1."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.__main__ import main
from callcenter.config import stray_variables

ADD = ["user", "add", "--password", "long enough", "--name"]
RENDER = ["pbx", "render", "--to"]
# Variables; command; what its two lines must name. `DIR` stands for the test's folder.
MISTAKES: list[tuple[dict[str, str], list[str], list[str]]] = [
    ({}, [*ADD, "Wang", "wang", "--extension", "1001"], ["1001", "another user"]),
    ({}, [*ADD, "Wang", "wang li"], ["“wang li”", "letters"]),
    ({}, [*ADD, "Wang", "x" * 65], ["1 to 64"]),
    ({}, [*ADD, "  ", "wang"], ["name", "--name"]),
    ({}, [*ADD, "W" * 65, "wang"], ["too long"]),
    ({}, [*ADD, "Wang", "wang", "--extension", "1001&PJSIP"], ["“1001&PJSIP”"]),
    ({}, [*ADD, "Wang", "wang", "--extension", "1" * 17], ["at most 16"]),
    ({}, ["pbx", "call", "--server", "127.0.0.1:abc"], ["127.0.0.1:abc", "HOST:PORT"]),
    ({}, ["pbx", "call", "--server", "127.0.0.1:70000"], ["127.0.0.1:70000"]),
    ({}, [*RENDER, "/proc/nope"], ["/proc/nope"]),
    ({}, [*RENDER, "DIR/file/below"], ["DIR/file/below", "Not a directory"]),
    ({"DATA_DIR": "/proc/x"}, ["serve"], ["/proc/x"]),
    ({"CONFIG": "DIR/absent.toml"}, ["serve"], ["DIR/absent.toml", "CALLCENTER_CONFIG"]),
    ({"CONFIG": "DIR/broken.toml"}, ["serve"], ["DIR/broken.toml", "line 2"]),
    ({"CONFIG": "DIR/latin.toml"}, ["serve"], ["DIR/latin.toml"]),
    ({"CONFIG": "DIR/stray.toml"}, [*RENDER, "DIR/out"], ["“webb”", "web"]),
    ({"DATABASE__URL": "foo://x"}, ["serve"], ["database.url", "CALLCENTER_DATABASE__URL", "postgresql+asyncpg://"]),
    ({"DATABASE__URL": "postgresql+asyncpg://u@h:x/n"}, ["migrate"], ["database.url"]),
    ({"DATABASE__URL": "postgresql+asyncpg://u:a@b:c@h/n"}, ["migrate"], ["database.url", "%40"]),
    ({"WEB__PUBLIC_URL": "calls.example.com"}, ["serve"], ["web.public_url", "https://"]),
    ({"WEB__HOST": "203.0.113.7"}, ["serve"], ["203.0.113.7", "CALLCENTER_WEB__PORT"]),
    ({"REDIS__URL": "localhost"}, ["web"], ["redis.url", "CALLCENTER_REDIS__URL"]),
    ({"WEB__TRUSTED_PROXIES": '["10.0.0.0/99"]'}, ["web"], ["web.trusted_proxies"]),
    ({"WEB": "8081"}, ["serve"], ["CALLCENTER_WEB"]),
    ({"WEB__PORT": "many"}, ["serve"], ["web.port", "CALLCENTER_WEB__PORT"]),
    ({"PBX__EXTENSIONS": "1001"}, [*RENDER, "DIR/out"], ["CALLCENTER_PBX"]),
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A firm that has one user, and settings files in every state."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(tmp_path / "var"))
    (tmp_path / "file").write_text("")
    (tmp_path / "broken.toml").write_text("[web]\nport 8081\n")
    (tmp_path / "latin.toml").write_bytes(b'[firm]\nname = "\xe9"\n')
    (tmp_path / "stray.toml").write_text("[webb]\nport = 8081\n")
    return tmp_path


@pytest.mark.parametrize(("variables", "command", "named"), MISTAKES)
def test_a_mistake_is_told_in_two_lines(
    variables: dict[str, str],
    command: list[str],
    named: list[str],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def here(text: str) -> str:
        return text.replace("DIR", str(folder))

    if "1001" in command:
        assert main([*ADD, "Chen", "chen", "--extension", "1001"]) == 0
    for name, value in variables.items():
        monkeypatch.setenv(f"CALLCENTER_{name}", here(value))
    assert main([here(word) for word in command]) == 1
    # Behind what a service that had begun to start wrote to its log.
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    assert len(lines) == 2
    assert all(lines)
    told = "\n".join(lines)
    assert [word for word in named if here(word) not in told] == []
    assert "argon2" not in told


def test_an_existing_user_keeps_what_is_not_given(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ADD, "Chen", "chen", "--extension", "1001", "--role", "supervisor"]) == 0
    assert main([*ADD, "Chen Jing", "chen"]) == 0
    assert capsys.readouterr().out.splitlines() == ["chen: supervisor, 1001"] * 2


@pytest.mark.parametrize(
    ("variable", "nearest"),
    [("CALLCENTER_WEBB__PORT", "web"), ("CALLCENTER_WEB_PORT", "web"), ("CALLCENTER_AMII__HOST", "ami")],
)
def test_a_variable_that_nothing_reads_is_named(variable: str, nearest: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    found = dict(stray_variables())
    assert nearest in found[variable].split(", ")


@pytest.mark.parametrize(
    "variable",
    ["CALLCENTER_WEB__PORT", "CALLCENTER_PBX__SIP_PORT", "CALLCENTER_DATA_DIR", "CALLCENTER_CONFIG", "CALLCENTER_URL"],
)
def test_a_setting_is_no_stray(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    assert variable not in dict(stray_variables())
