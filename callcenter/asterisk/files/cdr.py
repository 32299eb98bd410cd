"""Call detail records: `cdr-custom/Master.csv`, in the columns of `templates/cdr_custom.conf.j2`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from callcenter.asterisk.files.cells import cells, moment
from callcenter.asterisk.files.stretch import lines

FILE = Path("cdr-custom/Master.csv")
_COLUMNS = 14


@dataclass(frozen=True)
class CdrRow:
    """One channel and, if there was one, the channel it was connected with. `answered` is when the first of them was
    answered, by a person or by the dialplan; `disposition` ANSWERED, NO ANSWER, BUSY, FAILED, CONGESTION."""

    linked_id: str
    uniqueid: str
    sequence: str
    source: str
    dialled: str
    channel: str
    peer: str
    app: str
    started: datetime
    answered: datetime | None
    ended: datetime
    disposition: str


def read(folder: Path, since: datetime, until: datetime) -> Iterator[CdrRow]:
    """The records that ended in a time, as they were written; lines that are none are left out."""
    for line in lines(folder / FILE, _stamp, since, until):
        if row := parse(line):
            yield row


def parse(line: str) -> CdrRow | None:
    """One line; None when it is not whole, or has times of another shape."""
    found = cells(line)
    if len(found) < _COLUMNS:
        return None
    started, answered, ended = (moment(text) for text in found[8:11])
    if started is None or ended is None:
        return None
    linked_id, uniqueid, sequence, source, dialled, channel, peer, app = found[:8]
    return CdrRow(
        linked_id, uniqueid, sequence, source, dialled, channel, peer, app, started, answered, ended, found[13]
    )


def _stamp(line: str) -> datetime | None:
    row = parse(line)
    return row.ended if row else None
