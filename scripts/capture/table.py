"""A captured conversation as a text table; see `tests/wire/conversations.py` for the format."""

from __future__ import annotations

import re

from scripts.capture.manager import Headers
from scripts.capture.scene import Taken
from tests.wire.conversations import Channel, quoted

# Said of each channel in every message; written down only where it is new.
_VARIABLES = re.compile(r"CC_\w+|IVR_DONE|QUEUESTATUS|DIALSTATUS|ABANDONED")
_NEW = ("ChannelStateDesc", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "Exten", "Context")
_OF_EVENT = {
    "Newchannel": _NEW,
    "Newstate": ("ChannelStateDesc", "CallerIDNum", "ConnectedLineNum"),
    "NewCallerid": ("CallerIDNum", "CallerIDName"),
    "DialBegin": ("Exten", "DialString"),
    "QueueCallerJoin": ("CallerIDNum", "CallerIDName", "ConnectedLineNum"),
    "BlindTransfer": ("Context",),
    "OriginateResponse": ("Exten", "Context", "CallerIDNum"),
}
_ALWAYS = frozenset({
    "Variable", "Value", "Queue", "Position", "OriginalPosition", "Count", "HoldTime", "RingTime", "TalkTime", "Reason",
    "Interface", "MemberName", "Status", "Paused", "PausedReason", "InCall", "DialStatus", "Cause", "Cause-txt",
    "Result", "IsExternal", "Extension", "DestType", "DestApp", "BridgeType", "BridgeNumChannels", "SwapUniqueid",
    "Newname", "Parkinglot", "ParkingLot", "ParkingSpace", "Conference", "Response", "Device", "State", "Threeway",
})  # fmt: skip
# Said of the phones at large, or of what everybody sees from other messages.
_DROPPED = frozenset({
    "NewConnectedLine", "NewAccountCode", "ContactStatus", "PeerStatus", "ExtensionStatus", "SuccessfulAuth",
    "QueueMemberAdded", "QueueMemberRemoved", "NewExten", "MusicOnHoldStart", "MusicOnHoldStop", "DTMFBegin", "DTMFEnd",
    "DTMF", "FullyBooted", "AGIExecStart", "AGIExecEnd", "AsyncAGIStart",
})  # fmt: skip
_NOBODY = ("", "<unknown>")
_ALIASES = {"trunk": "caller", "carrier": "far"}


class Table:
    """Names channels and bridges as they turn up."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken
        self.channels: dict[str, tuple[str, Channel]] = {}
        self._bridges: dict[str, str] = {}

    def lines(self) -> list[str]:
        return [line for event in self._taken.events if (line := self._line(event))]

    def _line(self, event: Headers) -> str:
        headers = dict(event)
        name = headers.pop("Event")
        if name in _DROPPED or (name == "VarSet" and not _VARIABLES.fullmatch(headers.get("Variable", ""))):
            return ""
        if headers.get("Device", "").startswith(("PJSIP/trunk", "PJSIP/carrier", "Queue:", "Local/")):
            return ""
        seconds = float(headers.pop("Timestamp")) - self._taken.started
        channels = {key[: -len("Uniqueid")]: headers for key in headers if key.endswith("Uniqueid")}
        cells = {prefix: self._alias(prefix, headers) for prefix in channels if f"{prefix}Channel" in headers}
        mine = cells.pop("", "-")
        rest = [f"{prefix}:{cell}" for prefix, cell in cells.items() if cell != "-"]
        rest += [f"{key}={self._value(key, value)}" for key, value in headers.items() if _kept(name, key, value)]
        return " ".join([f"{seconds:9.6f} {name:<18} {mine:<8}", *rest]).rstrip()

    def _alias(self, prefix: str, headers: dict[str, str]) -> str:
        name, uniqueid = headers[f"{prefix}Channel"], headers[f"{prefix}Uniqueid"]
        if uniqueid in _NOBODY:
            return "-"
        linkedid = headers.get(f"{prefix}Linkedid")
        if uniqueid not in self.channels:
            self.channels[uniqueid] = (self._fresh(name), Channel(name, uniqueid, linkedid or uniqueid))
        alias, channel = self.channels[uniqueid]
        if linkedid is None:
            return f"{alias}@-"
        if linkedid == channel.linkedid:
            return alias
        other = self.channels.get(linkedid)
        return f"{alias}@{other[0] if other else linkedid}"

    def _fresh(self, channel: str) -> str:
        """`PJSIP/1001-00000002` becomes 1001, the next one of that phone 1001.2; the halves of a Local _1, _2."""
        technology, _, rest = channel.partition("/")
        end = rest.rpartition("-")[0].partition("@")[0]
        alias = _ALIASES.get(end, end) if technology == "PJSIP" else f"{technology}-{end}".replace("/", "-").lower()
        half = f"_{channel[-1]}" if channel[-2:-1] == ";" else ""
        taken = {name for name, _ in self.channels.values()}
        wanted = (f"{alias}{'' if n == 1 else f'.{n}'}{half}" for n in range(1, 1000))
        return next(name for name in wanted if name not in taken)

    def _value(self, key: str, value: str) -> str:
        if key.endswith("BridgeUniqueid"):
            return self._bridges.setdefault(value, f"b{len(self._bridges) + 1}")
        return quoted(value)


def _kept(event: str, key: str, value: str) -> bool:
    if value in _NOBODY:
        return False
    if key == "BridgeTechnology":
        return value == "holding_bridge"
    return key in _ALWAYS or key.endswith("BridgeUniqueid") or key in _OF_EVENT.get(event, ())


def written(taken: Taken) -> str:
    """The whole file but for what the ledger makes of it."""
    table = Table(taken)
    messages = table.lines()
    channels = [f"{alias:<8} {each.name} {each.uniqueid} {each.linkedid}" for alias, each in table.channels.values()]
    account = [f"call {call}" for call in taken.calls]
    account += [f"{at - taken.started:9.3f} {deed}" for at, deed in taken.account]
    sections = {
        "channels": channels,
        "messages": messages,
        "cel": [_printable(row) for row in taken.cel],
        "cdr": [_printable(row) for row in taken.cdr],
        "queue_log": [_printable(row) for row in taken.queue_log],
        "account": account,
    }
    body = "".join(f"\n[{name}]\n" + "".join(f"{line}\n" for line in lines) for name, lines in sections.items())
    return f"{taken.scenario.title}\nstarted {taken.started:.6f}\n" + body.replace(taken.home, "/capture")


def _printable(row: str) -> str:
    return row.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
