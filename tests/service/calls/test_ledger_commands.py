"""`callcenter ledger check | gaps | recompute`: what they say, and how they end, where there is nothing to work on."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from _pytest.capture import CaptureResult
from sqlalchemy import update

from callcenter.asterisk.files import cdr, cel, queue_log
from callcenter.calls import gaps
from callcenter.calls.audit import Audit
from callcenter.calls.commands import Tools, add_parser
from callcenter.calls.model import CallRow
from callcenter.calls.recompute import Recomputer
from callcenter.db import Database
from tests.wire.ledger_lines import AGENTS

from .stretch import Stretch, again, begin, ear, hear

ZONE = ZoneInfo("Asia/Shanghai")
Told = tuple[int, str, str]  # status, what is printed, what is complained of


@dataclass
class Desk:
    """Runs the commands over a ledger, `now` seconds after the conversation's beginning."""

    url: str
    stretch: Stretch
    out: Callable[[], CaptureResult[str]]
    now: float = 3600.0
    folders: Mapping[str, Path | None] = field(default_factory=dict)
    agents: Mapping[str, str] = field(default_factory=lambda: AGENTS)

    def lived(self, live: Callable[[Database], Awaitable[object]]) -> None:
        """Have something happen to the ledger."""

        async def go() -> None:
            async with self._db() as db:
                await live(db)

        asyncio.run(go())
        self.out()  # what was logged

    def heard(self) -> None:
        """Everything was heard."""

        async def live(db: Database) -> None:
            await begin(db, self.stretch)
            await again(db, self.stretch, -0.5)
            await hear(await ear(db, self.stretch), self.stretch.messages)

        self.lived(live)

    def run(self, *words: str) -> Told:
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers(), self._opened)
        args = parser.parse_args(["ledger", *words])
        status = args.run(args)
        return (status, *self.out())

    @property
    def day(self) -> str:
        return f"{self.stretch.at(0).astimezone(ZONE):%F}"

    @contextlib.asynccontextmanager
    async def _db(self) -> AsyncIterator[Database]:
        db = Database(self.url)
        try:
            yield db
        finally:
            await db.close()

    @contextlib.asynccontextmanager
    async def _opened(self) -> AsyncIterator[Tools]:
        async with self._db() as db:
            folders = self.folders or {"pbx": self.stretch.folder}
            audit = Audit(db, self.agents, folders, ZONE, lambda: self.stretch.at(self.now))
            yield Tools(audit, Recomputer(db, lambda raw: raw or None))


