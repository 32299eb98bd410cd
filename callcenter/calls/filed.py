"""What CDR, CEL and queue_log say of each channel and of who heard whom. Pure, and no kin of the ledger's own code.

Channels belong to one *story* when they ever shared a linked id or a bridge, or a transfer brought them together. A
story may hold several calls of the ledger: a transfer with consultation is two calls until they become one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from callcenter.asterisk.files.cdr import CdrRow
from callcenter.asterisk.files.cel import CelRow
from callcenter.asterisk.files.queue_log import STARTED, QueueRow

# Channels of these technologies are no person's: Asterisk makes them for itself.
_MACHINERY = ("Local/", "Message/", "Surrogate/", "AsyncGoto/", "CBAnn/", "CBRec/", "Recorder/", "Announcer/")
# A bridge in which nobody hears anybody: parking, waiting.
_HOLDING = "holding_bridge"
# What the rows of a channel that Asterisk called name as its application.
_CALLED = ("AppDial", "AppDial2", "AppQueue")
# Where a row names a channel of another call.
_OTHERS = ("channel2_uniqueid", "transfer_target_channel_uniqueid", "pickup_channel_uniqueid")


@dataclass(frozen=True)
class Application:
    """An application of the dialplan that a channel began, for the number `exten`."""

    at: datetime
    name: str
    exten: str
    data: str


@dataclass
class Channel:
    """One channel by CEL. `root` is its first linked id; `stays` when it was in which bridge, the end None while it
    still is; `links` the linked ids, bridges and other channels that it had to do with. `number` and `exten` are who
    called and which number, as it began; `born`: its beginning is among what was read; `called`: Asterisk called it."""

    uniqueid: str
    name: str
    root: str
    started: datetime
    last_seen: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    links: set[str] = field(default_factory=set)
    stays: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    number: str = ""
    exten: str = ""
    born: bool = False
    called: bool = False
    applications: list[Application] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """`PJSIP/1001-0000002a` → `1001`."""
        return self.name.partition("/")[2].rpartition("-")[0]

    @property
    def machinery(self) -> bool:
        return self.name.startswith(_MACHINERY)


@dataclass(frozen=True)
class Overlap:
    """Two channels heard each other."""

    channel: str
    began: datetime
    ended: datetime | None


@dataclass(frozen=True)
class Filed:
    """All that the files say of a stretch of time. `boots`: when Asterisk began anew, in whole seconds."""

    channels: Mapping[str, Channel]
    stories: Mapping[str, frozenset[str]]
    queues: Mapping[str, tuple[QueueRow, ...]]
    records: Mapping[str, tuple[CdrRow, ...]]
    boots: tuple[datetime, ...] = ()

    def began_anew(self, after: datetime) -> bool:
        """Whether Asterisk was started after this moment."""
        return any(boot >= after.replace(microsecond=0) for boot in self.boots)

    def run(self, at: datetime) -> int:
        """Which of Asterisk's runs a moment is in: each begins the names of channels anew."""
        return sum(boot <= at for boot in self.boots)

    def people(self, story: Iterable[str]) -> list[Channel]:
        """The channels of a story that are people's, in the order of their beginning."""
        found = (self.channels[uniqueid] for uniqueid in story)
        return sorted((each for each in found if not each.machinery), key=lambda each: (each.started, each.uniqueid))


def filed(cel: Iterable[CelRow], cdr: Iterable[CdrRow], queues: Iterable[QueueRow]) -> Filed:
    """The rows put in order."""
    channels: dict[str, Channel] = {}
    for row in cel:
        _note(channels, row)
    by_caller: dict[str, list[QueueRow]] = defaultdict(list)
    queues = list(queues)
    for each in queues:
        by_caller[each.uniqueid].append(each)
    by_channel: dict[str, list[CdrRow]] = defaultdict(list)
    for record in cdr:
        by_channel[record.uniqueid].append(record)
    return Filed(
        channels,
        _stories(channels),
        {key: tuple(rows) for key, rows in by_caller.items()},
        {key: tuple(rows) for key, rows in by_channel.items()},
        tuple(each.at for each in queues if each.event == STARTED),
    )


