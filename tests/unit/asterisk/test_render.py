from __future__ import annotations

import stat
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from callcenter.asterisk.render import INCLUDES, render_includes, render_private
from callcenter.asterisk.secrets import load_or_make
from callcenter.asterisk.settings import (
    AgiSettings,
    AmiSettings,
    PbxSettings,
    PhoneAccount,
    PublicNumber,
    QueueSettings,
)
from callcenter.errors import Problem


def settings(folder: Path, **changes: object) -> PbxSettings:
    values: dict[str, object] = {
        "directory": folder / "pbx",
        "spool": folder / "spool",
        "prompts": folder / "prompts",
        "ami": AmiSettings(secret=SecretStr("s3cret;tail")),
        "agents": (PhoneAccount(extension="1001", password=SecretStr("pw"), name="李华"),),
    }
    return PbxSettings.model_validate(values | changes)


def test_include_files_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    written = render_includes(settings(tmp_path), tmp_path / "out")
    assert {path.name for path in written} == set(INCLUDES)
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}


def test_a_semicolon_in_a_secret_does_not_begin_a_comment(tmp_path: Path) -> None:
    render_includes(settings(tmp_path), tmp_path)
    assert "secret = s3cret\\;tail\n" in (tmp_path / "manager_callcenter.conf").read_text()


@pytest.mark.parametrize("secret", ["", "a\nb", "a\rb"])
def test_a_secret_that_would_break_the_file_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(Problem, match="asterisk_unsafe_secret"):
        render_includes(settings(tmp_path, ami=AmiSettings(secret=SecretStr(secret))), tmp_path)


@pytest.mark.parametrize("name", ["with space", "a,b", "a;b", "$(reboot)", "a&b", "a)b"])
def test_a_path_that_would_become_dialplan_or_shell_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match="asterisk_unsafe_path"):
        render_includes(settings(tmp_path, spool=tmp_path / name), tmp_path)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PhoneAccount(extension="10\n01", password=SecretStr("x")),
        lambda: PhoneAccount(extension="1001", password=SecretStr("x"), name='A" <1>'),
        lambda: PublicNumber(number="1,1,System(x)"),
        lambda: QueueSettings(name="a]b"),
        lambda: AgiSettings(host="h/x"),
        lambda: PbxSettings(done_command="touch x\nexten"),
    ],
)
def test_values_with_separators_are_refused(make: object) -> None:
    assert callable(make)
    with pytest.raises(ValidationError):
        make()


def test_menu_number_tries_each_menu_server_then_its_queue(tmp_path: Path) -> None:
    servers = (AgiSettings(port=4573), AgiSettings(host="menu2", port=4574))
    render_includes(settings(tmp_path, agi=servers), tmp_path)
    text = (tmp_path / "extensions_callcenter.conf").read_text()
    first, second = text.index("agi://127.0.0.1:4573/main"), text.index("agi://menu2:4574/main")
    between = text[first:second]
    assert 'GotoIf($["${AGISTATUS}"!="FAILURE"]?left)' in between
    assert "Set(CC_DEFAULT_QUEUE=operator)" in text


def test_every_call_is_announced_and_recorded_before_menu_and_queue(tmp_path: Path) -> None:
    render_includes(settings(tmp_path), tmp_path)
    text = (tmp_path / "extensions_callcenter.conf").read_text()
    for entry in ("exten => menu,1,", "exten => queue,1,"):
        assert f"{entry}Gosub(callcenter-receive,s,1)" in text
    received = text[text.index("[callcenter-receive]") :]
    assert received.index("recording_notice") < received.index("MixMonitor") < received.index("Return()")


def test_private_set_loads_only_modules_that_exist_and_no_dangerous_ones(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    for name in ("app_queue", "app_system", "func_shell"):
        (modules / f"{name}.so").touch()
    chosen = settings(tmp_path, sip_port=5070, rtp_first=12000, rtp_last=12100)
    render_private(chosen, modules)
    loaded = (chosen.configuration / "modules.conf").read_text().split("\n")
    assert [line for line in loaded if line.startswith("load")] == ["load = app_queue.so"]
    assert "live_dangerously = no" in (chosen.configuration / "asterisk.conf").read_text()


def test_a_deep_folder_keeps_its_socket_elsewhere(tmp_path: Path) -> None:
    deep = settings(tmp_path, directory=tmp_path / ("x" * 90))
    assert len(str(deep.run_directory / "asterisk.ctl")) < 100
    assert deep.run_directory != settings(tmp_path, directory=tmp_path / ("y" * 90)).run_directory


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secrets.json"
    first = load_or_make(path, ["ami", "1001"])
    again = load_or_make(path, ["ami", "1002"])
    assert first["ami"] == again["ami"]
    assert len({secret.get_secret_value() for secret in (*first.values(), again["1002"])}) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
