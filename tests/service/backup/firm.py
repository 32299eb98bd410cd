"""A firm with a past: people, customers, calls, tickets, recordings, menus, secrets."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter import opening
from callcenter.asterisk.configured import load as load_pbx
from callcenter.bus import JournalCursor
from callcenter.calls.model import CallRow
from callcenter.config import Settings
from callcenter.db import Database
from callcenter.demo.seed import PEOPLE, seed
from callcenter.events.recordings import RecordingStored
from recordings import wav
from recordings.service import Finished, Segment, collect
from recordings.store import FolderStore
from tests.service.backup.place import ROOT, Place

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def furnish(place: Place) -> None:
    """Fill an empty place as some days of work would."""
    settings = place.settings
    settings.data_dir.mkdir(parents=True, mode=0o700)
    settings.spool_dir.mkdir()
    asyncio.run(_work(settings))
    load_pbx(settings)  # makes the secrets
    _menus(settings)
    _leave(settings.spool_dir, "not collected", done=True)
    (settings.spool_dir / "in progress-caller.wav").write_bytes(b"RIFF")


async def _work(settings: Settings) -> None:
    await opening.migrate(settings)
    await seed(settings, {person.username: SecretStr("long enough " + person.username) for person in PEOPLE})
    db = Database(settings.database_url)
    try:
        await _record(db, settings)
    finally:
        await db.close()


async def _record(db: Database, settings: Settings) -> None:
    """Every call of the past gets its sound; the journal tells of it, and somebody has read that."""
    async with db.read() as session:
        calls = (await session.scalars(select(CallRow.id).order_by(CallRow.started_at))).all()
    store = FolderStore(settings.store_dir)
    for call_id in calls:
        _leave(settings.spool_dir, call_id, done=True)
        call = Finished(call_id, "demo", call_id, NOON, (Segment(0.0, 0.5, "talk", "1001"),))
        recording_id = await collect(partial(_session, db), store, settings.spool_dir, call)
        async with db.transaction() as work:
            work.emit(RecordingStored(at=NOON, call_id=call_id, recording_id=recording_id, repaired=False))
    async with db.transaction() as work:
        work.session.add(JournalCursor(name="transcripts_of_recordings", seq=3))


@asynccontextmanager
async def _session(db: Database) -> AsyncIterator[AsyncSession]:
    async with db.transaction() as work:
        yield work.session


def _leave(spool: Path, uniqueid: str, *, done: bool) -> None:
    for seed_, side in enumerate(("caller", "heard")):
        sound = np.random.default_rng(seed_).normal(0, 3000, wav.RATE // 2).astype(np.int16)
        wav.write(spool / f"{uniqueid}-{side}.wav", sound)
    if done:
        (spool / f"{uniqueid}.done").touch()


def _menus(settings: Settings) -> None:
    shutil.copytree(ROOT / "ivr_flows", settings.ivr.flows_dir)
    assert settings.ivr.prompts_override is not None
    own = settings.ivr.prompts_override / "zh"
    own.mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "sounds" / "zh" / "agent_greeting.wav", own / "欢迎.wav")
