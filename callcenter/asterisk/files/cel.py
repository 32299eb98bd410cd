"""Channel event logging: `cel-custom/Master.csv`, in the columns of `templates/cel_custom.conf.j2`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from callcenter.asterisk.files.cells import cells, moment
from callcenter.asterisk.files.stretch import lines

FILE = Path("cel-custom/Master.csv")
_EXTRA, _COLUMNS = 9, 10


@dataclass(frozen=True)
class CelRow:
    """One thing that befell a channel. `event` is CHAN_START, ANSWER, BRIDGE_ENTER..., or the name of a dialplan's own
    event; `extra` is what else Asterisk tells of it."""

    event: str
    at: datetime
    linked_id: str
    uniqueid: str
    channel: str
    number: str = ""
    exten: str = ""
    context: str = ""
    app: str = ""
    app_data: str = ""
    peer: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


def read(folder: Path, since: datetime, until: datetime) -> Iterator[CelRow]:
    """The rows of a time in the order in which they were written; lines that are none are left out."""
    for line in lines(folder / FILE, _stamp, since, until):
        if row := parse(line):
            yield row


def parse(line: str) -> CelRow | None:
    """One line; None when it is not whole or something else."""
    found = cells(line)
    if len(found) < _COLUMNS or (at := moment(found[1])) is None:
        return None
    app_data, peer = [*found[_COLUMNS:], "", ""][:2]
    event, _at, linked_id, uniqueid, channel, number, exten, context, app = found[:_EXTRA]
    return CelRow(
        event, at, linked_id, uniqueid, channel, number, exten, context, app, app_data, peer, _extra(found[_EXTRA])
    )


def _extra(text: str) -> dict[str, str]:
    try:
        told = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {key: str(value) for key, value in told.items()} if isinstance(told, dict) else {}


def _stamp(line: str) -> datetime | None:
    return moment(line.split(",", 2)[1].strip('"')) if "," in line else None
