"""What `callcenter pbx calls` says of calls that went wrong."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from callcenter import __main__ as command
from callcenter.asterisk import sipp
from callcenter.asterisk.commands import _folder, _trouble
from callcenter.asterisk.phones import SipServer
from callcenter.asterisk.sipp import Calls, MadeCall
from callcenter.errors import Problem

TAKEN = MadeCall("1", 0.0, answered_at=1.0, ended_at=2.0, left=True)
REFUSED = MadeCall("2", 0.0, ended_at=1.0, refused=404)
BUSY = MadeCall("3", 0.0, ended_at=1.0, refused=486)
SILENT = MadeCall("4", 0.0)


# The calls, how many SIPp takes for failed → what is said, refusals, silent, broken.
@pytest.mark.parametrize(
    ("calls", "failed", "told"),
    [
        ([TAKEN], 0, None),
        ([SILENT], 1, ("asterisk_call_unanswered", None, None, None)),
        ([REFUSED, BUSY], 0, ("asterisk_calls_refused", "404 × 1, 486 × 1", None, None)),
        ([TAKEN, BUSY], 0, ("asterisk_calls_failed", "486 × 1", 0, 0)),
        ([TAKEN, SILENT], 1, ("asterisk_calls_failed", "0", 1, 0)),
        ([TAKEN, SILENT], 2, ("asterisk_calls_failed", "0", 1, 1)),
        ([TAKEN], 1, ("asterisk_calls_failed", "0", 0, 1)),
    ],
)
def test_what_went_wrong_is_told(calls: list[MadeCall], failed: int, told: tuple[object, ...] | None) -> None:
    made = Calls(len(calls), failed, {call.number: call for call in calls})
    problem = _trouble(made, "02088886666", SipServer("127.0.0.1", 5060), Path("kept"))
    if told is None:
        assert problem is None
        return
    assert problem
    assert (problem.code, *(problem.params.get(name) for name in ("refused", "silent", "broken"))) == told
    # What SIPp printed is kept, and its place named, only where it helps.
    assert ("folder" in problem.params) == (problem.code == "asterisk_calls_failed")


@pytest.mark.parametrize(
    "words",
    [
        ("--count", "0"),
        ("--per-second", "nan"),
        ("--from", "9" * 32),
        ("--key-after", "nan"),
        ("--hold", "inf"),
        ("--hold", "-5"),
        ("--hold", "long"),
    ],
)
def test_what_cannot_be_made_is_refused(words: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        command.main(["pbx", "calls", *words])
    assert ended.value.code == 2
    assert f"argument {words[0]}: a " in capsys.readouterr().err


@pytest.mark.parametrize("host", ["nosuchhost.invalid", "a..b"])
def test_a_host_that_nobody_knows(host: str) -> None:
    with pytest.raises(Problem) as caught:
        sipp._own_address(SipServer(host, 5060))
    assert (caught.value.code, caught.value.params["host"]) == ("asterisk_server_unknown", host)


def test_the_folder_stays_only_where_somebody_is_sent_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for error in (Problem("asterisk_server_unknown"), KeyboardInterrupt()):
        with pytest.raises(type(error)), _folder():
            raise error
    with _folder():
        pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Problem), _folder() as home:
        raise Problem("asterisk_callers_late", folder=str(home))
    assert list(tmp_path.iterdir()) == [home]
