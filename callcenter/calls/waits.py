"""In which queues a caller waited and what became of him there, by Asterisk's files alone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from callcenter.asterisk.files.queue_log import QueueRow
from callcenter.calls.filed import Channel
from callcenter.calls.record import QueueEnd

# What became of a wait in a queue, by the row that ends it.
_ENDS: dict[str, QueueEnd] = {
    "CONNECT": "answered",
    "ABANDON": "abandoned",
    "EXITWITHTIMEOUT": "timeout",
    "EXITEMPTY": "empty",
    "EXITWITHKEY": "exit",
}
# queue_log tells whole seconds, and is written a moment after what it tells.
_SECOND = timedelta(seconds=1)
_LATER = timedelta(seconds=1.5)


@dataclass(frozen=True)
class Wait:
    """One wait. It began and ended between the earliest and the latest moment that the files allow: the same where they
    tell it exactly. `left` is None where they do not say when it ended, `outcome` where they do not say how."""

    queue: str
    joined: tuple[datetime, datetime]
    left: tuple[datetime, datetime] | None = None
    outcome: QueueEnd | None = None


def waits(rows: Iterable[QueueRow], channels: Mapping[str, Channel]) -> tuple[Wait, ...]:
    """Queue by queue; who joins the next one without a word has left the last one by a key or was led out."""
    found: list[Wait] = []
    used: set[tuple[str, datetime]] = set()
    for row in rows:
        last = found[-1] if found and found[-1].outcome is None else None
        if row.event == "ENTERQUEUE":
            if last:
                found[-1] = replace(last, outcome="exit")
            found.append(Wait(row.queue, _joined(row, channels.get(row.uniqueid), used)))
        elif row.event in _ENDS and last:
            found[-1] = replace(last, left=_within(row), outcome=_ENDS[row.event])
    return tuple(found)


def _joined(row: QueueRow, caller: Channel | None, used: set[tuple[str, datetime]]) -> tuple[datetime, datetime]:
    """CEL tells exactly when the channel began to wait, but nothing of an application that follows itself."""
    for each in caller.applications if caller else ():
        key, there = (row.uniqueid, each.at), row.at - _LATER <= each.at < row.at + _SECOND
        if each.name == "Queue" and there and key not in used and each.data.partition(",")[0] in ("", row.queue):
            used.add(key)
            return each.at, each.at
    return _within(row)


def _within(row: QueueRow) -> tuple[datetime, datetime]:
    return row.at, row.at + _SECOND
