"""A worker that dies: the others go on with what it left, each job to its end and each step once more at the most."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from pathlib import Path

import pytest

from callcenter.config import load

from ..polling import until

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
PROGRAM = """
import asyncio, sys
from pathlib import Path
from callcenter.db import Database
from callcenter.jobs.engine import Jobs, Run
from callcenter.jobs.roll import Roll

folder, name, url, jobs_url = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]

def note(text: str) -> None:
    with (folder / "log").open("a") as log:
        log.write(text + "\\n")

async def first(key: str) -> str:
    note(f"{name} first {key}")
    return key

async def second(key: str) -> None:
    note(f"{name} second {key}")
    if name == "frail":
        await asyncio.Event().wait()

async def job(run: Run, key: str) -> None:
    kept = await run.step("first", lambda: first(key))
    await run.step("second", lambda: second(kept))
    (folder / f"done-{key}").touch()

async def main() -> None:
    db = Database(url)
    jobs = Jobs(jobs_url, name)
    jobs.register("job", job)
    await jobs.launch()
    roll = asyncio.create_task(Roll(db, name, jobs.holders, jobs.take_up).run())
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        await jobs.start("job", line.strip(), line.strip())
    roll.cancel()
    await asyncio.gather(roll, return_exceptions=True)
    await jobs.close()
    await db.close()

asyncio.run(main())
"""


async def worker(folder: Path, name: str, url: str) -> Process:
    jobs_url = load(data_dir=folder, database={"url": url}).jobs_url
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-c", PROGRAM, str(folder), name, url, jobs_url],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    async with asyncio.timeout(60):
        assert await process.stdout.readline() == b"ready\n"
    return process


def log(folder: Path) -> list[str]:
    file = folder / "log"
    return sorted(file.read_text().splitlines()) if file.exists() else []


def all_done(folder: Path) -> bool:
    return len(list(folder.glob("done-*"))) == 3


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "ended"])
async def test_what_a_worker_left_is_taken_up(killed: bool, url: str, tmp_path: Path) -> None:
    frail = await worker(tmp_path, "frail", url)
    assert frail.stdin
    frail.stdin.write(b"a\nb\nc\n")

    async def under_way() -> bool:
        return len([line for line in log(tmp_path) if "second" in line]) == 3

    await until(under_way, 30)
    sturdy = await worker(tmp_path, "sturdy", url)
    if killed:
        frail.kill()
    else:
        frail.stdin.close()
    await asyncio.wait_for(frail.wait(), 30)

    async def done() -> bool:
        return await asyncio.to_thread(all_done, tmp_path)

    await until(done, 60)
    lines = log(tmp_path)
    assert [line for line in lines if "first" in line] == [f"frail first {key}" for key in "abc"]
    assert [line for line in lines if line.startswith("sturdy")] == [f"sturdy second {key}" for key in "abc"]
    assert sturdy.stdin
    sturdy.stdin.close()
    await asyncio.wait_for(sturdy.wait(), 30)
