"""Real calls in numbers, by SIPp through menu and queue to registered phones: the ledger agrees with those who called
and answered, and with everything that Asterisk writes down."""

from __future__ import annotations

import json
import os
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from .acts import cast
from .books import counted, counted_kept, differences, truths
from .conftest import FAILED, tell
from .crowd import Crowd, CrowdStage, hire
from .scene import Api, until

# With `make proof`: a thousand calls to twenty phones.
_FULL = bool(os.environ.get("PROOF"))
_CALLS = int(os.environ.get("CALLS", "1000")) if _FULL else 20
_PHONES, _EXPERTS = (20, 4) if _FULL else (6, 2)
_PER_SECOND = 2.0 if _FULL else 0.6
_RECORDED_LIMIT_S = 300.0


@pytest.fixture
async def crowd(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[Crowd]:
    folder = tmp_path_factory.mktemp("crowd")
    # Nobody writes down what is said: the processors are for the calls.
    stage = CrowdStage.of(folder, _PHONES, _EXPERTS, {"CALLCENTER_SPEECH__MODELS_DIR": str(folder / "no-models")})
    await hire(stage, stage.settings())
    crowd = Crowd(stage, {act.call.number: act for act in cast(_CALLS)})
    try:
        await crowd.open()
        yield crowd
    finally:
        await crowd.close()
        if request.node.stash.get(FAILED, True):
            tell(stage)


async def test_everybody_agrees_on_every_call(crowd: Crowd) -> None:
    began = time.monotonic()
    calls = await crowd.call(_PER_SECOND)
    took = time.monotonic() - began
    assert (calls.created, calls.failed) == (len(crowd.acts), 0)
    wanted = truths(crowd.acts, calls, crowd.heard, crowd.ordered)
    api = await crowd.api()
    kept = await _all_ended(api, len(wanted))
    print(
        json.dumps(
            {"callers_and_phones": counted(wanted.values()), "ledger": counted_kept(kept), "took_s": round(took)}
        )
    )
    assert differences(wanted, kept) == []
    await until("recording of every call", lambda: _all_recorded(api), _RECORDED_LIMIT_S)
    await api.close()


async def _all_ended(api: Api, count: int) -> list[Any]:
    """Every call in detail, once as many as called have ended."""

    async def ended() -> list[Any] | None:
        rows = [row async for row in _rows(api)]
        return rows if len(rows) >= count and all(row["ended_at"] for row in rows) else None

    rows = await until("end of every call", ended)
    return [await api.get(f"/calls/{row['id']}") for row in rows]


async def _all_recorded(api: Api) -> bool:
    """Of every call that came so far: who leaves during the announcement is not recorded."""
    return all([row["has_recording"] async for row in _rows(api) if row["queue"]])


async def _rows(api: Api) -> AsyncIterator[Any]:
    cursor = ""
    while True:
        page = await api.get("/calls?limit=200" + (f"&cursor={cursor}" if cursor else ""))
        for row in page["items"]:
            yield row
        cursor = page["next_cursor"]
        if not cursor:
            return
