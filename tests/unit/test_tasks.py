"""Long tasks end when they are told to, also those that do not hear it the first time."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from callcenter import tasks as module
from callcenter.tasks import Tasks


async def test_a_swallowed_cancellation_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HEED_S", 0.01)
    deaf = 3

    async def hard_of_hearing() -> None:
        nonlocal deaf
        while True:
            with contextlib.suppress(asyncio.CancelledError) if deaf else contextlib.nullcontext():
                await asyncio.Event().wait()
            deaf -= 1

    owner = Tasks()
    owner.child().start("deaf", hard_of_hearing())
    await asyncio.sleep(0)
    await asyncio.wait_for(owner.stop(), 5)
    assert deaf == 0


async def test_one_that_ends_by_itself_is_an_error_of_the_whole() -> None:
    async def fails() -> None:
        raise OSError("gone")

    async def ends() -> None:
        pass

    for work, told in ((fails, "gone"), (ends, "ended by itself")):
        owner = Tasks()
        owner.child().start("work", work())
        with pytest.raises((OSError, RuntimeError), match=told):
            await owner.wait()
        await owner.stop()
