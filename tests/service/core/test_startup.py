"""Where something is wrong from the beginning, nothing starts and nothing is harmed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from callcenter import app
from callcenter.__main__ import main
from callcenter.config import load
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.jobs.roll import Roll
from callcenter.servers import PrivateRedis

from ..polling import until
from . import previous

SCALED = ("web", "ami", "agi", "worker")
NEWEST = max(file.name[:4] for file in (Path(__file__).parents[3] / "migrations" / "versions").glob("0*.py"))


def started(monkeypatch: pytest.MonkeyPatch, folder: Path, kind: str, **settings: str) -> Problem:
    """Why a process does not start."""
    for name, value in settings.items():
        monkeypatch.setenv(f"CALLCENTER_{name}", value)
    process = app.of_kind(kind, load(data_dir=folder, web={"port": 0}, agi={"port": 0}, ami={"port": 1}))
    with pytest.raises(Problem) as refusal:
        asyncio.run(process.start())
    return refusal.value


@pytest.mark.parametrize("name", SCALED)
def test_processes_want_postgresql_and_redis(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert started(monkeypatch, tmp_path / "var", name).code == "needs_postgresql"
    refusal = started(monkeypatch, tmp_path / "var", name, DATABASE__URL="postgresql+asyncpg://u@127.0.0.1:9/n")
    assert (refusal.code, refusal.field) == ("needs_redis", "redis.url")
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", SCALED)
def test_a_redis_that_does_not_answer(name: str, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = started(monkeypatch, tmp_path, name, DATABASE__URL=url, REDIS__URL="redis://127.0.0.1:9/0")
    assert refusal.code == "redis_unreachable"


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("name", SCALED)
def test_an_old_schema_is_left_alone(
    name: str, empty_url: str, redis: PrivateRedis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def rows(*, fill: bool) -> object:
        db = Database(empty_url)
        async with db.engine.begin() as connection:
            if fill:
                await connection.run_sync(previous.fill)
            kept = await connection.run_sync(previous.rows)
        await db.close()
        return kept

    before = asyncio.run(rows(fill=True))
    refusal = started(monkeypatch, tmp_path, name, DATABASE__URL=empty_url, REDIS__URL=redis.url)
    assert (refusal.code, refusal.params) == ("database_older", {"found": "0001", "wanted": NEWEST})
    assert asyncio.run(rows(fill=False)) == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own that is full but for a little."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk; the next test needs none")
def test_a_full_disk(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = started(monkeypatch, small_disk, "serve")
    assert (refusal.code, refusal.params["folder"]) == ("disk_full", small_disk)
    assert list(small_disk.iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk; the next test needs none")
def test_a_disk_without_any_space(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where somebody has switched the check off."""
    with contextlib.suppress(OSError):
        (small_disk / "filler").write_bytes(bytes(2**21))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(small_disk))
    monkeypatch.setenv("CALLCENTER_DISK__MIN_FREE_MB", "0")
    assert main(["serve"]) == 1
    assert capsys.readouterr().err.splitlines()[-2].startswith("There is no space left")


ADD = ["user", "add", "chen", "--name", "陈静", "--password", "x" * 9]


@pytest.mark.parametrize("words", [["serve"], ["migrate"], ADD])
def test_too_little_space_is_told_in_two_lines(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("CALLCENTER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CALLCENTER_DISK__MIN_FREE_MB", str(2**40))
    assert main(words) == 1
    told = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    assert len(told) == 2
    assert "nearly full" in told[0]
    assert "CALLCENTER_DISK__MIN_FREE_MB" in told[1]
    assert list(tmp_path.glob("*.db")) == []


@pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
async def test_the_one_process_keeps_off_a_database_at_which_others_work(url: str, tmp_path: Path) -> None:
    db = Database(url)
    roll = asyncio.create_task(Roll(db, "other", _nobody, _nothing).run())
    settings = load(data_dir=tmp_path, database={"url": url}, web={"port": 0}, agi={"port": 0}, ami={"port": 1})

    async def beats() -> bool:
        async with db.read() as session:
            return bool((await session.execute(text("SELECT 1 FROM job_workers"))).first())

    await until(beats)
    with pytest.raises(Problem, match="database_in_use"):
        await app.of_kind("serve", settings).start()
    roll.cancel()
    await asyncio.gather(roll, return_exceptions=True)
    alone = app.of_kind("serve", settings)
    await alone.start()
    await alone.stop()
    await db.close()


async def _nobody() -> list[str]:
    return []


async def _nothing(_dead: list[str]) -> None:
    pass
