"""Durable jobs on the real engine: started twice they run once, and a kill -9 loses none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from callcenter.config import load

PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from callcenter.jobs.engine import Jobs, Run

folder, kill = Path(sys.argv[1]), sys.argv[2] == "kill"
begun = asyncio.Event()

def note(text: str) -> None:
    with (folder / "log").open("a") as log:
        log.write(text + "\\n")

async def first(key: str) -> str:
    note(f"first {key}")
    return key

async def second(key: str) -> None:
    if kill:
        begun.set()
        await asyncio.Event().wait()
    note(f"second {key}")

async def job(run: Run, key: str) -> None:
    kept = await run.step("first", lambda: first(key))
    await run.step("second", lambda: second(kept))
    (folder / f"done-{key}").touch()

async def main() -> None:
    jobs = Jobs(sys.argv[3])
    jobs.register("job", job)
    await jobs.launch()
    if kill:
        for key in "abcde":
            await jobs.start("job", key, key)
            await jobs.start("job", key, key)
        await begun.wait()
        os.kill(os.getpid(), 9)
    while len(list(folder.glob("done-*"))) < 5:
        await asyncio.sleep(0.01)
    await jobs.start("job", "a", "a")
    await jobs.close()

asyncio.run(main())
"""


def run(folder: Path, how: str, url: str) -> int:
    jobs_url = load(data_dir=folder, database={"url": url}).jobs_url
    words = [sys.executable, "-c", PROGRAM, str(folder), how, jobs_url]
    return subprocess.run(words, timeout=60, check=False).returncode


def test_jobs_survive_a_kill_and_run_once(tmp_path: Path, url: str) -> None:
    assert run(tmp_path, "kill", url) == -9
    assert run(tmp_path, "finish", url) == 0
    lines = (tmp_path / "log").read_text().splitlines()
    assert sorted(line for line in lines if line.startswith("second")) == [f"second {key}" for key in "abcde"]
    # The first step of the one that was killed in its second is remembered, not run again.
    assert {f"first {key}" for key in "abcde"} == {line for line in lines if line.startswith("first")}
