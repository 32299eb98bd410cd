"""Which call a message belongs to. Pure; holds the calls that are alive and forgets those that ended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from callcenter.calls import causes
from callcenter.calls.living import Living, Remembered
from callcenter.calls.messages import KNOWN, VARIABLES, holds
from callcenter.calls.ports import Agents, ChannelSeen, Message, PbxSnapshot
from callcenter.calls.reading import endpoint, is_machinery, number, text, when
from callcenter.calls.record import CallRecord, Direction
from callcenter.calls.resync import reconcile
from callcenter.calls.session import CallSession
from callcenter.events import Event
from callcenter.events.ids import new_id

# Where a message names the channel whose call it belongs to.
_OWN = {"AttendedTransfer": "OrigTransfererUniqueid", "BlindTransfer": "TransfererUniqueid"}
# Where a message names a channel of another call, which is one with the first from now on.
_OTHER = {"AttendedTransfer": ("SecondTransfererUniqueid", "TransferTargetUniqueid"), "Pickup": ("TargetUniqueid",)}
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
        self._living = Living()
        self._gone = Remembered()  # channels hung up of late, known or not
        self._unsure = False
        self._led = Remembered()  # linked ids that begin with machinery: the first phone there begins the call

    @property
    def sessions(self) -> list[CallSession]:
        """The calls that are alive."""
        return self._living.all()

    def adopt(self, session: CallSession) -> None:
        """Take up a call that the ledger left open."""
        self._living.add(session)

    def expect(self, linked_id: str) -> None:
        """The first phone of this linked id begins a call; that machinery came before it belonged to no call."""
        self._led.add(linked_id)

    def apply(self, message: Message, now: datetime, *, filed: bool = False) -> list[Change]:
        """What a message means; `now` is used where Asterisk gave no time. `filed`: nobody heard it, Asterisk's files
        tell it."""
        at = when(message, now)
        session, changes = self._session(message, at)
        if session is not None:
            session, united = self._united(session, message, at)
            if filed:
                session.unheard(at)
            changes += [*united, (session, session.apply(message, at))]
            self._index(session, message)
        if message.name == "Hangup":
            self._gone.add(text(message, "Uniqueid"))
        return changes

    def missed(self) -> list[Change]:
        """For some time nobody heard, and nothing tells what happened: every living call has a gap, and each that
        begins before `reconcile` may have to do with one that is not known."""
        self._unsure = True
        for session in self.sessions:
            session.change(gap=True)
        return [(session, []) for session in self.sessions]

    def unheard(self, until: datetime) -> list[Change]:
        """Nobody heard Asterisk until then; its files have told all that they tell."""
        marked = [session for session in self.sessions if session.unheard(until)]
        return [(session, []) for session in marked]

    def reconcile(self, snapshot: PbxSnapshot, restarted: bool, at: datetime, *, told: bool = False) -> list[Change]:
        """Make every living call agree with what Asterisk says is alive, and take up the calls that it shows anew.

        All of them have a gap from now on; where what was not heard has been `told` from Asterisk's files, only those
        that it shows otherwise.
        """
        self._unsure = False
        cause = causes.ASTERISK_RESTARTED if restarted else causes.LINK_LOST
        alive = [channel for channel in snapshot.channels if channel.uniqueid not in self._gone]
        changes = self._united_unheard(alive, at)
        seen = self._by_session(alive)
        for linked_id, channels in seen.items():
            if linked_id not in self._living.by_link and (fresh := self._found(channels, at)):
                changes.append((fresh, fresh.start(fresh.record.started_at)))
        for session in self.sessions:
            channels, before = seen.get(session.record.linked_id, []), session.known()
            changes.append((session, reconcile(session, channels, cause, at, snapshot.since)))
            *others, holds = session.known()
            if not told or [*others] != [*before[:-1]]:
                session.change(gap=True)
            elif holds != before[-1]:
                session.change(holds_gap=True)
            self._see(session, channels)
        return changes

    def _session(self, message: Message, at: datetime) -> tuple[CallSession | None, list[Change]]:
        """The call of a message, which may begin with it."""
        uniqueid = self._channel(message)
        session = self._living.by_channel.get(uniqueid)
        if session is None and uniqueid not in self._gone:
            session = self._living.by_link.get(text(message, "Linkedid") or text(message, "DestLinkedid"))
        if session or message.name != "Newchannel" or not self._starts(message):
            return session, []
        session = self._open(_first(message), at)
        return session, [(session, session.start(at, self._phone(text(message, "Channel"))))]

    def _phone(self, channel: str) -> str | None:
        """The extension of an agent's channel."""
        extension = endpoint(channel)
        return extension if extension in self._agents else None

    @staticmethod
    def _channel(message: Message) -> str:
        if own := _OWN.get(message.name):
            return text(message, own)
        return text(message, "Uniqueid") or text(message, "DestUniqueid")

    def _starts(self, message: Message) -> bool:
        uniqueid, linked_id = text(message, "Uniqueid"), text(message, "Linkedid")
        if is_machinery(text(message, "Channel")):
            if uniqueid == linked_id:
                self._led.add(linked_id)
            return False
        return linked_id != "" and uniqueid not in self._gone and (uniqueid == linked_id or linked_id in self._led)

    def _open(self, first: _First, at: datetime) -> CallSession:
        direction: Direction = "outbound" if first.called else "inbound"
        if endpoint(first.channel) in self._agents:
            direction = "internal" if first.dialled in self._agents else "outbound"
        record = CallRecord(
            id=self._make_id(),
            server=self._server,
            linked_id=first.linked_id,
            direction=direction,
            number=number(first.caller if direction == "inbound" else first.dialled),
            dialled=first.dialled,
            started_at=at,
            gap=self._unsure,
        )
        session = CallSession(record, self._agents)
        self._living.add(session)
        return session

    def _united(self, session: CallSession, message: Message, at: datetime) -> tuple[CallSession, list[Change]]:
        """The call of a message after the calls became one whose parties it brings together."""
        changes: list[Change] = []
        for other in self._others(session, message):
            if other is not None and other is not session and not other.ended:
                session, united = self._unite(session, other, at)
                changes += united
        return session, changes

    def _others(self, session: CallSession, message: Message) -> Iterable[CallSession | None]:
        if message.name == "BridgeEnter" and not holds(message):
            return [self._living.by_bridge.setdefault(text(message, "BridgeUniqueid"), session)]
        return [self._living.by_channel.get(text(message, key)) for key in _OTHER.get(message.name, ())]

    def _unite(self, one: CallSession, other: CallSession, at: datetime) -> tuple[CallSession, list[Change]]:
        kept, lost = sorted((one, other), key=_rank)
        over, happened = kept.absorb(lost, at)
        self._living.unite(lost, kept)
        return kept, [(lost, over), (kept, happened)]

    def _index(self, session: CallSession, message: Message) -> None:
        if message.name == "Newchannel":
            self._living.by_channel[text(message, "Uniqueid")] = session
        elif message.name == "BridgeLeave":
            bridge = text(message, "BridgeUniqueid")
            if bridge not in session.bridges.names():
                self._living.by_bridge.pop(bridge, None)
        elif message.name == "Hangup":
            self._living.by_channel.pop(text(message, "Uniqueid"), None)
            if session.ended:
                self._living.forget(session)

    def _united_unheard(self, channels: Iterable[ChannelSeen], at: datetime) -> list[Change]:
        """Calls that became one while nobody heard: an agent of one is in a bridge with a party of another."""
        changes: list[Change] = []
        bridges: dict[str, list[ChannelSeen]] = defaultdict(list)
        for channel in channels:
            bridges[channel.bridge_id].append(channel)
        for bridge, members in bridges.items():
            served = bridge and any(endpoint(member.channel) in self._agents for member in members)
            known = [call for member in members if (call := self._living.by_channel.get(member.uniqueid))]
            for other in known[1:] if served else []:
                if other is not known[0] and not other.ended:
                    known[0], united = self._unite(known[0], other, at)
                    changes += united
        return changes

    def _by_session(self, channels: Iterable[ChannelSeen]) -> dict[str, list[ChannelSeen]]:
        grouped: dict[str, list[ChannelSeen]] = defaultdict(list)
        for channel in sorted(channels, key=lambda seen: _order(seen.uniqueid)):
            known = self._living.by_channel.get(channel.uniqueid) or self._living.by_link.get(channel.linked_id)
            grouped[known.record.linked_id if known else channel.linked_id].append(channel)
        return grouped

    def _found(self, channels: list[ChannelSeen], at: datetime) -> CallSession | None:
        first = next((seen for seen in channels if not is_machinery(seen.channel)), None)
        if first is None:
            return None
        began = at - timedelta(seconds=first.age_s)
        return self._open(_First(first.linked_id, first.channel, first.number, first.exten), began)

    def _see(self, session: CallSession, channels: Iterable[ChannelSeen]) -> None:
        for channel in channels:
            self._living.by_channel[channel.uniqueid] = session
            there = session.bridges.bridge_of(channel.uniqueid) == channel.bridge_id
            if channel.bridge_id and there and endpoint(channel.channel) in self._agents:
                self._living.by_bridge[channel.bridge_id] = session
        if session.ended:
            self._living.forget(session)


@dataclass(frozen=True)
class _First:
    """What a call begins with; `called`: Asterisk calls that phone."""

    linked_id: str
    channel: str
    caller: str
    dialled: str
    called: bool = False


def _first(message: Message) -> _First:
    called = message.get("ChannelStateDesc") == "Down"
    dialled = "" if called else text(message, "Exten")
    return _First(text(message, "Linkedid"), text(message, "Channel"), text(message, "CallerIDNum"), dialled, called)


def _rank(call: CallSession) -> tuple[bool, bool, tuple[float, int]]:
    """Of two calls that become one the first goes on: with somebody outside, who called in, the older one."""
    outside = any(leg.extension is None for leg in call.legs.values())
    return (not outside, call.record.direction != "inbound", _order(call.record.linked_id))


def _order(uniqueid: str) -> tuple[float, int]:
    """`name-1700000000.12` in the order of making."""
    seconds, _, count = uniqueid.rpartition("-")[2].partition(".")
    return (float(seconds) if seconds.isdigit() else 0.0, int(count) if count.isdigit() else 0)
