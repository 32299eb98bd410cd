"""The journal of a call: what the ledger was told, small enough to keep and enough to fold the record again. Pure.

An entry is a message of the manager interface, one that Asterisk's files stood for, or what Asterisk showed of a call
when it was asked. Whose phone an extension was at that moment stands with it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from callcenter.calls.ports import Agents, ChannelSeen, Message, PbxSnapshot
from callcenter.calls.session import CallSession
from callcenter.calls.tracker import CallTracker
from callcenter.events.ids import new_id

SHOWN = "Snapshot"
# A time that went through a text of seconds.
_INEXACT = timedelta(milliseconds=1)
UNHEARD = "Unheard"  # up to here Asterisk was not heard, and its files told the rest
_LONGEST = 200  # a caller chooses his own name
# What the state machine reads of each message, and what a person wants to see besides.
_ALWAYS = ("Timestamp", "Channel", "Uniqueid", "Linkedid")
_DEST = ("DestChannel", "DestUniqueid", "DestLinkedid", "DialStatus", "DialString", "Exten")
_QUEUE = ("Queue", "Position", "Count", "Interface", "DestUniqueid", "Reason")
_BRIDGE = ("BridgeUniqueid", "BridgeType", "BridgeTechnology", "SwapUniqueid")
_TRANSFER = (
    "Result", "DestType", "Extension", "TransfererUniqueid", "TransfereeUniqueid", "OrigTransfererUniqueid",
    "SecondTransfererUniqueid", "SecondTransfererExten", "TransferTargetUniqueid", "TransferTargetChannel",
)  # fmt: skip
_OF: dict[str, tuple[str, ...]] = {
    "Newchannel": ("ChannelStateDesc", "CallerIDNum", "Exten", "Context"),
    "Newstate": ("ChannelStateDesc",),
    "VarSet": ("Variable", "Value"),
    "Hangup": ("Cause",),
    "HangupRequest": ("Cause",),
    "DialBegin": _DEST,
    "DialState": _DEST,
    "DialEnd": _DEST,
    "BridgeEnter": _BRIDGE,
    "BridgeLeave": _BRIDGE,
    "BlindTransfer": _TRANSFER,
    "AttendedTransfer": _TRANSFER,
    "Pickup": ("TargetUniqueid",),
}
_KEPT = {name: (*_ALWAYS, *more) for name, more in _OF.items()}
_OTHERS = (*_ALWAYS, *_QUEUE)


@dataclass(frozen=True)
class Entry:
    """What one call was told at one place. `shared`: so were others, and `order` tells them apart by which of them was
    there first."""

    place: int
    call_id: str
    at: datetime
    name: str
    body: Mapping[str, Any]
    shared: bool = False

    @property
    def order(self) -> int:
        return int(self.body.get("n", 0))


@dataclass(frozen=True)
class Again:
    """A message read back from the journal."""

    name: str
    headers: Mapping[str, str]

    def get(self, key: str, /) -> str | None:
        return self.headers.get(key)


@dataclass
class Watched(Mapping[str, str]):
    """Whose phone an extension is, with a memory of what was asked."""

    agents: Agents
    asked: dict[str, str | None] = field(default_factory=dict)

    def __getitem__(self, extension: str) -> str:
        found = self.asked[extension] = self.agents.get(extension)
        if found is None:
            raise KeyError(extension)
        return found

    def __iter__(self) -> Iterator[str]:
        self.asked.update(self.agents)
        return iter(self.agents)

    def __len__(self) -> int:
        return len(self.agents)

    def told(self) -> dict[str, str | None]:
        """What was asked since the last time."""
        asked, self.asked = self.asked, {}
        return asked


def of_message(
    message: Message, asked: Mapping[str, str | None], *, filed: bool = False, unsure: bool = False
) -> dict[str, Any]:
    """The body of a message. `filed`: it was not heard but read in Asterisk's files; `unsure`: something was missed
    before it, and Asterisk has not shown yet what is alive."""
    kept = _KEPT.get(message.name, _OTHERS)
    headers = {key: value[:_LONGEST] for key in kept if (value := message.get(key))}
    body: dict[str, Any] = {"h": headers}
    if asked:
        body["a"] = dict(asked)
    if filed:
        body["f"] = 1
    if unsure:
        body["u"] = 1
    return body


def of_snapshot(
    call: CallSession, snapshot: PbxSnapshot, asked: Mapping[str, str | None], *, restarted: bool, told: bool
) -> dict[str, Any]:
    """The body of what Asterisk showed of one call; as `CallTracker.reconcile` is told it."""
    shown = [
        asdict(channel)
        for channel in snapshot.channels
        if channel.uniqueid in call.legs or channel.linked_id == call.record.linked_id
    ]
    body = {"c": shown, "a": dict(asked), "r": int(restarted), "t": int(told)}
    return {**body, "s": snapshot.since.isoformat()} if snapshot.since else body


def written(body: Mapping[str, Any] | list[Any]) -> str:
    """A body, or several, as text."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).replace("\\u0000", "")


