"""Faults of Asterisk and of its configuration, on a real one; and an installation that is well."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import callcenter.app  # noqa: F401  # every room's tables
from callcenter import schema
from callcenter.asterisk import configured
from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.ports import free
from callcenter.asterisk.render import render_includes
from callcenter.config import load
from callcenter.db import Database
from callcenter.queues.model import QueueRow
from callcenter.queues.store import FIRST_QUEUES
from callcenter.servers import PrivatePostgres, PrivateRedis
from tests.service.doctor.patient import NAMES, Patient, shown

pytestmark = pytest.mark.service
_OF_ASTERISK = ("asterisk", "rights", "modules", "configuration", "queues", "clock")


async def _fill(url: str, *names: str) -> None:
    db = Database(url)
    await schema.upgrade(db)
    async with db.transaction() as work:
        work.session.add_all(QueueRow(name=name, label_zh=name, label_en=name) for name in names)
    await db.close()


async def _rewrite(pbx: LocalAsterisk, file: str, pattern: str, text: str) -> None:
    path = pbx.settings.configuration / file
    path.write_text(re.sub(pattern, text, path.read_text(), flags=re.MULTILINE))
    await pbx.rx("manager reload")


@pytest.mark.parametrize("form", ["embedded", "scaled"])
async def test_an_installation_that_is_well(
    form: str, asterisk: LocalAsterisk, patient: Patient, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite+aiosqlite:///{patient.home}/var/callcenter.db"
    if form == "scaled":
        postgres: PrivatePostgres = request.getfixturevalue("postgres")
        redis: PrivateRedis = request.getfixturevalue("redis")
        url = await postgres.create("well")
        patient.set(DATABASE__URL=url, REDIS__URL=redis.url)
    await _fill(url, *(queue.name for queue in FIRST_QUEUES))
    found = await patient.examine()
    assert found == ([] if form == "scaled" else ["redis skipped redis_unset"])
    assert [each.check for each in patient.found] == NAMES
    secret = asterisk.settings.ami.secret.get_secret_value()
    assert secret not in shown(patient.found)
    if form == "scaled":
        await postgres.drop("well")


async def test_further_servers(asterisk: LocalAsterisk, patient: Patient) -> None:
    at = asterisk.settings.ami
    secret = at.secret.get_secret_value()
    north = {"name": "north", "host": "127.0.0.1", "port": at.port, "secret": secret}
    dead = {**north, "name": "west", "port": free("127.0.0.1", socket.SOCK_STREAM)}
    patient.set(MORE_AMI=json.dumps([north, dead]))
    assert await patient.examine("asterisk") == ["asterisk error asterisk_unreachable"]
    assert [f"{each.check} {each.state}" for each in patient.found] == [
        *("asterisk ok", "asterisk ok", "rights ok", "modules ok", "asterisk error")
    ]
    assert [each.params["server"] for each in patient.found] == ["asterisk", "north", "north", "north", "west"]
    assert "CALLCENTER_MORE_AMI[west].port" in patient.remedy("asterisk_unreachable")
    assert secret not in shown(patient.found)


async def test_no_asterisk(patient: Patient) -> None:
    found = await patient.examine(*_OF_ASTERISK)
    assert found == [
        "asterisk error asterisk_unreachable",
        "rights skipped needs",
        "modules skipped needs",
        "configuration skipped configuration_elsewhere",
        "queues skipped needs",
        "clock skipped clock_alone",
    ]
    assert "callcenter pbx start" in patient.remedy("asterisk_unreachable")
    patient.set(AMI__HOST="no-such-host.invalid")
    assert await patient.examine("asterisk") == ["asterisk error asterisk_unreachable"]


@pytest.mark.parametrize("greeting", [b"SSH-2.0-x\r\n", b""])
async def test_something_else_at_the_port(greeting: bytes, patient: Patient) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    patient.set(AMI__PORT=server.sockets[0].getsockname()[1])
    assert await patient.examine("asterisk") == ["asterisk error asterisk_not_ami"]
    assert "CALLCENTER_AMI__PORT" in patient.remedy("asterisk_not_ami")
    server.close()


async def test_a_wrong_secret(asterisk: LocalAsterisk, patient: Patient) -> None:
    patient.set(AMI__SECRET="open sesame")
    found = await patient.examine("asterisk", "configuration")
    assert found == ["asterisk error asterisk_ami_refused", "configuration error configuration_private"]
    assert "CALLCENTER_AMI__SECRET" in patient.remedy("asterisk_ami_refused")
    assert "manager_callcenter.conf:2" in shown(patient.found)
    assert "sesame" not in shown(patient.found)
    assert asterisk.settings.ami.secret.get_secret_value() not in shown(patient.found)


@pytest.mark.parametrize(
    ("line", "text", "wanted"),
    [
        ("read", "call,agent", ["asterisk error asterisk_not_booted", "rights skipped needs"]),
        ("write", "call,originate,reporting", ["rights error rights_missing"]),
        ("write", "all", ["rights warning rights_wide"]),
    ],
)
async def test_rights(line: str, text: str, wanted: list[str], asterisk: LocalAsterisk, patient: Patient) -> None:
    await _rewrite(asterisk, "manager_callcenter.conf", rf"^{line} = .*$", f"{line} = {text}")
    assert await patient.examine("asterisk", "rights") == wanted
    assert "manager_callcenter.conf" in patient.remedy(wanted[0].split()[-1])
    assert await patient.examine("configuration") == ["configuration error configuration_private"]
    assert "callcenter pbx stop" in patient.remedy("configuration_private")


async def test_modules(asterisk: LocalAsterisk, patient: Patient) -> None:
    await asterisk.rx("module unload app_mixmonitor.so")
    assert await patient.examine("modules") == ["modules error modules_missing"]
    assert "app_mixmonitor" in shown(patient.found)
    assert "module load" in patient.remedy("modules_missing")
    # Without the function that tells of every module, what is seen by its actions is still seen.
    await asterisk.rx("module unload func_module.so")
    assert await patient.examine("modules") == ["modules error modules_missing", "modules skipped modules_unseen"]
    assert "func_module" in patient.remedy("modules_unseen")


async def test_a_changed_setting(asterisk: LocalAsterisk, patient: Patient) -> None:
    assert await patient.examine("configuration") == []
    patient.set(PBX__NUMBERS='[{"number": "02088886666"}, {"number": "4008001234"}]')
    found = await patient.examine("configuration")
    assert found == ["configuration error configuration_private", "configuration error numbers_lost"]
    assert "extensions_callcenter.conf" in shown(patient.found)
    assert "dialplan reload" in patient.remedy("numbers_lost")


async def test_queues(asterisk: LocalAsterisk, patient: Patient) -> None:
    await _fill(f"sqlite+aiosqlite:///{patient.home}/var/callcenter.db", "complaint", "night")
    assert await patient.examine("queues") == ["queues error queues_absent", "queues warning queues_unknown"]
    assert "night" in shown(patient.found[:1])
    assert "inquiry, operator, repair" in shown(patient.found[1:])
    assert "queue reload all" in patient.remedy("queues_absent")


async def test_its_clock(asterisk: LocalAsterisk, patient: Patient) -> None:
    def fast() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=5)

    assert await patient.examine("clock") == []
    assert await patient.examine("clock", clock=fast) == ["clock error clock_off"]
    assert "The clock of Asterisk differs" in shown(patient.found)


async def test_include_files_of_an_asterisk_elsewhere(patient: Patient, tmp_path: Path) -> None:
    etc = tmp_path / "etc" / "callcenter"
    assert await patient.examine("configuration", asterisk_etc=etc) == ["configuration error configuration_no_folder"]
    assert f"callcenter pbx render --to {etc}" in patient.remedy("configuration_no_folder")
    render_includes(configured.load(load()), etc)
    assert await patient.examine("configuration", asterisk_etc=etc) == []

    (etc / "queues_callcenter.conf").write_text("[complaint]\n")
    (etc / "cel_custom.conf").unlink()
    (etc / "pjsip_callcenter.conf").chmod(0o644)
    found = await patient.examine("configuration", asterisk_etc=etc)
    assert found == ["configuration error configuration_changed", "configuration warning configuration_open"]
    assert "queues_callcenter.conf:1" in shown(patient.found)
    assert "cel_custom.conf (-)" in shown(patient.found)
    assert "queue reload all" in patient.remedy("configuration_changed")
    assert "chmod o=" in patient.remedy("configuration_open")
