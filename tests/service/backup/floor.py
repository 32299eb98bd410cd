"""The service's other half during a backup, a process of its own: `python -m tests.service.backup.floor WHAT`.

`hold`: a job that is stuck in its second step. `finish`: takes it up. `calls`: call after call ends and leaves its
recording, collected by the jobs. `catch-up`: goes on with what it finds and ends when every call has its sound.
"""

from __future__ import annotations

import asyncio
import sys

import numpy as np
from sqlalchemy import func, select

import callcenter.app  # noqa: F401  # every room's tables
from callcenter import opening
from callcenter.bus import JournalCursor
from callcenter.calls.model import CallRow
from callcenter.calls.recording_flow import COLLECT, RecordingFlow
from callcenter.clock import utc_now
from callcenter.config import Settings, load
from callcenter.db import Database, JournalRow
from callcenter.events.calls import CallEnded
from callcenter.events.ids import new_id
from callcenter.jobs.engine import Jobs, Run
from recordings import wav
from recordings.model import RecordingRow
from recordings.store import FolderStore
from recordings.transcribe.fake import FakeTranscriber

CURSOR = "recordings_of_calls"
_SOUND = np.random.default_rng(7).normal(0, 100, wav.RATE // 5).astype(np.int16)


class Floor:
    """Stands for Asterisk, the ledger and the journal's reader; the collecting is the service's own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.db = Database(settings.database_url)
        self.jobs = Jobs(settings.jobs_url)
        store = FolderStore(settings.store_dir)
        self.flow = RecordingFlow(self.db, self.jobs, store, settings.spool_dir, FakeTranscriber(), utc_now)
        self.going_on = asyncio.Event()
        self.news = asyncio.Event()

    async def stuck(self, run: Run, key: str) -> None:
        """The job `stuck`."""
        await run.step("first", lambda: _say(f"first {key}"))
        await run.step("second", self._second)
        await _say(f"done {key}")

    async def collect(self, run: Run, call_id: str) -> None:
        """The job `recording`."""
        await self.flow.collect(run, call_id)
        self.news.set()

    async def call(self) -> None:
        """A call ends: its sound lies there, the ledger knows, and the journal's reader starts the job."""
        call_id = new_id()
        for side in ("caller", "heard"):
            wav.write(self.settings.spool_dir / f"{call_id}-{side}.wav", _SOUND)
        (self.settings.spool_dir / f"{call_id}.done").touch()
        async with self.db.transaction() as work:
            work.session.add(_row(call_id))
            work.emit(CallEnded(at=utc_now(), call_id=call_id, outcome="answered", cause="normal"))
        await self.read_on()

    async def read_on(self) -> None:
        """What the journal holds behind the cursor, becomes jobs; then the cursor moves."""
        async with self.db.read() as session:
            cursor = await session.get(JournalCursor, CURSOR)
            after = JournalRow.seq > (cursor.seq if cursor else 0)
            query = select(JournalRow).where(JournalRow.type == "CallEnded", after).order_by(JournalRow.seq)
            rows = (await session.scalars(query)).all()
        for row in rows:
            await self.jobs.start(COLLECT, str(row.call_id), str(row.call_id))
            async with self.db.transaction() as work:
                await work.session.merge(JournalCursor(name=CURSOR, seq=row.seq))

    async def waiting(self) -> int:
        """Calls whose sound is not collected yet."""
        async with self.db.read() as session:
            calls = select(func.count()).select_from(CallRow).where(CallRow.recording_uniqueid.is_not(None))
            ready = select(func.count()).select_from(RecordingRow).where(RecordingRow.state == "ready")
            return (await session.scalar(calls) or 0) - (await session.scalar(ready) or 0)

    async def _second(self) -> None:
        await _say("second")
        await self.going_on.wait()


async def _run(what: str) -> None:
    floor = Floor(load())
    floor.jobs.register("stuck", floor.stuck)
    floor.jobs.register(COLLECT, floor.collect, concurrency=8)
    await opening.migrate(floor.settings)
    if what == "finish":
        floor.going_on.set()
    await floor.jobs.launch()
    if what == "hold":
        await floor.jobs.start("stuck", "a", "a")
    if what == "catch-up":
        await floor.read_on()
        while await floor.waiting():
            await floor.news.wait()
            floor.news.clear()
        await _say("all collected")
    while what == "calls":
        await floor.call()
        await _say("call")
    await asyncio.Event().wait()


async def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _row(call_id: str) -> CallRow:
    now = utc_now()
    return CallRow(
        id=call_id,
        server="pbx",
        linked_id=call_id,
        direction="inbound",
        raw_number="13800138001",
        number="+8613800138001",
        dialled="02088886666",
        menu_path="main/complaint",
        kind="complaint",
        language="zh",
        started_at=now,
        answered_at=now,
        ended_at=now,
        outcome="answered",
        recording_uniqueid=call_id,
        recording_started_at=now,
    )


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1]))
