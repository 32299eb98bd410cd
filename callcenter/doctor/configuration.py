"""Asterisk's files beside what would be written now: somebody changed a setting, or a file, and not the other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.settings import PbxSettings
from callcenter.doctor.asterisk_judged import judge_numbers
from callcenter.doctor.finding import Finding, error, ok, skipped, warning
from callcenter.doctor.installation import Installation, Unavailable, apart
from callcenter.doctor.wanted import include_texts, private_texts

CHECK = "configuration"
# Console commands that make Asterisk read a file again.
_RELOADS = {
    "extensions": "dialplan reload",
    "pjsip": "pjsip reload",
    "queues": "queue reload all",
    "manager": "manager reload",
    "cdr": "module reload cdr_custom.so",
    "cel": "module reload cel_custom.so",
}
_WITH_SECRETS = ("manager_callcenter.conf", "pjsip_callcenter.conf")
_RTP = re.compile(r"^rtp(?:start|end) = (\d+)$", re.MULTILINE)


@dataclass(frozen=True)
class Difference:
    """A file that is not as it would be written: missing (line 0), or different from this line on."""

    file: str
    line: int


async def check(installation: Installation) -> list[Finding]:
    """Files, and what Asterisk has read of them."""
    pbx, etc = installation.pbx, installation.asterisk_etc
    if pbx is None:
        raise Unavailable("settings")
    found = await apart(lambda: _files(pbx, etc))
    try:
        lost = judge_numbers(await installation.asterisk.needed())
    except Unavailable:
        lost = []
    return [*found, *lost]


def differences(wanted: Mapping[str, str], folder: Path) -> list[Difference]:
    """Every file in `folder` that is missing or not as wanted."""
    return [
        Difference(name, line)
        for name, text in sorted(wanted.items())
        if (line := _differs(folder / name, text)) is not None
    ]


def _files(pbx: PbxSettings, etc: Path | None) -> list[Finding]:
    if etc is not None:
        return list(_includes(pbx, etc))
    local = LocalAsterisk(pbx)
    if local.pid() is None:
        return [skipped(CHECK, "doctor_configuration_elsewhere")]
    running = _with_rtp_ports(local.settings)
    changed = differences(private_texts(running, local.tree.modules), running.configuration)
    if changed:
        return [error(CHECK, "doctor_configuration_private", folder=str(running.configuration), files=_named(changed))]
    return [ok(CHECK, "doctor_configuration_good", folder=str(running.configuration))]


def _includes(pbx: PbxSettings, etc: Path) -> Iterator[Finding]:
    if not etc.is_dir():
        yield error(CHECK, "doctor_configuration_no_folder", folder=str(etc))
        return
    changed = differences(include_texts(pbx), etc)
    if changed:
        reloads = dict.fromkeys(_RELOADS[each.file.split("_")[0]] for each in changed)
        params = {"folder": str(etc), "files": _named(changed), "commands": ", ".join(reloads)}
        yield error(CHECK, "doctor_configuration_changed", **params)
    open_files = [name for name in _WITH_SECRETS if (etc / name).is_file() and (etc / name).stat().st_mode & 0o007]
    if open_files:
        yield warning(CHECK, "doctor_configuration_open", folder=str(etc), files=", ".join(open_files))
    if not changed and not open_files:
        yield ok(CHECK, "doctor_configuration_good", folder=str(etc))


def _with_rtp_ports(pbx: PbxSettings) -> PbxSettings:
    """Ports that were chosen at the start stand in the file only."""
    file = pbx.configuration / "rtp.conf"
    chosen = _RTP.findall(file.read_text(errors="replace")) if file.is_file() else []
    if pbx.rtp_first or len(chosen) != 2:
        return pbx
    return pbx.model_copy(update={"rtp_first": int(chosen[0]), "rtp_last": int(chosen[1])})


def _differs(path: Path, text: str) -> int | None:
    if not path.is_file():
        return 0
    found, wanted = path.read_text(errors="replace").splitlines(), text.splitlines()
    if found == wanted:
        return None
    pairs = enumerate(zip(found, wanted, strict=False), 1)
    return next((line for line, (is_there, is_wanted) in pairs if is_there != is_wanted), min(len(found), len(wanted)))


def _named(changed: list[Difference]) -> str:
    """Never what the lines say: there are passwords among them."""
    return ", ".join(f"{each.file}:{each.line}" if each.line else f"{each.file} (-)" for each in changed)
