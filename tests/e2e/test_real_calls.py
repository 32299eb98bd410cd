"""Real calls in numbers, by SIPp through menu and queue to registered phones: the ledger agrees with those who called
and answered, and with everything that Asterisk writes down; and its check finds what is spoilt."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from callcenter.asterisk.sipp import Calls, ManyCall
from callcenter.calls.audit import Audit
from callcenter.calls.disagreement import KINDS, Disagreement
from callcenter.clock import utc_now
from callcenter.db import Database
from callcenter.wiring import Staff

from .acts import Act, cast
from .books import Truth, counted, counted_kept, differences, truths
from .conftest import tell
from .copies import Copy
from .crowd import Crowd, CrowdStage, hire
from .planted import PLANTED
from .processes import callcenter
from .scene import COMPLAINTS, Api, until

# With `make proof`: a thousand calls to twenty phones.
_FULL = bool(os.environ.get("PROOF"))
_CALLS = 1000 if _FULL else 20
_PHONES, _EXPERTS = (20, 4) if _FULL else (6, 2)
_PER_SECOND = 2.0 if _FULL else 0.6
_LIMIT_S = 300.0
_ZONE = ZoneInfo("Asia/Shanghai")
_SERVER = "asterisk"
_CUT = "13900000000"


@dataclass(frozen=True)
class Day:
    """What is left of a day of calls. `copy`: ledger and files before Asterisk was killed in a last call;
    `environment`: the settings of the commands, for the ledger and files after it."""

    calls: Calls
    wanted: Mapping[str, Truth]
    kept: list[Any]
    copy: Copy
    environment: Mapping[str, str]
    dates: tuple[str, ...]

    async def check(self, copy: Copy | None = None) -> tuple[int, list[dict[str, Any]]]:
        """`callcenter ledger check`: how many calls, and the disagreements. Its status says whether there are any."""
        env = dict(self.environment)
        if copy is not None:
            env |= {"CALLCENTER_DATA_DIR": str(copy.database.parent), "CALLCENTER_AMI__LOGS_DIR": str(copy.logs)}
        calls, found = 0, []
        for date in self.dates:
            ended = await callcenter("ledger", "check", "--json", "--day", date, env=env)
            told = json.loads(ended.text.splitlines()[-1])
            wrong = [each for each in told["disagreements"] if each["kind"] != "cut_by_crash"]
            assert ended.status == (1 if wrong else 0), ended.text
            calls += told["calls"]
            found += told["disagreements"]
        return calls, found

    async def examined(self, copy: Copy) -> list[Disagreement]:
        """The same in this process, for a ledger and files that were spoilt."""
        db = Database(f"sqlite+aiosqlite:///{copy.database}")
        try:
            audit = Audit(db, await Staff(db).phones(), {_SERVER: copy.logs}, _ZONE, utc_now)
            (since, _end), (_begin, until) = audit.day(self.dates[0]), audit.day(self.dates[-1])
            return (await audit.check(_SERVER, since, until)).disagreements
        finally:
            await db.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    """Everybody has called, and everything has ended."""
    folder = tmp_path_factory.mktemp("crowd")
    # Nobody writes down what is said: the processors are for the calls.
    stage = CrowdStage.of(folder, _PHONES, _EXPERTS, {"CALLCENTER_SPEECH__MODELS_DIR": str(folder / "no-models")})
    await hire(stage, stage.settings())
    crowd = Crowd(stage, {act.call.number: act for act in cast(_CALLS)})
    try:
        return await _lived(crowd)
    except BaseException:
        tell(stage)
        raise
    finally:
        await crowd.close()


async def _lived(crowd: Crowd) -> Day:
    stage = crowd.stage
    await crowd.open()
    began, first = time.monotonic(), _date()
    calls = await crowd.call(_PER_SECOND)
    took = time.monotonic() - began
    wanted = truths(crowd.acts, calls, crowd.heard, crowd.ordered)
    api = await crowd.api()
    try:
        kept = await _all_ended(api, len(wanted))
        await until("recording of every call", lambda: _all_recorded(api), _LIMIT_S)
        copy = Copy.of(stage.folder / "data" / "callcenter.db", _logs(stage), stage.folder / "copy")
        await _cut(crowd, api)
    finally:
        await api.close()
    told = {"callers_and_phones": counted(wanted.values()), "ledger": counted_kept(kept), "took_s": round(took)}
    print(json.dumps(told))
    environment = {**stage.environment(), "CALLCENTER_AMI__LOGS_DIR": str(_logs(stage))}
    return Day(calls, wanted, kept, copy, environment, tuple(sorted({first, _date()})))


async def _cut(crowd: Crowd, api: Api) -> None:
    """Asterisk is killed in a talk, and begins anew."""
    act = Act("cut", ManyCall(_CUT, COMPLAINTS, 0.0))
    crowd.acts[_CUT] = act
    caller = crowd.stage.caller(_CUT)
    await caller.dial(COMPLAINTS)

    async def outcome(of: str) -> bool:
        rows = [row async for row in _rows(api) if row["raw_number"] == _CUT]
        return bool(rows) and rows[0]["outcome"] == of

    async def talks() -> bool:
        return any(ring.number == _CUT and ring.answered_at for ring in crowd.heard)

    try:
        await until("talk", talks)
        await until("talk in the ledger", lambda: outcome("active"))
        crowd.stage.asterisk.kill()
        await crowd.stage.asterisk.start()
        await until("cut call", lambda: outcome("cut"))
    finally:
        await caller.stop()


async def test_callers_phones_and_ledger_agree(day: Day) -> None:
    assert (day.calls.created, day.calls.failed) == (_CALLS, 0)
    assert differences(day.wanted, day.kept) == []
    # Picked up in the moment in which the caller left: nobody but Asterisk knows which was first.
    unclear = {number for number, truth in day.wanted.items() if len(truth.outcomes) > 1}
    assert len(unclear) <= max(1, _CALLS // 100)
    clear = [call for call in day.kept if call["raw_number"] not in unclear]
    assert counted_kept(clear) == counted(truth for number, truth in day.wanted.items() if number not in unclear)
    assert {"answered", "abandoned", "in_menu"} <= counted_kept(day.kept).keys()
    assert sum(truth.transferred for truth in day.wanted.values()) >= 2


async def test_asterisks_files_and_ledger_agree(day: Day) -> None:
    assert await day.check(day.copy) == (_CALLS, [])


@pytest.mark.parametrize("what", PLANTED)
async def test_a_planted_error_is_found_and_nothing_else(day: Day, what: str, tmp_path: Path) -> None:
    copy = Copy.of(day.copy.database, day.copy.logs, tmp_path / "spoilt")
    plant, kinds = PLANTED[what]
    await asyncio.to_thread(plant, copy)
    found = await day.examined(copy)
    assert {each.kind for each in found} == set(kinds), found
    assert len(found) <= 2, found


async def test_the_command_tells_of_a_planted_error(day: Day, tmp_path: Path) -> None:
    copy = Copy.of(day.copy.database, day.copy.logs, tmp_path / "spoilt")
    await asyncio.to_thread(PLANTED["a call is missing"][0], copy)
    calls, found = await day.check(copy)
    assert (calls, [each["kind"] for each in found]) == (_CALLS - 1, ["call_missing"])


async def test_cut_by_a_crash_is_a_kind_of_its_own(day: Day) -> None:
    async def settled() -> list[dict[str, Any]] | None:
        return (await day.check())[1] or None

    assert Counter(each["kind"] for each in await until("cut call in the check", settled)) == {"cut_by_crash": 1}


def test_every_kind_is_planted() -> None:
    planted = {kind for _plant, kinds in PLANTED.values() for kind in kinds}
    assert planted | {"cut_by_crash"} == set(KINDS)


def _logs(stage: CrowdStage) -> Path:
    return stage.asterisk.settings.directory / "log"


def _date() -> str:
    return f"{datetime.now(_ZONE):%F}"


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