@pytest.fixture
def desk(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    return Desk(url, Stretch(tmp_path / "log"), capsys.readouterr)


def test_a_ledger_that_agrees(desk: Desk) -> None:
    desk.heard()
    desk.stretch.write_files()
    assert desk.run("check", "--day", desk.day) == (0, "pbx: 1 calls, no disagreement\n", "")


@pytest.mark.parametrize("change", [{"1001": None}, {"trunk": "user-new"}, {"1001": None, "1009": "user-1001"}])
def test_people_who_have_another_phone_now(desk: Desk, change: dict[str, str | None]) -> None:
    desk.heard()
    desk.stretch.write_files()
    now: dict[str, str | None] = {**AGENTS, **change}
    desk.agents = {extension: user for extension, user in now.items() if user}
    assert desk.run("check", "--day", desk.day) == (0, "pbx: 1 calls, no disagreement\n", "")


def test_before_anybody_listened(desk: Desk) -> None:
    status, told, complaint = desk.run("check")
    assert (status, told) == (2, "")
    assert "Nobody has listened" in complaint and "callcenter serve" in complaint


def test_before_the_first_call(desk: Desk) -> None:
    """Asterisk has its folders, and has written nothing to them yet."""
    desk.lived(lambda db: begin(db, desk.stretch))
    status, told, complaint = desk.run("check", "--day", desk.day)
    assert (status, complaint) == (0, "")
    assert told == f"pbx: no calls on {desk.day}, neither in the ledger nor in Asterisk's files\n"


def test_a_day_without_calls(desk: Desk) -> None:
    desk.heard()
    desk.stretch.write_files()
    status, told, complaint = desk.run("check", "--day", "2026-11-02")
    assert (status, complaint) == (0, "")
    assert "no calls on 2026-11-02" in told


def test_the_end_of_a_call_that_began_long_before_the_day(desk: Desk) -> None:
    """Of its beginning this day's files say nothing; it is not missing, and none of this day's."""
    desk.heard()

    async def live(db: Database) -> None:
        async with db.transaction() as work:
            began = desk.stretch.at(0) - timedelta(hours=10)
            await work.session.execute(update(CallRow).values(started_at=began))

    desk.lived(live)
    desk.stretch.write_files()
    path = desk.stretch.folder / cel.FILE
    kept = [line for line in path.read_text().splitlines() if "CHAN_START" not in line]
    path.write_text("".join(f"{line}\n" for line in kept))
    status, told, _ = desk.run("check", "--day", desk.day)
    assert (status, "no calls" in told) == (0, True)


@pytest.mark.parametrize(
    ("day", "named"),
    [
        ("2099-01-01", ["2099-01-01", "not begun", "2026-11-"]),
        ("2026-13-01", ["2026-13-01", "2026-11-24"]),
        ("yesterday", ["yesterday", "2026-11-24"]),
        ("0001-01-01", ["0001-01-01", "2026-11-24"]),
        ("9999-12-31", ["9999-12-31", "not begun"]),
    ],
)
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("action", ["check", "recompute"])
def test_a_day_that_is_none_or_to_come(desk: Desk, action: str, day: str, named: list[str]) -> None:
    status, told, complaint = desk.run(action, "--day", day)
    assert (status, told) == (2, "")
    assert [word for word in named if word not in complaint] == []


def test_a_call_that_nobody_knows_is_not_recomputed(desk: Desk) -> None:
    desk.heard()
    status, told, complaint = desk.run("recompute", "--day", desk.day)
    assert (status, complaint) == (0, "")
    assert told.startswith("1 calls, 0 differences")
    status, told, complaint = desk.run("recompute", "--call", "0193-typo")
    assert (status, told) == (2, "")
    assert "“0193-typo”" in complaint


@pytest.mark.parametrize("limit", ["0", "-1", "201", "many"])
@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_as_many_gaps_as_the_api_tells(desk: Desk, limit: str) -> None:
    with pytest.raises(SystemExit) as ended:
        desk.run("gaps", "--limit", limit)
    assert ended.value.code == 2


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_a_server_that_nobody_knows(desk: Desk) -> None:
    status, _told, complaint = desk.run("check", "--server", "nort")
    assert status == 2
    assert "“nort”" in complaint and "pbx" in complaint


@pytest.mark.parametrize("name", [cel.FILE, cdr.FILE, queue_log.FILE])
def test_a_file_that_is_not_there(desk: Desk, name: Path) -> None:
    desk.heard()
    desk.stretch.write_files()
    (desk.stretch.folder / name).unlink()
    status, told, complaint = desk.run("check", "--day", desk.day)
    assert (status, told) == (2, "")
    assert str(desk.stretch.folder / name) in complaint and "logs_dir" in complaint


def test_a_file_that_was_rotated_away_is_there(desk: Desk) -> None:
    desk.heard()
    desk.stretch.write_files()
    path = desk.stretch.folder / cdr.FILE
    path.rename(path.with_name(f"{path.name}.1"))
    assert desk.run("check", "--day", desk.day)[0] == 0


def test_a_folder_that_is_not_known(desk: Desk) -> None:
    desk.heard()
    desk.folders = {"pbx": None}
    status, _told, complaint = desk.run("check", "--day", desk.day)
    assert status == 2
    assert "not known here" in complaint and "logs_dir" in complaint


def test_files_of_another_time(desk: Desk) -> None:
    desk.heard()
    desk.stretch.write_files(until=-1)
    status, told, complaint = desk.run("check", "--day", desk.day)
    assert (status, told) == (2, "")
    assert "tell of no call" in complaint and "Master.csv.1" in complaint


def test_files_of_another_server(desk: Desk, tmp_path: Path) -> None:
    desk.heard()
    other = Stretch(tmp_path / "other", "rung_directly")
    other.write_files()
    desk.folders = {"pbx": other.folder}
    status, told, complaint = desk.run("check", "--day", desk.day)
    assert (status, told) == (2, "")
    assert str(other.folder) in complaint and "another server" in complaint


def test_others_are_compared_where_one_cannot_be(desk: Desk) -> None:
    desk.heard()
    desk.stretch.write_files()
    desk.folders = {"north": None, "pbx": desk.stretch.folder}
    status, told, complaint = desk.run("check", "--day", desk.day)
    assert (status, told) == (2, "pbx: 1 calls, no disagreement\n")
    assert "“north”" in complaint


def test_what_the_ledger_marks_is_told_and_counts_for_nothing(desk: Desk) -> None:
    """Asterisk was not heard for a while, and its files could not be read then."""
    stretch = desk.stretch
    half = (float(stretch.messages[-1].get("Timestamp")) - stretch.conversation.started) / 2

    async def live(db: Database) -> None:
        first = await begin(db, stretch)
        await hear(first, stretch.between(-1, half))
        await again(db, stretch, 30, files=False)

    desk.lived(live)
    stretch.write_files()
    status, told, _ = desk.run("check", "--day", desk.day)
    assert (status, "(marked: may lack something)" in told) == (0, True)
    status, told, _ = desk.run("check", "--json", "--day", desk.day)
    assert {each["marked"] for each in json.loads(told)["disagreements"]} == {True}


def test_no_gap_is_said_only_of_who_is_heard(desk: Desk) -> None:
    status, told, complaint = desk.run("gaps")
    assert (status, told) == (1, "")
    assert "Nobody has listened to Asterisk server “pbx”" in complaint
    desk.heard()
    last = float(desk.stretch.messages[-1].get("Timestamp")) - desk.stretch.conversation.started
    desk.now = last + 30
    _status, told, complaint = desk.run("gaps")
    assert "process" in told and complaint == ""
    desk.now = last + 90
    status, told, complaint = desk.run("gaps")
    assert status == 1
    heard = f"{desk.stretch.at(last).astimezone(ZONE):%F %T}"
    assert f"Nobody listens to Asterisk server “pbx”: last heard at {heard}" in complaint


def test_a_gap_of_a_server_that_was_taken_out_is_told_as_such(desk: Desk) -> None:
    async def live(db: Database) -> None:
        await begin(db, desk.stretch)
        for server, why in (("pbx", "link"), ("north", "link"), ("north", "late")):
            gap = gaps.opened(server, why, desk.stretch.at(0))  # type: ignore[arg-type]
            async with db.transaction() as work:
                await gaps.write(work.session, gap, known=False)

    desk.lived(live)
    desk.now = 0
    status, told, _ = desk.run("gaps", "--json")
    rows = [json.loads(line) for line in told.splitlines()]
    assert status == 0
    assert [(row["server"], row["why"], row["closed_by"]) for row in rows] == [
        ("north", "late", None),
        ("north", "link", "removed"),
        ("pbx", "link", None),
    ]
    _, told, _ = desk.run("gaps")
    assert "no longer set up" in told.splitlines()[1]
    assert "not closed yet" in told.splitlines()[2]
