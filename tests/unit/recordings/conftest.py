"""A database, a store and a spool with recordings as Asterisk leaves them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

from recordings import wav
from recordings.model import Base
from recordings.service import Finished, Segment, Sessions
from recordings.store import FolderStore

Recorded = Callable[..., Finished]


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[Sessions]:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'recordings.db'}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield async_sessionmaker(engine).begin
    await engine.dispose()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


def voice(seconds: float, *parts: tuple[float, float]) -> wav.Samples:
    sound = np.random.default_rng(5).normal(0, 10, round(seconds * wav.RATE))
    for start, end in parts:
        sound[round(start * wav.RATE) : round(end * wav.RATE)] *= 300
    return sound.clip(-32768, 32767).astype(np.int16)


@pytest.fixture
def recorded(spool: Path) -> Recorded:
    """Leave a call of ten seconds in the spool: 0-3 menu, 3-5 queue with music, 5-10 talk with 1001."""

    def leave(uniqueid: str = "pbx-1.7", *, done: bool = True, cut: bool = False) -> Finished:
        wav.write(spool / f"{uniqueid}-caller.wav", voice(10, (5.2, 6.8)))
        wav.write(spool / f"{uniqueid}-heard.wav", voice(10, (0, 5), (7.2, 9.5)))
        if done:
            (spool / f"{uniqueid}.done").touch()
        segments = (
            Segment(0.0, 3.0, "menu"),
            Segment(3.0, 5.0, "queue"),
            Segment(5.0, 10.0, "talk", "1001"),
        )
        return Finished("call-1", "pbx", uniqueid, datetime(2026, 3, 1, 8, tzinfo=UTC), segments, cut)

    return leave
