"""Faults of settings, folders, files and ports, each planted and found."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from callcenter.asterisk.secrets import load_or_make
from callcenter.db import Database
from callcenter.doctor.examine import CHECKS, Check, look
from callcenter.doctor.installation import Installation
from callcenter.doctor.settings import read
from callcenter.setting_groups import IvrSettings
from tests.service.doctor.patient import Patient, shown

pytestmark = pytest.mark.service


def _settings_file(text: str, mode: int = 0o600) -> Callable[[Patient], None]:
    def plant(patient: Patient) -> None:
        file = patient.home / "settings.toml"
        file.write_text(text)
        file.chmod(mode)
        patient.set(CONFIG=file)

    return plant


def _secrets(text: str | None = None, mode: int = 0o600) -> Callable[[Patient], None]:
    def plant(patient: Patient) -> None:
        file = patient.home / "var" / "asterisk" / "secrets.json"
        load_or_make(file, ["ami", "1001"])
        if text is not None:
            file.write_text(text)
        file.chmod(mode)

    return plant


def _set(**variables: object) -> Callable[[Patient], None]:
    return lambda patient: patient.set(**{name: _here(patient, value) for name, value in variables.items()})


def _here(patient: Patient, value: object) -> object:
    return value.replace("HOME", str(patient.home)) if isinstance(value, str) else value


def _run(act: Callable[[Path], object]) -> Callable[[Patient], None]:
    return lambda patient: act(patient.home) and None


def _menu(text: str) -> Callable[[Patient], None]:
    def plant(patient: Patient) -> None:
        flows = IvrSettings().flows_dir
        (patient.home / "flows").mkdir()
        (patient.home / "flows" / "prompts").symlink_to(flows / "prompts")
        if text:
            (patient.home / "flows" / "main.yaml").write_text(text)
        patient.set(IVR__FLOWS_DIR=patient.home / "flows")

    return plant


def _only_tiny(patient: Patient) -> None:
    folder = patient.home / "models"
    (folder / "whisper-small").rename(folder / "whisper-tiny")
    manifest = folder / "whisper-tiny" / "callcenter-model.json"
    manifest.write_text(manifest.read_text().replace("whisper-small", "whisper-tiny"))


# Check; what is done to the patient; what is found; words of the remedy.
PLANTED: list[tuple[str, Callable[[Patient], None], list[str], str]] = [
    ("settings", _set(WEB__PORT="many"), ["settings error settings_whole_number"], "CALLCENTER_WEB__PORT"),
    ("settings", _set(CONFIG="HOME/none.toml"), ["settings error settings_file_missing"], "CALLCENTER_CONFIG"),
    ("settings", _settings_file("[web]\nport 1\n"), ["settings error settings_file_broken"], "at that line"),
    ("settings", _settings_file("[webb]\nport = 1\n"), ["settings error settings_unknown"], "web"),
    ("settings", _settings_file('[ami]\nsecret = "x"\n', 0o644), ["settings warning settings_open"], "chmod 600"),
    ("settings", _set(WEBB__PORT="1"), ["settings warning stray_variable"], "web"),
    ("settings", _set(PBX__SIP_PORT="x"), ["settings error asterisk_settings_invalid"], "CALLCENTER_PBX__"),
    ("settings", _set(FIRM__TIMEZONE="Mars/X"), ["settings error settings_invalid"], "CALLCENTER_FIRM__TIMEZONE"),
    ("data_folder", _set(DATA_DIR="HOME/none"), ["data_folder warning folder_absent"], "CALLCENTER_DATA_DIR"),
    ("data_folder", _set(DATA_DIR="HOME/screens/app.js"), ["data_folder error folder_closed"], "chmod 700"),
    ("data_folder", _set(DATA_DIR="HOME/screens/app.js/x"), ["data_folder error folder_closed"], "CALLCENTER_DATA_DIR"),
    (
        "data_folder",
        _set(RECORDINGS__SPOOL_DIR="HOME/none"),
        ["data_folder error folder_closed"],
        "CALLCENTER_RECORDINGS__SPOOL_DIR",
    ),
    ("data_folder", _run(lambda home: (home / "var").chmod(0o755)), ["data_folder warning folder_open"], "chmod 700"),
    ("secrets", _secrets(mode=0o644), ["secrets error secrets_open"], "chmod 600"),
    ("secrets", _secrets("{"), ["secrets error secrets_broken"], "Restore"),
    ("secrets", _secrets("[]"), ["secrets error secrets_broken"], "Restore"),
    ("models", _set(SPEECH__MODELS_DIR="HOME/none"), ["models error model_missing"] * 2, "callcenter models install"),
    (
        "models",
        _run(lambda home: (home / "models" / "vosk-en" / "model.bin").write_text("")),
        ["models error model_broken"],
        "callcenter models install vosk-en",
    ),
    (
        "models",
        _run(lambda home: (home / "models" / "vosk-en" / "callcenter-model.json").write_text("{")),
        ["models error model_broken"],
        "install",
    ),
    ("models", _only_tiny, ["models warning model_other"], "callcenter models install whisper-small"),
    ("disk", _set(DISK__MIN_FREE_MB=10**9), ["disk error disk_full"], "CALLCENTER_DISK__MIN_FREE_MB"),
    ("screens", _set(WEB__SCREENS_DIR="HOME/none"), ["screens error screens_not_built"], "make setup"),
    ("screens", _run(lambda home: (home / "screens" / "app.js").unlink()), ["screens error screens_not_built"], "make"),
    ("menus", _menu(""), ["menus error menu_absent"], "main.yaml"),
    ("menus", _menu("nodes: ["), ["menus error flow_unreadable"], "line"),
    ("menus", _set(IVR__FLOWS_DIR="HOME/none"), ["menus error menu_absent"], "CALLCENTER_IVR__FLOWS_DIR"),
    ("ports", _set(WEB__HOST="192.0.2.1"), ["ports error port_address"], "CALLCENTER_WEB__PORT"),
    ("ports", _set(WEB__PORT=20000, AGI__PORT=20000), ["ports error port_twice"], "CALLCENTER_AGI__PORT"),
]


@pytest.mark.parametrize(("check", "plant", "wanted", "words"), PLANTED)
async def test_a_planted_fault_is_found(
    check: str, plant: Callable[[Patient], None], wanted: list[str], words: str, patient: Patient
) -> None:
    plant(patient)
    assert await patient.examine(check) == wanted
    assert words in patient.remedy(wanted[0].split()[-1])


@pytest.mark.parametrize("check", ["settings", "data_folder", "models", "disk", "ports", "screens", "menus", "crm"])
async def test_what_is_in_order_is_said_to_be(check: str, patient: Patient) -> None:
    assert await patient.examine(check) == []
    assert [(each.check, each.state) for each in patient.found] == [(check, "ok")]


async def test_secrets_in_order(patient: Patient) -> None:
    assert await patient.examine("secrets") == ["secrets skipped secrets_absent"]
    _secrets()(patient)
    assert await patient.examine("secrets") == []


async def test_without_settings_nothing_else_is_looked_at(patient: Patient) -> None:
    patient.set(WEB__PORT="many")
    found = await patient.examine()
    assert found[0] == "settings error settings_whole_number"
    assert found[1:] == [f"{check.name} skipped no_settings" for check in CHECKS[1:]]


async def test_unreadable_secrets_keep_nobody_from_looking_at_the_rest(patient: Patient) -> None:
    _secrets("{")(patient)
    found = await patient.examine("settings", "secrets", "configuration", "screens", "asterisk")
    assert found[:2] == ["settings error secrets_broken", "secrets error secrets_broken"]
    assert found[3:] == ["configuration skipped needs"]


async def test_ports_in_use(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        patient.set(AGI__PORT=taken.getsockname()[1])
        assert await patient.examine("ports") == ["ports error port_in_use"]
        assert "CALLCENTER_AGI__PORT" in patient.remedy("port_in_use")


# Listens until its input ends.
HOLDER = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as held:
    print(held.getsockname()[1], flush=True)
    sys.stdin.read()
"""


