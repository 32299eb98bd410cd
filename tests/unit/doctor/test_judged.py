"""What follows from what was seen. A finding is written `check state code`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callcenter.doctor import clock, crm, redis_server
from callcenter.doctor.asterisk import MODULES, AsteriskFacts
from callcenter.doctor.asterisk_judged import (
    judge_modules,
    judge_numbers,
    judge_queues,
    judge_rights,
    judge_version,
)
from callcenter.doctor.database import DatabaseFacts, judge_database, judge_migrations
from callcenter.doctor.finding import Finding
from callcenter.doctor.folders import Room, judge_disk
from callcenter.doctor.ports import Port, is_ours, judge_twice
from callcenter.doctor.settings import holds_secret

ACTIONS = frozenset(
    {"Redirect", "CoreStatus", "QueuePause", "QueueStatus", "MixMonitorMute", "PJSIPHangup", "DeviceStateList"}
)
ASTERISK = AsteriskFacts(
    version="22.10.1+dfsg-1",
    commands=ACTIONS,
    queues=frozenset({"complaint", "repair"}),
    modules=dict.fromkeys(MODULES, True),
    numbers={"02088886666": True},
)
POSTGRES = DatabaseFacts("postgresql", "postgresql+asyncpg://h/n", "15.8", 15, "UTF8", True, "0002", "0002")
SQLITE = replace(POSTGRES, kind="sqlite", version="3.40.1", major=3, encoding="")


def told(findings: list[Finding]) -> list[str]:
    return [f"{finding.check} {finding.state} {finding.code.removeprefix('doctor_')}" for finding in findings]


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("22.10.1+dfsg-1", "ok asterisk_good"),
        ("20.0.0", "ok asterisk_good"),
        ("certified/20.7-cert1", "ok asterisk_good"),
        ("18.26.4", "error asterisk_old"),
        ("certified/18.9-cert5", "error asterisk_old"),
        ("GIT-master-4711abcd", "warning asterisk_version_unread"),
        ("", "warning asterisk_version_unread"),
    ],
)
def test_version_of_asterisk(version: str, wanted: str) -> None:
    assert told(judge_version(replace(ASTERISK, version=version), "h", 5038)) == [f"asterisk {wanted}"]


@pytest.mark.parametrize(
    ("less", "more", "wanted", "rights"),
    [
        ("", "", "ok rights_good", None),
        ("QueuePause", "", "error rights_missing", "agent"),
        ("Redirect QueuePause", "", "error rights_missing", "call, agent"),
        ("CoreStatus", "Command", "error rights_missing", "reporting"),
        ("", "Command UpdateConfig", "warning rights_wide", "command, config"),
    ],
)
def test_rights(less: str, more: str, wanted: str, rights: str | None) -> None:
    found = judge_rights(replace(ASTERISK, commands=ACTIONS - set(less.split()) | set(more.split())), "callcenter")
    assert told(found) == [f"rights {wanted}"]
    assert found[0].params.get("rights") == rights


def test_a_missing_module_is_no_missing_right() -> None:
    facts = replace(ASTERISK, commands=ACTIONS - {"QueuePause", "QueueStatus"}, modules={"app_queue": False})
    assert told(judge_rights(facts, "callcenter")) == ["rights ok rights_good"]
    assert told(judge_modules(facts)) == ["modules error modules_missing"]


@pytest.mark.parametrize(
    ("told_by_asterisk", "commands", "wanted"),
    [
        ({"app_queue": True, "res_agi": True}, "", ["ok modules_good"]),
        ({"app_queue": False, "res_agi": True}, "QueueStatus", ["error modules_missing"]),
        # Without func_module: seen by their actions, where they have some and the right to see them is given.
        ({"app_queue": None, "res_agi": None}, "QueueStatus Redirect", ["skipped modules_unseen"]),
        ({"app_queue": None}, "QueueStatus", ["ok modules_good"]),
        ({"app_queue": None}, "Redirect", ["error modules_missing"]),
        ({"app_mixmonitor": None}, "", ["skipped modules_unseen"]),
        ({"app_queue": False, "res_agi": None}, "", ["error modules_missing", "skipped modules_unseen"]),
    ],
)
def test_modules(told_by_asterisk: dict[str, bool | None], commands: str, wanted: list[str]) -> None:
    facts = replace(ASTERISK, modules=told_by_asterisk, commands=frozenset(commands.split()))
    assert told(judge_modules(facts)) == [f"modules {each}" for each in wanted]


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        (("complaint", "repair"), ["ok queues_good"]),
        (("complaint", "repair", "inquiry"), ["error queues_absent"]),
        (("complaint",), ["warning queues_unknown"]),
        (("complaint", "inquiry"), ["error queues_absent", "warning queues_unknown"]),
        ((), ["skipped queues_none"]),
        (None, ["skipped queues_none"]),
    ],
)
def test_queues(kept: tuple[str, ...] | None, wanted: list[str]) -> None:
    assert told(judge_queues(ASTERISK, kept)) == [f"queues {each}" for each in wanted]


def test_numbers_that_lead_elsewhere() -> None:
    assert judge_numbers(ASTERISK) == []
    lost = judge_numbers(replace(ASTERISK, numbers={"1": True, "2": False, "3": None}))
    assert told(lost) == ["configuration error numbers_lost"]
    assert lost[0].params == {"numbers": "2"}


@pytest.mark.parametrize(
    ("facts", "wanted"),
    [
        (SQLITE, ["ok database_good"]),
        (POSTGRES, ["ok database_good"]),
        (replace(POSTGRES, major=14, version="14.9"), ["error database_old"]),
        (replace(POSTGRES, encoding="SQL_ASCII"), ["error database_encoding"]),
        (replace(POSTGRES, encoding="LATIN1", may_create=False), ["error database_encoding", "error database_rights"]),
    ],
)
def test_database(facts: DatabaseFacts, wanted: list[str]) -> None:
    assert told(judge_database(facts)) == [f"database {each}" for each in wanted]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("0002", "ok migrations_good"),
        (None, "error migrations_none"),
        ("0001", "error migrations_old"),
        ("0003", "error database_newer"),
    ],
)
def test_migrations(found: str | None, wanted: str) -> None:
    assert told(judge_migrations(replace(POSTGRES, found=found))) == [f"migrations {wanted}"]


@pytest.mark.parametrize(
    ("version", "memory", "policy", "wanted"),
    [
        ("7.0.15", 0, "noeviction", "ok redis_good"),
        ("7.2.4", 0, "allkeys-lru", "ok redis_good"),
        ("8.0.0", 1_000_000, "noeviction", "ok redis_good"),
        ("7.0.15", 1_000_000, "volatile-ttl", "warning redis_evicts"),
        ("6.2.14", 0, "noeviction", "error redis_old"),
        ("", 0, "noeviction", "error redis_old"),
    ],
)
def test_redis(version: str, memory: int, policy: str, wanted: str) -> None:
    info = {"redis_version": version, "maxmemory": memory, "maxmemory_policy": policy}
    assert told(redis_server.judge(info, "redis://h")) == [f"redis {wanted}"]


@pytest.mark.parametrize(
    ("off", "wanted"),
    [
        ({"database": 1.9, "Asterisk": -1.9}, ["ok clock_good"]),
        ({"database": 2.1, "Asterisk": 0.0}, ["error clock_off"]),
        ({"database": 0.0, "Asterisk": -3600.0}, ["error clock_off"]),
        ({}, ["skipped clock_alone"]),
    ],
)
def test_clocks(off: dict[str, float], wanted: list[str]) -> None:
    assert told(clock.judge(off, "Asia/Shanghai")) == [f"clock {each}" for each in wanted]


@pytest.mark.parametrize(
    ("free", "wanted"),
    [([5000, 1000], "ok disk_good"), ([5000, 999], "warning disk_low"), ([199, 5000], "error disk_full")],
)
def test_room_on_disks(free: list[int], wanted: str) -> None:
    rooms = [Room("data", "/d", each) for each in free]
    assert told(judge_disk(rooms, 200)) == [f"disk {wanted}"]


@pytest.mark.parametrize(
    ("status", "wanted"),
    [(200, "ok crm_good"), (405, "ok crm_good"), (302, "error crm_redirected"), (503, "warning crm_fails")],
)
def test_answer_of_the_crm(status: int, wanted: str) -> None:
    assert told(crm.judge(status)) == [f"crm {wanted}"]


def test_a_port_that_is_wanted_twice() -> None:
    assert judge_twice([Port("A", "h", 1), Port("B", "h", 2)]) == []
    assert told(judge_twice([Port("A", "h", 1), Port("B", "h", 1)])) == ["ports error port_twice"]


@pytest.mark.parametrize(
    ("command", "ours"),
    [
        ("python /srv/.venv/bin/callcenter serve", True),
        ("python -m callcenter web", True),
        ("nginx: master process", False),
        ("python /srv/callcenter/tests.py", False),
    ],
)
def test_processes_of_ours(command: str, ours: bool) -> None:
    assert is_ours(command.split()) is ours


@pytest.mark.parametrize(
    ("groups", "secret"),
    [
        ({"web": {"port": 8080}, "crm": {"url": "https://crm.example/hook"}}, False),
        ({"ami": {"secret": "x"}}, True),
        ({"database": {"url": "postgresql+asyncpg://u:p@h/n"}}, True),
    ],
)
def test_settings_that_hold_a_secret(groups: dict[str, object], secret: bool) -> None:
    assert holds_secret(groups) is secret
