"""Many callers at once over the trunk, by SIPp: each with a number, sound and keys of his own."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import re
import shutil
import socket
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from callcenter.asterisk import ports
from callcenter.asterisk.baresip import SipServer
from callcenter.asterisk.install import AsteriskTree, require
from callcenter.errors import Problem

_SCENARIO = Path(__file__).parent / "scenarios" / "caller.xml"
_KEYS = "0123456789"
_EVENT_BYTES = 50
# At most so many speak at the same time; SIPp takes four ports for each.
_LINES = 200
_END_LIMIT_S = 60.0
_PERIOD_S = 10
_WORD = re.compile(r"[0-9]{1,32}")


@dataclass(frozen=True)
class ManyCall:
    """A call to be made: `key`, one of 0-9 or "" for none, is pressed `key_after_s` after the answer; `stay_s` after
    that the caller leaves, if he is still there."""

    number: str
    dialled: str
    stay_s: float
    key: str = ""
    key_after_s: float = 0.0

    @property
    def longest_s(self) -> float:
        return self.key_after_s + self.stay_s


@dataclass(frozen=True)
class MadeCall:
    """What became of a call as the caller knows it, in Unix times; `left`: he hung up, not the other side; `refused`
    the SIP status with which the call was not taken."""

    number: str
    dialled_at: float
    answered_at: float | None = None
    ended_at: float | None = None
    left: bool = False
    refused: int | None = None


@dataclass(frozen=True)
class Calls:
    """SIPp's own account: how many calls it made and how many of them did not go as a call should, and each by its
    caller's number."""

    created: int
    failed: int
    by_number: dict[str, MadeCall]

    @property
    def answered(self) -> list[MadeCall]:
        """Those that were taken."""
        return [call for call in self.by_number.values() if call.answered_at]

    @property
    def refused(self) -> dict[int, int]:
        """SIP status → how many calls were refused with it."""
        return dict(Counter(call.refused for call in self.by_number.values() if call.refused))

    @property
    def silent(self) -> int:
        """How many were neither taken nor refused: nobody answered at all."""
        return self.created - len(self.answered) - sum(self.refused.values())

    @property
    def broken(self) -> int:
        """How many were taken and then did not go as a call should. SIPp counts a refusal as a proper end."""
        return max(0, self.failed - self.silent)


class ManyCallers:
    """`home` is a folder of its own, that is emptied."""

    def __init__(self, home: Path, server: SipServer, tree: AsteriskTree | None = None) -> None:
        self.home = home.absolute()
        self.server = server
        self._tree = tree or require()

    async def make(self, calls: Sequence[ManyCall], per_second: float) -> Calls:
        """Make the calls one after the other at this rate and wait until all are over.

        Every caller needs a number of his own. Problem when SIPp cannot run.
        """
        self._lay_out(calls)
        limit_s = len(calls) / per_second + max(call.longest_s for call in calls) + _END_LIMIT_S
        try:
            status = await self._run(len(calls), per_second, limit_s)
        except TimeoutError as error:
            raise Problem("asterisk_callers_late", seconds=round(limit_s), folder=str(self.home)) from error
        if status not in (0, 1):
            detail = _tail(self.home / "errors.log") or _tail(self.home / "screen.log")
            raise Problem("asterisk_callers_failed", exit_status=status, detail=detail, folder=str(self.home))
        created, failed = _counts(self.home / "counts.csv")
        return Calls(created, failed, _read(self.home / "calls.log"))

    def _lay_out(self, calls: Sequence[ManyCall]) -> None:
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(parents=True, mode=0o700)
        # Sound is looked for beside the scenario.
        shutil.copy(_SCENARIO, self.home)
        (self.home / "silence.pcma").write_bytes(b"\xd5" * 8000)
        for key in _KEYS:
            (self.home / f"key{key}.event").write_bytes(_event(int(key)))
        lines = ["SEQUENTIAL", *(_line(call) for call in calls), ""]
        (self.home / "calls.csv").write_text("\n".join(lines))

    async def _run(self, count: int, per_second: float, limit_s: float) -> int | None:
        """SIPp's exit status: 1 when a call failed."""
        with (self.home / "screen.log").open("wb") as screen:
            process = await asyncio.create_subprocess_exec(
                self._tree.program("sipp"),
                *self._arguments(count, per_second),
                cwd=self.home,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=screen,
                stderr=screen,
            )
        try:
            async with asyncio.timeout(limit_s):
                return await process.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    def _arguments(self, count: int, per_second: float) -> list[str]:
        host = "127.0.0.1" if self.server.host.startswith("127.") else _own_address(self.server)
        first = ports.free(host, socket.SOCK_DGRAM, 4 * _LINES)
        return [
            f"{self.server.host}:{self.server.port}",
            *("-i", host, "-mi", host, "-p", str(ports.free(host, socket.SOCK_DGRAM)), "-t", "u1"),
            *("-min_rtp_port", str(first), "-max_rtp_port", str(first + 4 * _LINES - 1)),
            *("-sf", _SCENARIO.name, "-inf", "calls.csv", "-m", str(count), "-l", str(_LINES)),
            *("-r", str(max(1, round(per_second * _PERIOD_S))), "-rp", str(1000 * _PERIOD_S)),
            *("-trace_stat", "-stf", "counts.csv", "-fd", "10", "-trace_logs", "-log_file", "calls.log"),
            *("-trace_err", "-error_file", "errors.log", "-nostdin"),
        ]


def _line(call: ManyCall) -> str:
    if not all(_WORD.fullmatch(each) for each in (call.number, call.dialled)) or len(call.key) > 1:
        raise ValueError(f"not to be dialled: {call}")
    wait, stay = round(call.key_after_s * 1000), round(call.stay_s * 1000)
    return f"{call.number};{call.dialled};{call.key};{wait};{stay};"


def _event(key: int) -> bytes:
    """The end of a key of 0.1 s (RFC 4733), filled up to the length of the packet that SIPp sends."""
    ended, volume, samples = 0x80, 10, 800
    return bytes([key, ended | volume, *samples.to_bytes(2, "big")]).ljust(_EVENT_BYTES, b"\0")


def _counts(path: Path) -> tuple[int, int]:
    with path.open(newline="") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    return int(last["TotalCallCreated"]), int(last["FailedCall(C)"])


def _read(path: Path) -> dict[str, MadeCall]:
    calls: dict[str, MadeCall] = {}
    for what, number, at, status in _told(path.read_text().splitlines()):
        call = calls.get(number, MadeCall(number, at))
        if what == "answered":
            call = replace(call, answered_at=at)
        elif what in ("leaves", "left"):
            call = replace(call, ended_at=at, left=what == "leaves")
        elif what == "refused":
            call = replace(call, ended_at=at, refused=int(status))
        calls[number] = call
    return calls


def _told(lines: Iterable[str]) -> Iterable[tuple[str, str, float, str]]:
    for line in lines:
        what, number, seconds, micros, *status = line.split(";")
        yield what, number, float(seconds) + float(micros) / 1e6, status[0] if status else ""


def _own_address(server: SipServer) -> str:
    """The address of this machine that the server sees. Problem when there is no way to the server."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((server.host, server.port))
        except (OSError, UnicodeError) as error:  # the second: a name that cannot be one of a host
            reason = getattr(error, "strerror", None) or str(error)
            raise Problem("asterisk_server_unknown", field="server", host=server.host, reason=reason) from error
        return str(probe.getsockname()[0])


def _tail(path: Path) -> str:
    return path.read_text(errors="replace").strip()[-400:] if path.exists() else ""