def _note(channels: dict[str, Channel], row: CelRow) -> None:
    channel = channels.get(row.uniqueid)
    if channel is None:
        channel = channels[row.uniqueid] = Channel(row.uniqueid, row.channel, row.linked_id, row.at, row.at)
    channel.links |= {row.linked_id, *(row.extra[name] for name in _OTHERS if name in row.extra)}
    channel.last_seen = max(channel.last_seen, row.at)
    # Who picks up another's call goes on under what that one was called by, but dialled something first.
    channel.called = channel.called or (row.app in _CALLED and channel.exten in ("", "s"))
    if row.event == "CHAN_START":
        channel.started, channel.number, channel.exten, channel.born = row.at, row.number, row.exten, True
    elif row.event == "APP_START":
        channel.applications.append(Application(row.at, row.app, row.exten, row.app_data))
    elif row.event == "ANSWER":
        channel.answered = channel.answered or row.at
    elif row.event in ("HANGUP", "CHAN_END"):
        channel.ended = row.at
        _leave(channel, "", row.at)
    elif row.event == "BRIDGE_ENTER" and row.extra.get("bridge_technology") != _HOLDING:
        bridge = row.extra.get("bridge_id", "")
        channel.stays.append((bridge, row.at, None))
        channel.links.add(bridge)
    elif row.event == "BRIDGE_EXIT":
        _leave(channel, row.extra.get("bridge_id", ""), row.at)


def _leave(channel: Channel, bridge: str, at: datetime) -> None:
    channel.stays = [
        (name, began, at if ended is None and bridge in ("", name) else ended) for name, began, ended in channel.stays
    ]


def _stories(channels: Mapping[str, Channel]) -> dict[str, frozenset[str]]:
    """Unique id → all channels of its story."""
    head: dict[str, str] = {}

    def find(link: str) -> str:
        while head.setdefault(link, link) != link:
            link = head[link]
        return link

    for channel in channels.values():
        first, *others = sorted(channel.links | {channel.uniqueid})
        for link in others:
            head[find(link)] = find(first)
    members: dict[str, set[str]] = defaultdict(set)
    for channel in channels.values():
        members[find(channel.root)].add(channel.uniqueid)
    return {uniqueid: frozenset(story) for story in members.values() for uniqueid in story}


def overlaps(files: Filed, one: Channel) -> list[Overlap]:
    """Whom a channel heard and when, also through the machinery between two bridges."""
    found = [
        Overlap(other.uniqueid, began, ended)
        for other in files.people(files.stories[one.uniqueid])
        if other is not one
        for began, ended in _together(files, one, other)
    ]
    return sorted(found, key=lambda each: (each.began, each.channel))


def _together(files: Filed, one: Channel, other: Channel) -> Iterator[tuple[datetime, datetime | None]]:
    """The times in which two channels are in one bridge, or in two with a pair of Local channels between them."""
    for bridge, began, ended in _reach(files, one):
        for bridge_b, began_b, ended_b in other.stays:
            start, end = max(began, began_b), _earlier(ended, ended_b)
            if bridge == bridge_b and (end is None or start < end):
                yield start, end


def _reach(files: Filed, one: Channel) -> list[tuple[str, datetime, datetime | None]]:
    """The bridges that a channel is in or hears through Local channels, each with its time."""
    found = list(one.stays)
    for bridge, began, ended in found:
        for near in files.stories[one.uniqueid]:
            local = files.channels[near]
            far = files.channels.get(_other_half(files, local) or "")
            if far is None:
                continue
            for name, in_at, out_at in local.stays:
                if name != bridge:
                    continue
                for name_b, in_b, out_b in far.stays:
                    stay = (name_b, max(began, in_at, in_b), _earlier(_earlier(ended, out_at), out_b))
                    if stay not in found and (stay[2] is None or stay[1] < stay[2]):
                        found.append(stay)
    return found


def _other_half(files: Filed, local: Channel) -> str | None:
    """The other of `Local/x@y-0001;1` and `;2`."""
    name, mark, half = local.name.rpartition(";")
    if not mark or half not in ("1", "2"):
        return None
    wanted = f"{name};{'2' if half == '1' else '1'}"
    return next((each for each in files.stories[local.uniqueid] if files.channels[each].name == wanted), None)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else one or other
