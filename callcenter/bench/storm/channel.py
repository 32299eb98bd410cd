"""One channel as Asterisk tells of it, and its messages: the headers of the real ones, in their order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import callcenter.asterisk

SYSTEM = "storm"
STATES = {0: "Down", 4: "Ring", 5: "Ringing", 6: "Up"}
_NOBODY = "<unknown>"
_EXTENSION = 6
_TEMPLATES = Path(callcenter.asterisk.__file__).parent / "templates"
_COLUMN = re.compile(r"\$\{CSV_QUOTE\(\$\{(.+?)\}\)\}")
_PRIVILEGES = {
    "VarSet": "dialplan,all",
    "QueueCallerJoin": "agent,all",
    "QueueCallerLeave": "agent,all",
    "QueueCallerAbandon": "agent,all",
    "QueueMemberStatus": "agent,all",
    "AgentCalled": "agent,all",
    "AgentConnect": "agent,all",
    "AgentComplete": "agent,all",
    "AgentRingNoAnswer": "agent,all",
}


@dataclass(frozen=True)
class Channel:
    """A living channel. `peer` is the number it is connected with, `waits` the queue in which its caller waits;
    `began` seconds from the beginning of the run."""

    name: str
    uniqueid: str
    linkedid: str
    began: float
    number: str = ""
    peer: str = ""
    state: int = 0
    context: str = "callcenter-phones"
    exten: str = "s"
    priority: int = 1
    app: str = ""
    data: str = ""
    bridge: str = ""
    waits: str = ""
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def endpoint(self) -> str:
        """`PJSIP/1001` of `PJSIP/1001-0000002a`."""
        return self.name.rpartition("-")[0]


def headers(channel: Channel, prefix: str = "") -> str:
    """The snapshot that is part of most messages."""
    fields = (
        ("Channel", channel.name),
        ("ChannelState", str(channel.state)),
        ("ChannelStateDesc", STATES[channel.state]),
        ("CallerIDNum", channel.number or _NOBODY),
        ("CallerIDName", _name(channel.number)),
        ("ConnectedLineNum", channel.peer or _NOBODY),
        ("ConnectedLineName", _name(channel.peer)),
        ("Language", "zh"),
        ("AccountCode", ""),
        ("Context", channel.context),
        ("Exten", channel.exten),
        ("Priority", str(channel.priority)),
        ("Uniqueid", channel.uniqueid),
        ("Linkedid", channel.linkedid),
    )
    return "".join(f"{prefix}{name}: {value}\r\n" for name, value in fields)


def bridge_headers(bridge: str, members: int, prefix: str = "Bridge") -> str:
    """A bridge, as messages tell of it."""
    return (
        f"{prefix}Uniqueid: {bridge}\r\n{prefix}Type: basic\r\n{prefix}Technology: simple_bridge\r\n"
        f"{prefix}Creator: <unknown>\r\n{prefix}Name: <unknown>\r\n{prefix}NumChannels: {members}\r\n"
        f"{prefix}VideoSourceMode: none\r\n"
    )


def message(event: str, stamp: str, *parts: str) -> bytes:
    """One event. Parts are whole header lines; `stamp` is its time in seconds since 1970."""
    privilege = _PRIVILEGES.get(event, "call,all")
    start = f"Event: {event}\r\nPrivilege: {privilege}\r\nTimestamp: {stamp}\r\nSystemName: {SYSTEM}\r\n"
    return (start + "".join(parts) + "\r\n").encode()


def cel_row(event: str, stamp: str, channel: Channel, extra: str = "") -> str:
    """A line of `cel-custom/Master.csv`, in the columns that our own configuration asks for."""
    values = {
        "eventtype": event,
        "eventtime": stamp,
        "CHANNEL(linkedid)": channel.linkedid,
        "CHANNEL(uniqueid)": channel.uniqueid,
        "CHANNEL(channame)": channel.name,
        "CALLERID(num)": channel.number,
        "CHANNEL(exten)": channel.exten,
        "CHANNEL(context)": channel.context,
        "CHANNEL(appname)": channel.app,
        "CHANNEL(appdata)": channel.data,
        "CHANNEL(peer)": "",
        "eventextra": extra,
    }
    return _row("cel_custom.conf.j2", values)


def cdr_row(values: dict[str, str]) -> str:
    """A line of `cdr-custom/Master.csv`. Keys are the names within CDR(), times without what comes after a comma."""
    return _row("cdr_custom.conf.j2", {f"CDR({name})": value for name, value in values.items()})


def _row(template: str, values: dict[str, str]) -> str:
    cells = (values[column].replace('"', '""') for column in _columns(template))
    return ",".join(f'"{cell}"' for cell in cells)


@cache
def _columns(template: str) -> tuple[str, ...]:
    """What stands in the columns of a file. Times of the CDR are asked for as numbers: `CDR(start,u)`."""
    found = _COLUMN.findall((_TEMPLATES / template).read_text(encoding="utf-8"))
    return tuple(column.replace(",u)", ")") for column in found)


def _name(number: str) -> str:
    """Phones have their extension as name; callers none."""
    return number if number and len(number) <= _EXTENSION else _NOBODY
