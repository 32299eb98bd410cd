"""What the ledger should say of one call, by Asterisk's files alone. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from callcenter.asterisk.files.queue_log import QueueRow
from callcenter.calls.beginning import Beginning, beginning
from callcenter.calls.filed import Channel, Filed, overlaps
from callcenter.calls.waits import Wait, waits


@dataclass(frozen=True)
class Expected:
    """`agent` answered last, `answered` is the first answer, `bridged_s` None while somebody talks; `waits` in order;
    `cut`: Asterisk died before it wrote the end."""

    began: Beginning
    agent: str | None
    answered: datetime | None
    ended: datetime | None
    bridged_s: float | None
    waits: tuple[Wait, ...]
    cut: bool

    @property
    def outcome(self) -> str | None:
        """What the call's outcome must be; None where the files do not say."""
        if self.answered:
            return "answered"
        return "abandoned" if self.waits and self.waits[-1].outcome == "abandoned" else None


@dataclass(frozen=True)
class _Talk:
    channel: Channel
    began: datetime
    ended: datetime | None


def expect(linked_ids: Sequence[str], legs: Iterable[str], files: Filed, agents: Collection[str]) -> Expected | None:
    """Of the call with this linked id, then those of the calls that became part of it, and these channels for legs.
    None when CEL has not seen it begin."""
    if linked_ids[0] not in files.channels:
        return None
    first = next((each for each in files.people(files.stories[linked_ids[0]]) if each.root == linked_ids[0]), None)
    if first is None:
        return None
    own = [files.channels[uniqueid] for uniqueid in legs if uniqueid in files.channels]
    rows = _queue_rows(linked_ids, own, files)
    talks = list(_talks(first, own, files, agents))
    answers = [*((talk.began, talk.channel) for talk in talks), *_connects(rows, files)]
    ended = [channel.ended for channel in own]
    return Expected(
        began=beginning(first, files, agents),
        agent=max(answers, key=lambda each: (each[0], each[1].started))[1].endpoint if answers else None,
        answered=min(at for at, _channel in answers) if answers else None,
        ended=None if None in ended else max((at for at in ended if at), default=None),
        bridged_s=None
        if any(talk.ended is None for talk in talks)
        else sum((talk.ended - talk.began).total_seconds() for talk in talks if talk.ended),
        waits=waits(rows, files.channels),
        cut=None in ended and _crashed(own, files),
    )


def _talks(first: Channel, own: Iterable[Channel], files: Filed, agents: Collection[str]) -> Iterator[_Talk]:
    """Agents who heard the caller; in a call that an agent began, agents who heard anybody."""
    if first.endpoint not in agents:
        for heard in overlaps(files, first):
            if (other := files.channels[heard.channel]).endpoint in agents:
                yield _Talk(other, heard.began, heard.ended)
        return
    mine = list(own)
    ids = {channel.uniqueid for channel in mine}
    for channel in mine:
        if channel.endpoint in agents:
            heard_here = [each for each in overlaps(files, channel) if each.channel in ids]
            for began, ended in _united((each.began, each.ended) for each in heard_here):
                yield _Talk(channel, began, ended)


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


def _connects(rows: Iterable[QueueRow], files: Filed) -> Iterator[tuple[datetime, Channel]]:
    for row in rows:
        channel = files.channels.get(row.data[1]) if row.event == "CONNECT" and len(row.data) > 1 else None
        if channel is not None:
            yield channel.answered or row.at, channel


def _queue_rows(linked_ids: Sequence[str], own: Iterable[Channel], files: Filed) -> list[QueueRow]:
    """Of the channels of these calls, each of which may be sent to a queue, and of the machinery that stood in one for
    them."""
    machinery = (
        name
        for name in files.stories[linked_ids[0]]
        if files.channels[name].machinery and files.channels[name].root in linked_ids
    )
    names = dict.fromkeys([*linked_ids, *(channel.uniqueid for channel in own), *machinery])
    return sorted((row for name in names for row in files.queues.get(name, ())), key=lambda row: row.at)


def _crashed(own: Iterable[Channel], files: Filed) -> bool:
    """A channel has no end, and Asterisk has begun anew since it was last heard of."""
    return any(channel.ended is None and files.began_anew(channel.last_seen) for channel in own)