async def test_a_port_that_callcenter_holds_is_in_order(patient: Patient) -> None:
    pipe = asyncio.subprocess.PIPE
    holder = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, "callcenter", stdin=pipe, stdout=pipe)
    assert holder.stdout is not None
    patient.set(AGI__PORT=int(await holder.stdout.readline()))
    found = await patient.examine("ports")
    await holder.communicate(b"")
    assert found == []


async def test_a_check_that_fails_or_hangs_stops_no_other(patient: Patient) -> None:
    async def fails(_installation: Installation) -> list[object]:
        raise RuntimeError("out of luck")

    async def hangs(_installation: Installation) -> list[object]:
        await asyncio.Event().wait()
        return []

    given = read()
    crm = next(check for check in CHECKS if check.name == "crm")
    checks = [Check("fails", fails), Check("hangs", hangs, limit_s=0.05), crm]  # type: ignore[arg-type]  # no lists of findings
    found = await look(Installation(given.settings, given.pbx, given.ami), checks)
    assert [(each.check, each.code) for each in found] == [
        ("fails", "doctor_check_failed"),
        ("hangs", "doctor_check_late"),
        ("crm", "doctor_crm_builtin"),
    ]
    assert "RuntimeError: out of luck" in shown(found)


def _state(folder: Path) -> dict[str, tuple[int, int, int]]:
    told = {str(path): path.stat() for path in folder.rglob("*")}
    return {path: (status.st_mode, status.st_size, status.st_mtime_ns) for path, status in told.items()}


@pytest.mark.parametrize("in_use", [False, True])
async def test_it_changes_nothing(in_use: bool, patient: Patient) -> None:
    _secrets()(patient)
    patient.set(PBX__EXTENSIONS='["1001", "1002"]')  # one of them has no secret yet
    db = Database(f"sqlite+aiosqlite:///{patient.home}/var/callcenter.db")
    async with db.transaction() as work:
        await (await work.session.connection()).exec_driver_sql("CREATE TABLE kept (it TEXT)")
    if not in_use:
        await db.close()
    before = _state(patient.home)
    await patient.examine()
    assert _state(patient.home) == before
    await db.close()


async def test_it_makes_no_data_folder(patient: Patient) -> None:
    patient.set(DATA_DIR=patient.home / "none")
    await patient.examine()
    assert not (patient.home / "none").exists()
