"""Text tables of AMI conversations. One line is one message: seconds, name, channel, other headers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

AGENTS = {"1001": "user-li", "1002": "user-wang", "1003": "user-zhao"}
NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
# The short names of channels in the tables: channel name, unique id, linked id.
CHANNELS = {
    "caller": ("PJSIP/trunk-00000001", "pbx-100.1", "pbx-100.1"),
    "li": ("PJSIP/1001-00000002", "pbx-100.2", "pbx-100.1"),
    "wang": ("PJSIP/1002-00000003", "pbx-100.3", "pbx-100.1"),
    "li2": ("PJSIP/1001-00000004", "pbx-100.4", "pbx-100.1"),
    "desk": ("PJSIP/1001-00000005", "pbx-100.5", "pbx-100.5"),
    "zhao": ("PJSIP/1003-00000006", "pbx-100.6", "pbx-100.5"),
    "zhao@caller": ("PJSIP/1003-00000006", "pbx-100.6", "pbx-100.1"),
    "out": ("PJSIP/trunk-00000007", "pbx-100.7", "pbx-100.5"),
}


@dataclass(frozen=True)
class Line:
    name: str
    headers: dict[str, str]

    def get(self, key: str, /) -> str | None:
        return self.headers.get(key)


def conversation(table: str) -> list[Line]:
    return [_line(row.split()) for row in table.strip().splitlines() if row.strip()]


def _line(cells: list[str]) -> Line:
    seconds, name, channel, *rest = cells
    headers = {"Timestamp": str(NOON.timestamp() + float(seconds))}
    for cell in rest:
        key, _, value = cell.partition("=")
        if key == "Dest":
            headers |= dict(zip(("DestChannel", "DestUniqueid", "DestLinkedid"), CHANNELS[value], strict=True))
        else:
            headers[key] = value
    headers |= dict(zip(("Channel", "Uniqueid", "Linkedid"), CHANNELS[channel], strict=True))
    return Line(name, headers)


IN = """
0    Newchannel  caller CallerIDNum=13800138000 Exten=02088886666 ChannelStateDesc=Ring
0.1  Newstate    caller ChannelStateDesc=Up
"""
MENU = """
0.1  VarSet      caller Variable=CC_LANG Value=zh
0.2  MixMonitorStart caller
5    VarSet      caller Variable=CC_MENU_PATH Value=main/complaint
5    VarSet      caller Variable=CC_KIND Value=complaint
5    VarSet      caller Variable=CC_QUEUE Value=complaint
5    VarSet      caller Variable=IVR_DONE Value=1
6    QueueCallerJoin caller Queue=complaint Position=1 Count=1
"""
RING_LI = """
6.1  Newchannel  li     ChannelStateDesc=Down Exten=
6.1  DialBegin   caller Dest=li
6.1  AgentCalled caller Dest=li Queue=complaint Interface=PJSIP/1001
6.2  Newstate    li     ChannelStateDesc=Ringing
6.2  DialState   caller Dest=li DialStatus=RINGING
"""
RING_WANG = """
6.1  Newchannel  wang   ChannelStateDesc=Down Exten=
6.1  AgentCalled caller Dest=wang Queue=complaint Interface=PJSIP/1002
6.3  Newstate    wang   ChannelStateDesc=Ringing
"""
LI_ANSWERS = """
9    Newstate    li     ChannelStateDesc=Up
9    DialEnd     caller Dest=li DialStatus=ANSWER
9    QueueCallerLeave caller Queue=complaint
9    AgentConnect caller Dest=li Queue=complaint HoldTime=3
9    BridgeEnter li     BridgeUniqueid=b1
9    BridgeEnter caller BridgeUniqueid=b1
"""
CALLER_ENDS = """
30   HangupRequest caller Cause=16
30   BridgeLeave caller BridgeUniqueid=b1
30   BridgeLeave li     BridgeUniqueid=b1
30   AgentComplete caller Dest=li Queue=complaint Reason=caller TalkTime=21
30   Hangup      li     Cause=16
30.1 Hangup      caller Cause=16
"""
