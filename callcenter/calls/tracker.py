"""Which call a message belongs to. Pure; holds the calls that are alive and forgets those that ended."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from callcenter.calls import causes
from callcenter.calls.messages import KNOWN, VARIABLES
from callcenter.calls.ports import Agents, ChannelSeen, Message, PbxSnapshot
from callcenter.calls.reading import endpoint, number, text, when
from callcenter.calls.record import CallRecord, Direction
from callcenter.calls.resync import reconcile
from callcenter.calls.session import CallSession
from callcenter.events import Event
from callcenter.events.ids import new_id

# Channels of these technologies are machinery: none of them is a person who calls.
_MACHINERY = ("Local/", "Message/", "Surrogate/", "AsyncGoto/", "CBAnn/", "CBRec/", "Recorder/", "Announcer/")
_REMEMBERED = 5000
# A call that may have changed, and what happened to it.
Change = tuple[CallSession, list[Event]]


def wanted(message: Message) -> bool:
    """Whether the ledger can have any use for a message."""
    name = message.name
    return name in KNOWN and (name != "VarSet" or message.get("Variable") in VARIABLES)


class CallTracker:
    """The living calls of one Asterisk server."""

    def __init__(self, server: str, agents: Agents, make_id: Callable[[], str] = new_id) -> None:
        self._server = server
        self._agents = agents
        self._make_id = make_id
        self._calls: dict[str, CallSession] = {}  # by linked id
        self._by_channel: dict[str, CallSession] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()  # channels hung up of late, known or not

    @property
    def sessions(self) -> list[CallSession]:
        """The calls that are alive."""
        return list(self._calls.values())

    def adopt(self, session: CallSession) -> None:
        """Take up a call that the ledger left open."""
        self._calls[session.record.linked_id] = session
        for leg in session.legs.values():
            if leg.alive:
                self._by_channel[leg.uniqueid] = session

    def apply(self, message: Message, now: datetime) -> list[Change]:
        """What a message means; `now` is used where Asterisk gave no time."""
        at = when(message, now)
        session, started = self._session(message, at)
        changes = [] if session is None else [(session, started)]
        if session is not None:
            changes += self._moved(session, message, at)
            session = changes[-1][0]
            changes.append((session, session.apply(message, at)))
            self._index(session, message)
        self._note_hangup(message)
        return changes

    def reconcile(self, snapshot: PbxSnapshot, restarted: bool, at: datetime) -> list[Change]:
        """Make every living call agree with what Asterisk says is alive, and take up the calls that it shows anew."""
        cause = causes.ASTERISK_RESTARTED if restarted else causes.LINK_LOST
        seen = self._by_session(channel for channel in snapshot.channels if channel.uniqueid not in self._gone)
        changes: list[Change] = []
        for linked_id, channels in seen.items():
            if linked_id not in self._calls and (fresh := self._found(channels, at)):
                changes.append((fresh, fresh.start(fresh.record.started_at)))
        for session in self.sessions:
            channels = seen.get(session.record.linked_id, [])
            changes.append((session, reconcile(session, channels, cause, at)))
            for channel in channels:
                self._by_channel[channel.uniqueid] = session
            self._forget_ended(session)
        return changes

    def _by_session(self, channels: Iterable[ChannelSeen]) -> dict[str, list[ChannelSeen]]:
        grouped: dict[str, list[ChannelSeen]] = defaultdict(list)
        for channel in sorted(channels, key=lambda seen: _order(seen.uniqueid)):
            known = self._by_channel.get(channel.uniqueid)
            grouped[known.record.linked_id if known else channel.linked_id].append(channel)
        return grouped

    def _found(self, channels: list[ChannelSeen], at: datetime) -> CallSession | None:
        first = channels[0]
        if first.channel.startswith(_MACHINERY):
            return None
        began = at - timedelta(seconds=first.age_s)
        return self._open(first.linked_id, first.channel, first.number, first.exten, began)

    def _session(self, message: Message, at: datetime) -> tuple[CallSession | None, list[Event]]:
        uniqueid = text(message, "Uniqueid") or text(message, "DestUniqueid")
        session = self._by_channel.get(uniqueid)
        if session is None and uniqueid not in self._gone:
            session = self._calls.get(text(message, "Linkedid") or text(message, "DestLinkedid"))
        if session or not self._starts(message):
            return session, []
        session = self._open(
            text(message, "Linkedid"),
            text(message, "Channel"),
            text(message, "CallerIDNum"),
            text(message, "Exten"),
            at,
        )
        return session, session.start(at, self._phone(text(message, "Channel")))

    def _phone(self, channel: str) -> str | None:
        extension = endpoint(channel)
        return extension if extension in self._agents else None

    def _starts(self, message: Message) -> bool:
        uniqueid = text(message, "Uniqueid")
        first = message.name == "Newchannel" and uniqueid == text(message, "Linkedid") != ""
        return first and uniqueid not in self._gone and not text(message, "Channel").startswith(_MACHINERY)

    def _open(self, linked_id: str, channel: str, caller: str, dialled: str, at: datetime) -> CallSession:
        direction: Direction = "inbound"
        if endpoint(channel) in self._agents:
            direction = "internal" if dialled in self._agents else "outbound"
        record = CallRecord(
            id=self._make_id(),
            server=self._server,
            linked_id=linked_id,
            direction=direction,
            number=number(caller if direction == "inbound" else dialled),
            dialled=dialled,
            started_at=at,
        )
        session = CallSession(record, self._agents)
        self._calls[linked_id] = session
        return session

    def _moved(self, session: CallSession, message: Message, at: datetime) -> list[Change]:
        """A leg that enters a bridge under another call's linked id has moved to that call."""
        if message.name != "BridgeEnter":
            return []
        other, uniqueid = self._calls.get(text(message, "Linkedid")), text(message, "Uniqueid")
        if other is None or other is session or uniqueid not in session.legs:
            return []
        leg, events = session.give(uniqueid, at)
        other.take(leg, at)
        self._by_channel[uniqueid] = other
        self._forget_ended(session)
        return [(session, events), (other, [])]

    def _index(self, session: CallSession, message: Message) -> None:
        if message.name == "Newchannel":
            self._by_channel[text(message, "Uniqueid")] = session
        elif message.name == "Hangup":
            self._by_channel.pop(text(message, "Uniqueid"), None)
            self._forget_ended(session)

    def _forget_ended(self, session: CallSession) -> None:
        if not session.ended:
            return
        self._calls.pop(session.record.linked_id, None)
        for uniqueid in session.legs:
            if self._by_channel.get(uniqueid) is session:
                del self._by_channel[uniqueid]

    def _note_hangup(self, message: Message) -> None:
        if message.name == "Hangup":
            self._gone[text(message, "Uniqueid")] = None
            while len(self._gone) > _REMEMBERED:
                self._gone.popitem(last=False)


def _order(uniqueid: str) -> tuple[float, int]:
    """`name-1700000000.12` in the order of making."""
    seconds, _, count = uniqueid.rpartition("-")[2].partition(".")
    return (float(seconds) if seconds.isdigit() else 0.0, int(count) if count.isdigit() else 0)
