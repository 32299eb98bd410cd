"""The played Asterisk: what lives in it at any moment, who hears it, and a link that can be cut."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from callcenter.bench.manager import Manager
from callcenter.bench.storm.channel import STATES, Channel
from callcenter.bench.storm.tape import Happening

_DEVICES = {5: "RINGING", 6: "INUSE"}
_MEMBERS = {"RINGING": 6, "INUSE": 2, "NOT_INUSE": 1}


@dataclass
class Hearing:
    """When somebody was logged in: from, until (None: still), by `time.perf_counter`."""

    spans: list[tuple[float, float | None]] = field(default_factory=list)

    def began(self) -> None:
        """Somebody hears from now on."""
        self.spans.append((time.perf_counter(), None))

    def ended(self) -> None:
        """Nobody hears any more."""
        if self.spans and self.spans[-1][1] is None:
            self.spans[-1] = (self.spans[-1][0], time.perf_counter())

    def within(self, begins: float, ends: float) -> Iterable[tuple[float, float]]:
        """The parts of a time in which somebody heard."""
        for since, until in self.spans:
            one, other = max(since, begins), min(until if until is not None else ends, ends)
            if one < other:
                yield one, other


class Exchange(Manager):
    """`zero`: when the run begins, by `time.perf_counter`; `due`: when the next thing will be
    said, in seconds from then."""

    def __init__(self, extensions: Sequence[str]) -> None:
        super().__init__(extensions)
        self.hearing = Hearing()
        self.zero = 0.0
        self.due = math.inf
        self._channels: dict[str, Channel] = {}
        self._devices: dict[str, str] = {}
        self._members: dict[tuple[str, str], dict[str, str]] = {}
        self._closed_until = 0.0

    def clock(self) -> float:
        """Seconds since the run began."""
        return time.perf_counter() - self.zero

    def link_age(self) -> float | None:
        """Since when somebody has been logged in, in seconds; None: nobody is."""
        since, until = self.hearing.spans[-1] if self.hearing.spans else (0.0, 0.0)
        return time.perf_counter() - since if until is None else None

    def cut(self, refuses_s: float = 0.0) -> None:
        """Break every connection at once, and let nobody in for a while."""
        self._closed_until = time.perf_counter() + refuses_s
        for writer in tuple(self._logged_in):
            self._logged_in.discard(writer)
            self.went()
            writer.transport.abort()

    def happen(self, happenings: Iterable[Happening]) -> bool:
        """Let it be so, and say it to whoever hears; whether anybody does."""
        said: list[bytes] = []
        for each in happenings:
            if each.ami:
                said.append(each.ami)
            if each.channel is not None:
                self._stands(each.channel, each.gone)
        return self.say(b"".join(said)) if said else bool(self._logged_in)

    def now(self) -> float:
        """The moment up to which all has been said: an Asterisk does not lag behind itself."""
        return time.time() - max(0.0, self.clock() - self.due)

    def came(self) -> None:
        self.hearing.began()

    def went(self) -> None:
        if not self._logged_in:
            self.hearing.ended()

    def act(self, action: str, headers: Mapping[str, str]) -> None:
        key = (headers.get("Queue", ""), headers.get("Interface", ""))
        if action == "QueueAdd":
            self._members.setdefault(key, dict(headers))
        elif action == "QueueRemove":
            self._members.pop(key, None)
        elif action == "QueuePause" and key in self._members:
            self._members[key] |= {"Paused": headers["Paused"], "Reason": headers.get("Reason", "")}

    def items(self, action: str) -> list[str]:
        match action:
            case "Status":
                return [self._status(each) for each in self._channels.values()]
            case "CoreShowChannels":
                return [self._shown(each) for each in self._channels.values()]
            case "QueueStatus":
                return [*self._queue_members(), *self._queue_entries()]
            case _:
                return [
                    f"Event: DeviceStateChange\r\nDevice: PJSIP/{each}\r\nState: {self._device(each)}\r\n"
                    for each in self._extensions
                ]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if time.perf_counter() < self._closed_until:
            writer.transport.abort()
            return
        await super()._serve(reader, writer)

    def _stands(self, channel: Channel, gone: bool) -> None:
        if gone:
            self._channels.pop(channel.uniqueid, None)
        else:
            self._channels[channel.uniqueid] = channel
        self._devices[channel.endpoint] = "NOT_INUSE" if gone else _DEVICES.get(channel.state, "NOT_INUSE")

    def _device(self, extension: str) -> str:
        return self._devices.get(f"PJSIP/{extension}", "NOT_INUSE")

    def _status(self, channel: Channel) -> str:
        told = dict(channel.variables)
        names = ("CC_KIND", "CC_LANG", "CC_MENU_PATH", "CC_RECORDING_BEGAN")
        variables = "".join(f"Variable: {name}={told.get(name, '(null)')}\r\n" for name in names)
        return (
            f"Event: Status\r\nPrivilege: Call\r\n{_snapshot(channel)}Type: PJSIP\r\nDNID: \r\n"
            f"BridgeID: {channel.bridge}\r\nApplication: {channel.app}\r\nData: {channel.data}\r\n"
            f"Seconds: {int(self.clock() - channel.began)}\r\n{variables}"
        )

    def _shown(self, channel: Channel) -> str:
        lasts = int(self.clock() - channel.began)
        return (
            f"Event: CoreShowChannel\r\n{_snapshot(channel)}Application: {channel.app}\r\n"
            f"ApplicationData: {channel.data}\r\nDuration: {lasts // 3600:02}:{lasts // 60 % 60:02}:{lasts % 60:02}\r\n"
            f"BridgeId: {channel.bridge}\r\n"
        )

    def _queue_members(self) -> list[str]:
        found = []
        for (queue, interface), member in self._members.items():
            state = self._device(interface.removeprefix("PJSIP/"))
            paused = "1" if member.get("Paused") == "true" else "0"
            found.append(
                f"Event: QueueMember\r\nQueue: {queue}\r\nName: {member.get('MemberName', '')}\r\n"
                f"Location: {interface}\r\nStateInterface: {interface}\r\nMembership: dynamic\r\nPenalty: 0\r\n"
                f"CallsTaken: 0\r\nLastCall: 0\r\nLastPause: 0\r\nLoginTime: 0\r\nInCall: 0\r\n"
                f"Status: {_MEMBERS[state]}\r\nPaused: {paused}\r\nPausedReason: {member.get('Reason', '')}\r\n"
                f"Wrapuptime: 2\r\n"
            )
        return found

    def _queue_entries(self) -> list[str]:
        return [
            f"Event: QueueEntry\r\nQueue: {channel.waits}\r\nPosition: 1\r\nChannel: {channel.name}\r\n"
            f"Uniqueid: {channel.uniqueid}\r\nCallerIDNum: {channel.number}\r\nCallerIDName: unknown\r\n"
            f"ConnectedLineNum: unknown\r\nConnectedLineName: unknown\r\n"
            f"Wait: {int(self.clock() - channel.began)}\r\nPriority: 0\r\n"
            for channel in self._channels.values()
            if channel.waits
        ]


def _snapshot(channel: Channel) -> str:
    return (
        f"Channel: {channel.name}\r\nChannelState: {channel.state}\r\nChannelStateDesc: {STATES[channel.state]}\r\n"
        f"CallerIDNum: {channel.number or '<unknown>'}\r\nCallerIDName: <unknown>\r\n"
        f"ConnectedLineNum: {channel.peer or '<unknown>'}\r\nConnectedLineName: <unknown>\r\nLanguage: zh\r\n"
        f"AccountCode: \r\nContext: {channel.context}\r\nExten: {channel.exten}\r\nPriority: {channel.priority}\r\n"
        f"Uniqueid: {channel.uniqueid}\r\nLinkedid: {channel.linkedid}\r\n"
    )
