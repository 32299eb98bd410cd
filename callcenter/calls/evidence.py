"""What Asterisk wrote down about calls, told again in the words of its manager interface. Pure.

A time in which Asterisk was not heard is folded from its files by the same state machine that hears it live. CEL tells
of channels, bridges and applications to the microsecond; queue_log, in whole seconds, of what became of a caller in a
queue: its rows get the time of the CEL row that they go with.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from callcenter.asterisk.files.cel import CelRow
from callcenter.asterisk.files.queue_log import QueueRow

_CHOSEN = "CC_CHOSEN"  # the dialplan's own event: path|kind|language|done
_CHOSEN_NAMES = ("CC_MENU_PATH", "CC_KIND", "CC_LANG", "IVR_DONE")
# A queue's row is of the whole second in which it was written, and is written a moment after it happened.
_SECOND = timedelta(seconds=1)
_LATER = timedelta(seconds=1.5)
# Who hangs up does so before anything else ends.
_ALL_ENDS = timedelta(seconds=0.5)
# What the rows of a channel that Asterisk calls name as its application.
_OF_CALLED = ("AppDial", "AppDial2", "AppQueue")
# A queue's row may be of something that happened so long before the rows that were told of already.
_HELD_BACK = timedelta(seconds=3)
_REMEMBERED = timedelta(seconds=10)
_LAST = ("CHAN_END", "LINKEDID_END")
_INSTANT = timedelta(microseconds=1)
_EVER = datetime.max.replace(tzinfo=UTC)
_ENDINGS = ("BRIDGE_EXIT", "APP_END", "HANGUP")


@dataclass(frozen=True)
class Told:
    """A message that nobody heard. `order` puts those of one moment in the order in which they are heard live."""

    name: str
    at: datetime
    headers: Mapping[str, str]
    order: int = field(default=5, compare=False)

    def get(self, key: str, /) -> str | None:
        if key == "Timestamp":
            return f"{self.at.timestamp():.6f}"
        return self.headers.get(key)


def messages(cel: Iterable[CelRow], queues: Iterable[QueueRow]) -> list[Told]:
    """The messages that these rows stand for, in the order of time."""
    return Telling().take(cel, queues)


class Telling:
    """Tells of rows part by part, as of all at once; keeps those of the calls that go on."""

    def __init__(self) -> None:
        self._rows: tuple[list[CelRow], list[QueueRow]] = ([], [])  # not looked at yet
        self._told: list[Told] = []  # something that comes before may be told yet
        self._channels: dict[str, list[CelRow]] = defaultdict(list)
        self._links: dict[str, list[CelRow]] = defaultdict(list)
        self._beside = _Beside(self._channels)
        self._served: dict[str, str] = {}

    def take(self, cel: Iterable[CelRow], queues: Iterable[QueueRow], until: datetime = _EVER) -> list[Told]:
        """The messages that happened before `told_before(until)` and were not told yet, in the order of time. There
        are no more rows of the time before `until` than these and those that were given before."""
        rows = sorted((*self._rows[0], *cel), key=_at)
        queued = sorted((*self._rows[1], *queues), key=_at)
        ready, asked = bisect_left(rows, until, key=_at), bisect_left(queued, _back(until, _SECOND), key=_at)
        self._rows = (rows[ready:], queued[asked:])
        for row in rows[:ready]:
            self._channels[row.uniqueid].append(row)
            self._links[row.linked_id].append(row)
        self._told += [each for row in rows[:ready] for each in _of_channel(row, self._links[row.linked_id])]
        self._told += _of_queues(queued[:asked], self._channels, self._beside, self._served)
        self._told.sort(key=lambda each: (each.at, each.order))
        self._forget(until)
        split = bisect_left(self._told, told_before(until), key=_at)
        told, self._told = self._told[:split], self._told[split:]
        return told

    def _forget(self, until: datetime) -> None:
        """What ended so long ago that nothing tells of it any more."""
        long_ago = _back(until, _REMEMBERED)
        for rows in (self._channels, self._links):
            for name in [name for name, own in rows.items() if own[-1].event in _LAST and own[-1].at < long_ago]:
                del rows[name]
        self._beside.forget(long_ago)
        for name in self._served.keys() - self._channels.keys():
            del self._served[name]


def told_before(until: datetime) -> datetime:
    """Up to when all is told of the rows before `until`."""
    return _back(until, _HELD_BACK)


def _back(at: datetime, by: timedelta) -> datetime:
    return at if at == _EVER else at - by


def _at(each: CelRow | QueueRow | Told) -> datetime:
    return each.at


def _of_channel(row: CelRow, call: Sequence[CelRow]) -> Iterator[Told]:
    make = _CEL.get(row.event) or (_applications.get(row.app) if row.event == "APP_START" else None)
    if make is not None:
        yield from make(row, call)


def _tell(name: str, row: CelRow, order: int = 5, at: datetime | None = None, **more: str) -> Told:
    own = {"Channel": row.channel, "Uniqueid": row.uniqueid, "Linkedid": row.linked_id}
    return Told(name, at or row.at, {**own, **more}, order)


def _began(row: CelRow, call: Sequence[CelRow]) -> Iterator[Told]:
    """CEL does not say that a phone rings; one that was dialled does so at once."""
    dialled = row.uniqueid != row.linked_id
    called = dialled or _called(row, call)
    exten, state = ("", "Down") if called else (row.exten, "Ring")
    yield _tell("Newchannel", row, 0, CallerIDNum=row.number, Exten=exten, Context=row.context, ChannelStateDesc=state)
    if dialled:
        if dialling := next((each for each in reversed(call) if _dials(each) and each.at <= row.at), None):
            own = {"Uniqueid": dialling.uniqueid, "Linkedid": row.linked_id, "Exten": dialling.exten}
            yield Told("DialBegin", row.at, {**own, "DestUniqueid": row.uniqueid, "DestChannel": row.channel}, 1)
        yield _tell("Newstate", row, 2, ChannelStateDesc="Ringing")


def _called(first: CelRow, call: Sequence[CelRow]) -> bool:
    """Whether Asterisk calls a first channel that no number was dialled from: a trunk may give none, either."""
    if first.exten not in ("", "s"):
        return False
    applications = [each.app for each in call if each.uniqueid == first.uniqueid and each.app]
    return not applications or applications[0] in _OF_CALLED


def _dials(row: CelRow) -> bool:
    return row.event == "APP_START" and row.app == "Dial"


def _answered(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    yield _tell("Newstate", row, 2, ChannelStateDesc="Up")


def _entered(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    technology = row.extra.get("bridge_technology", "")
    yield _tell("BridgeEnter", row, BridgeUniqueid=row.extra.get("bridge_id", ""), BridgeTechnology=technology)


def _left(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    yield _tell("BridgeLeave", row, BridgeUniqueid=row.extra.get("bridge_id", ""))


def _recorded(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    yield _tell("MixMonitorStart", row)


def _hung_up(row: CelRow, call: Sequence[CelRow]) -> Iterator[Told]:
    cause = row.extra.get("hangupcause", "")
    if row.extra.get("hangupsource") == row.channel:
        together = (each.at for each in call if each.event in _ENDINGS and row.at - _ALL_ENDS <= each.at <= row.at)
        yield _tell("HangupRequest", row, 3, at=min(together, default=row.at), Cause=cause)
    yield _tell("Hangup", row, 9, Cause=cause)


def _blind(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    own = {"TransfererUniqueid": row.uniqueid, "TransfererLinkedid": row.linked_id, "Result": "Success"}
    yield Told("BlindTransfer", row.at, {**own, "Extension": row.extra.get("extension", "")})


def _attended(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    yield Told(
        "AttendedTransfer",
        row.at,
        {
            "OrigTransfererUniqueid": row.uniqueid,
            "SecondTransfererUniqueid": row.extra.get("channel2_uniqueid", ""),
            "TransferTargetUniqueid": row.extra.get("transfer_target_channel_uniqueid", ""),
            "Result": "Success",
        },
    )


def _picked_up(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    by = row.extra.get("pickup_channel_uniqueid", "")
    yield Told("Pickup", row.at, {"Uniqueid": by, "TargetUniqueid": row.uniqueid})


def _chosen(row: CelRow, _call: Sequence[CelRow]) -> Iterator[Told]:
    for name, value in zip(_CHOSEN_NAMES, row.extra.get("extra", "").split("|"), strict=False):
        if value:
            yield _tell("VarSet", row, 4, Variable=name, Value=value)


_Make = Callable[[CelRow, Sequence[CelRow]], Iterator[Told]]
_CEL: dict[str, _Make] = {
    "CHAN_START": _began,
    "ANSWER": _answered,
    "BRIDGE_ENTER": _entered,
    "BRIDGE_EXIT": _left,
    "HANGUP": _hung_up,
    "BLINDTRANSFER": _blind,
    "ATTENDEDTRANSFER": _attended,
    "PICKUP": _picked_up,
    _CHOSEN: _chosen,
}
_applications: dict[str, _Make] = {"MixMonitor": _recorded}


_PUT_OUT = {"EXITWITHTIMEOUT": "TIMEOUT", "EXITEMPTY": "LEAVEEMPTY"}


def _of_queues(
    rows: Iterable[QueueRow], channels: Mapping[str, Sequence[CelRow]], beside: _Beside, served: dict[str, str]
) -> Iterator[Told]:
    """What befell callers in queues."""
    for row in rows:
        if row.event == "ENTERQUEUE":
            at = beside.time(row, row.uniqueid, "APP_START", "Queue")
            yield _tell_queue("QueueCallerJoin", row, at, channels, 5, Position=_nth(row, 2) or "1")
        elif row.event == "CONNECT":
            dest = served[row.uniqueid] = _nth(row, 1)
            at = beside.time(row, dest, "ANSWER")
            yield _tell_queue("AgentConnect", row, at, channels, 3, DestUniqueid=dest)
            yield _tell_queue("QueueCallerLeave", row, at, channels, 3)
        elif row.event == "BLINDTRANSFER":
            beside.time(row, served.get(row.uniqueid, ""), "BLINDTRANSFER")  # what follows is later than that
        elif row.event == "ABANDON":
            at = beside.time(row, row.uniqueid, "APP_END", "Queue")
            yield _tell_queue("QueueCallerAbandon", row, at, channels, 3, Position=_nth(row, 0))
        elif row.event in _PUT_OUT:
            at = beside.time(row, row.uniqueid, "APP_END", "Queue")
            told = {"Variable": "QUEUESTATUS", "Value": _PUT_OUT[row.event]}
            yield _tell_queue("VarSet", row, at, channels, 3, **told)


@dataclass
class _Beside:
    """Finds the time of a queue's row: that of the CEL row that it goes with, the first of its second, or a bit before,
    that none had yet; and never before that of the caller's last one, nor at the same time where there is no such row.
    Asterisk tells no start of an application that follows itself."""

    channels: Mapping[str, Sequence[CelRow]]
    _had: set[tuple[str, str, datetime]] = field(default_factory=set)
    _last: dict[str, datetime] = field(default_factory=dict)

    def time(self, row: QueueRow, channel: str, event: str, app: str = "") -> datetime:
        began = next((each.at for each in self.channels.get(row.uniqueid, ()) if each.event == "CHAN_START"), row.at)
        last, found = self._last.get(row.uniqueid, began), self._found(row, channel, event, app)
        at = max(found, last) if found else max(row.at, last + _INSTANT)
        self._last[row.uniqueid] = at
        return at

    def forget(self, until: datetime) -> None:
        """What nothing tells of any more."""
        self._had = {key for key in self._had if key[2] >= until}
        for uniqueid in self._last.keys() - self.channels.keys():
            del self._last[uniqueid]

    def _found(self, row: QueueRow, channel: str, event: str, app: str) -> datetime | None:
        for each in self.channels.get(channel, ()):
            key = (channel, event, each.at)
            same = each.event == event and app in ("", each.app) and _queue_of(each) in ("", row.queue)
            if same and key not in self._had and row.at - _LATER <= each.at < row.at + _SECOND:
                self._had.add(key)
                return each.at
        return None


def _queue_of(row: CelRow) -> str:
    """The queue that an application's row names; "" for other rows, and for those of older templates."""
    return row.app_data.partition(",")[0] if row.app == "Queue" else ""


def _tell_queue(
    name: str, row: QueueRow, at: datetime, channels: Mapping[str, Sequence[CelRow]], order: int, **more: str
) -> Told:
    own = {"Uniqueid": row.uniqueid, "Queue": row.queue}
    if caller := channels.get(row.uniqueid):
        own |= {"Channel": caller[-1].channel, "Linkedid": caller[-1].linked_id}
    return Told(name, at, {**own, **more}, order)


def _nth(row: QueueRow, place: int) -> str:
    return row.data[place] if len(row.data) > place else ""
