"""What the ledger should say of one call, by Asterisk's files alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from callcenter.asterisk.files.queue_log import QueueRow
from callcenter.calls.filed import Channel, Filed, overlaps

Became = Literal["answered", "abandoned", "unserved"]
_UNSERVED = ("failed", "in_menu")


@dataclass(frozen=True)
class Expected:
    """`agent` answered last, `answered` is the first answer, `bridged_s` None while somebody talks; `outcome` is what
    became of a caller who was in a queue; `cut`: Asterisk died before it wrote the end."""

    agent: str | None
    answered: datetime | None
    ended: datetime | None
    bridged_s: float | None
    queue: str | None
    outcome: Became | None
    cut: bool

    def fits(self, outcome: str) -> bool:
        """Whether the ledger's outcome can be so."""
        if self.outcome is None:
            return True
        return outcome in _UNSERVED if self.outcome == "unserved" else outcome == self.outcome


@dataclass(frozen=True)
class _Talk:
    endpoint: str
    began: datetime
    ended: datetime | None


def expect(linked_id: str, legs: Iterable[str], files: Filed, agents: Collection[str]) -> Expected | None:
    """Of the call whose first channel has this unique id, with these channels for legs. None when CEL has not seen it
    begin."""
    first = files.channels.get(linked_id)
    if first is None:
        return None
    own = [files.channels[uniqueid] for uniqueid in legs if uniqueid in files.channels]
    rows = files.queues.get(linked_id, ())
    talks = sorted(_talks(first, own, files, agents), key=lambda talk: talk.began)
    connects = [(at, agent) for at, agent in _connects(rows, files)]
    answers = [*((talk.began, talk.endpoint) for talk in talks), *connects]
    ended = [channel.ended for channel in own]
    return Expected(
        agent=max(answers)[1] if answers else None,
        answered=min(answers)[0] if answers else None,
        ended=None if None in ended else max((at for at in ended if at), default=None),
        bridged_s=None
        if any(talk.ended is None for talk in talks)
        else sum((talk.ended - talk.began).total_seconds() for talk in talks if talk.ended),
        queue=next((row.queue for row in reversed(rows) if row.event == "ENTERQUEUE"), None),
        outcome=_became(rows, bool(answers)),
        cut=None in ended and _crashed(own, files),
    )


def _talks(first: Channel, own: Iterable[Channel], files: Filed, agents: Collection[str]) -> Iterator[_Talk]:
    """Agents who heard the caller; in a call that an agent began, agents who heard anybody."""
    if first.endpoint not in agents:
        for heard in overlaps(files, first):
            if (other := files.channels[heard.channel]).endpoint in agents:
                yield _Talk(other.endpoint, heard.began, heard.ended)
        return
    mine = list(own)
    ids = {channel.uniqueid for channel in mine}
    for channel in mine:
        if channel.endpoint in agents:
            heard_here = [each for each in overlaps(files, channel) if each.channel in ids]
            for began, ended in _united((each.began, each.ended) for each in heard_here):
                yield _Talk(channel.endpoint, began, ended)


def _united(times: Iterable[tuple[datetime, datetime | None]]) -> list[tuple[datetime, datetime | None]]:
    """Stretches that overlap made one."""
    found: list[tuple[datetime, datetime | None]] = []
    for began, ended in sorted(times, key=lambda each: each[0]):
        if found and (found[-1][1] is None or began <= found[-1][1]):
            last = found[-1][1]
            found[-1] = (found[-1][0], None if ended is None or last is None else max(ended, last))
        else:
            found.append((began, ended))
    return found


def _connects(rows: Iterable[QueueRow], files: Filed) -> Iterator[tuple[datetime, str]]:
    for row in rows:
        channel = files.channels.get(row.data[1]) if row.event == "CONNECT" and len(row.data) > 1 else None
        if channel is not None:
            yield channel.answered or row.at, channel.endpoint


def _became(rows: Iterable[QueueRow], answered: bool) -> Became | None:
    events = [row.event for row in rows]
    if "ENTERQUEUE" not in events:
        return None
    if answered:
        return "answered"
    last = next((event for event in reversed(events) if event == "ABANDON" or event.startswith("EXIT")), "")
    return "abandoned" if last == "ABANDON" else "unserved"


def _crashed(own: Iterable[Channel], files: Filed) -> bool:
    """A channel has no end, and Asterisk has begun anew since it was last heard of."""
    return any(channel.ended is None and files.began_anew(channel.last_seen) for channel in own)
