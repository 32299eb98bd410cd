"""What happened in the queues: `queue_log`. Its times are whole seconds, rounded down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.asterisk.files.cells import moment
from callcenter.asterisk.files.stretch import lines

FILE = Path("queue_log")
STARTED = "QUEUESTART"  # of no call: Asterisk has begun anew
_COLUMNS = 5


@dataclass(frozen=True)
class QueueRow:
    """`uniqueid` is the caller's channel, "" where no call is meant; `agent` the member's name; `data` what Asterisk
    tells besides, by event: of CONNECT the wait in seconds and the unique id of the agent's channel."""

    at: datetime
    uniqueid: str
    queue: str
    agent: str
    event: str
    data: tuple[str, ...] = ()


def read(folder: Path, since: datetime, until: datetime) -> Iterator[QueueRow]:
    """The rows of a time that belong to calls, and those of Asterisk's start; lines that are none are left out."""
    for line in lines(folder / FILE, _stamp, since.replace(microsecond=0), until):
        row = parse(line)
        if row and (row.uniqueid or row.event == STARTED):
            yield row


def parse(line: str) -> QueueRow | None:
    """One line; None when it is not whole."""
    found = line.split("|")
    at = _stamp(line)
    if len(found) < _COLUMNS or at is None:
        return None
    uniqueid, queue, agent, event = (_given(text) for text in found[1:_COLUMNS])
    return QueueRow(at, "" if uniqueid in ("MANAGER", "REALTIME") else uniqueid, queue, agent, event, tuple(found[5:]))


def _given(text: str) -> str:
    return "" if text == "NONE" else text


def _stamp(line: str) -> datetime | None:
    return moment(line.partition("|")[0])
