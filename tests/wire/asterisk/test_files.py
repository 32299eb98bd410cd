"""CDR, CEL and queue_log of the real Asterisk 22, read whole, torn, rotated and in stretches."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from callcenter.asterisk.files import cdr, cel, queue_log

FILES = Path(__file__).parents[1] / "files"
FOREVER = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
FIRST, SECOND, THIRD = "callcenter-1795563979.0", "callcenter-1795563987.3", "callcenter-1795564009.5"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FILES, tmp_path, dirs_exist_ok=True)
    return tmp_path


def at(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def test_cel_rows() -> None:
    rows = list(cel.read(FILES, *FOREVER))
    assert " ".join(row.event for row in rows if row.linked_id == FIRST) == (
        "CHAN_START ANSWER APP_START APP_END CC_CHOSEN APP_START CHAN_START ANSWER BRIDGE_ENTER BRIDGE_ENTER "
        "BRIDGE_EXIT BRIDGE_EXIT APP_END CC_CHOSEN HANGUP CHAN_END HANGUP CHAN_END LINKEDID_END"
    )
    start, *_ = rows
    assert (start.number, start.exten, start.channel) == ("13900139003", "02088886667", "PJSIP/trunk-00000000")
    assert start.at == at(1795563979.144301)
    enter = next(row for row in rows if row.event == "BRIDGE_ENTER")
    assert enter.extra["bridge_id"] == "4c1b4563-79b9-4587-a8b8-5d9e4353ef20"
    hangup = next(row for row in rows if row.event == "HANGUP")
    assert (hangup.extra["hangupcause"], hangup.extra["hangupsource"]) == ("16", "PJSIP/trunk-00000000")
    [joined, _] = [row for row in rows if (row.event, row.app) == ("APP_START", "Queue")]
    assert joined.app_data == "complaint,c"


def test_cdr_rows() -> None:
    first, second, third = cdr.read(FILES, *FOREVER)
    assert (first.uniqueid, first.peer, first.disposition) == (FIRST, "PJSIP/1002-00000001", "ANSWERED")
    assert first.ended - first.started == timedelta(seconds=7.619957)
    assert (second.app, second.peer) == ("AGI", "")
    assert third.disposition == "NO ANSWER"


def test_queue_rows_are_those_of_calls() -> None:
    rows = list(queue_log.read(FILES, *FOREVER))
    told = "QUEUESTART ENTERQUEUE CONNECT COMPLETECALLER ENTERQUEUE RINGCANCELED ABANDON"
    assert " ".join(row.event for row in rows) == told
    assert (rows[2].agent, rows[2].data[1]) == ("1002", "callcenter-1795563982.1")
    assert {row.uniqueid for row in rows} == {"", FIRST, THIRD}


def test_only_the_wanted_time(folder: Path) -> None:
    assert {row.linked_id for row in cel.read(folder, at(1795563987), at(1795564009))} == {SECOND}
    # Of a whole second, all of it.
    assert [row.event for row in queue_log.read(folder, at(1795564018.9), at(1795564019))] == [
        "RINGCANCELED",
        "ABANDON",
    ]
    assert [row.uniqueid for row in cdr.read(folder, at(1795564000), at(1795564010))] == [SECOND]


def test_a_torn_last_line_waits(folder: Path) -> None:
    for kind in (cel, cdr, queue_log):
        whole = list(kind.read(folder, *FOREVER))
        path = folder / kind.FILE
        path.write_bytes(path.read_bytes()[:-3])
        assert list(kind.read(folder, *FOREVER)) == whole[:-1], kind.__name__


def test_what_is_no_row_is_left_out(folder: Path) -> None:
    path = folder / cel.FILE
    path.write_bytes(b'\xff\xfe,"\n"ANSWER","soon"\n' + path.read_bytes() + b'"CHAN_END","17955\n\n"a","b\n')
    assert list(cel.read(folder, *FOREVER)) == list(cel.read(FILES, *FOREVER))


def test_an_older_template_has_fewer_columns() -> None:
    row = cel.parse('"ANSWER","1795563979.1","a","a","PJSIP/1-1","1","s","c","Answer",""')
    assert row is not None
    assert (row.app_data, row.peer) == ("", "")
    assert cdr.parse(",".join(["x"] * 8 + ["2026-11-24 10:00:00"] * 3 + ["1", "1", "ANSWERED"])) is None


@pytest.mark.parametrize("pack", [False, True])
def test_rotated_files_are_read_too(folder: Path, pack: bool) -> None:
    expected = list(cel.read(folder, *FOREVER))
    path = folder / cel.FILE
    rows = path.read_bytes().splitlines(keepends=True)
    old = path.with_name("Master.csv.1.gz" if pack else "Master.csv.1")
    old.write_bytes(gzip.compress(b"".join(rows[:9])) if pack else b"".join(rows[:9]))
    path.write_bytes(b"".join(rows[9:]))
    assert list(cel.read(folder, *FOREVER)) == expected


def test_a_big_file_is_not_read_from_its_beginning(tmp_path: Path) -> None:
    """The wanted hour is the same whatever stands before and behind it; only some of the file is read."""
    begin = 1_795_000_000
    path = tmp_path / queue_log.FILE
    with path.open("w") as file:
        for second in range(200_000):
            file.write(f"{begin + second}|call-{second}|complaint|NONE|ENTERQUEUE||13800138000|1\n")
    since, until = at(begin + 100_000), at(begin + 100_009)
    assert [row.uniqueid for row in queue_log.read(tmp_path, since, until)] == [
        f"call-{100_000 + n}" for n in range(10)
    ]
    with path.open("r+b") as file:  # were it read from its beginning, this would be the first row
        file.write(f"{begin + 100_000}|wrong|q|NONE|ENTERQUEUE|".encode())
    assert "wrong" not in {row.uniqueid for row in queue_log.read(tmp_path, since, until)}


def test_no_files_no_rows(tmp_path: Path) -> None:
    assert not [*cel.read(tmp_path, *FOREVER), *cdr.read(tmp_path, *FOREVER), *queue_log.read(tmp_path, *FOREVER)]