def in_parts(entries: Sequence[Entry], size: int) -> Iterator[list[Entry]]:
    """Entries in parts of about that size; those of one place stay together."""
    part: list[Entry] = []
    for entry in entries:
        if len(part) >= size and entry.place != part[-1].place:
            yield part
            part = []
        part.append(entry)
    if part:
        yield part


def whole(entries: Sequence[Entry], began: Mapping[str, datetime], united: Iterable[set[str]] = ()) -> list[Entry]:
    """Of the entries of calls, in order, those of calls whose journal holds their beginning. `began`: when each began;
    `united`: calls that became one.

    A call that was open when journals were not kept yet has only the rest; and what shared a message with such a call,
    or became one with it, cannot be folded either.
    """
    first: dict[str, Entry] = {}
    sharing: dict[int, set[str]] = defaultdict(set)
    for entry in entries:
        first.setdefault(entry.call_id, entry)
        if entry.name != SHOWN:
            sharing[entry.place].add(entry.call_id)
    lacking = {call_id for call_id, at in began.items() if call_id not in first or not _begins(first[call_id], at)}
    groups = [*(calls for calls in sharing.values() if len(calls) > 1), *united]
    while partly := [calls for calls in groups if calls & lacking and not calls <= lacking]:
        lacking.update(*partly)
    return [entry for entry in entries if entry.call_id not in lacking]


def _begins(entry: Entry, began: datetime) -> bool:
    """Whether a call that began at that moment began with this entry: its first channel, or that it was shown."""
    if entry.name == SHOWN:
        return any(entry.at - timedelta(seconds=seen["age_s"]) == began for seen in entry.body["c"])
    return entry.name == "Newchannel" and abs(entry.at - began) < _INEXACT


class Fold:
    """Journals folded into calls. All calls that ever shared an entry must be folded together.

    `go_live` makes its tracker that of a listener, which goes on where the journals end.
    """

    def __init__(self, server: str) -> None:
        self._known: dict[str, str] = {}
        self._ids: list[str] = []
        self._seen: set[str] = set()
        self.calls: dict[str, CallSession] = {}
        self.agents = Watched(self._known)
        self.tracker = CallTracker(server, self.agents, self._next_id)

    def go_live(self, agents: Agents) -> None:
        """From now on the tracker is told what happens, and new calls get new ids."""
        self.agents.agents = agents
        self.agents.told()
        self.calls.clear()

    def apply(self, entries: Sequence[Entry]) -> None:
        """Entries in their order; those of one place together."""
        place: list[Entry] = []
        for entry in [*entries, None]:
            if place and (entry is None or entry.place != place[0].place):
                self._apply(sorted(place, key=lambda each: each.order))
                place = []
            if entry is not None:
                place.append(entry)

    def _apply(self, entries: Sequence[Entry]) -> None:
        first = entries[0]
        self._ids = [entry.call_id for entry in entries if entry.call_id not in self._seen]
        self._seen.update(self._ids)
        for entry in entries:
            self._know(entry.body.get("a", {}))
        if first.name == SHOWN:
            since = datetime.fromisoformat(first.body["s"]) if "s" in first.body else None
            snapshot = PbxSnapshot("", list(_channels(entries)), since)
            restarted, told = bool(first.body["r"]), bool(first.body["t"])
            changes = self.tracker.reconcile(snapshot, restarted, first.at, told=told)
        elif first.name == UNHEARD:
            changes = self.tracker.unheard(first.at)
        else:
            message = Again(first.name, first.body["h"])
            if first.body.get("u"):
                self.tracker.missed()
            if self._ids and (linked_id := message.get("Linkedid")):
                self.tracker.expect(linked_id)
            changes = self.tracker.apply(message, first.at, filed=bool(first.body.get("f")))
        for call, _events in changes:
            self.calls[call.record.id] = call

    def _know(self, told: Mapping[str, str | None]) -> None:
        for extension, user in told.items():
            if user is None:
                self._known.pop(extension, None)
            else:
                self._known[extension] = user

    def _next_id(self) -> str:
        return self._ids.pop(0) if self._ids else new_id()


def _channels(entries: Iterable[Entry]) -> Iterator[ChannelSeen]:
    shown: set[str] = set()
    for entry in entries:
        for channel in entry.body["c"]:
            if channel["uniqueid"] not in shown:
                shown.add(channel["uniqueid"])
                yield ChannelSeen(**channel)
