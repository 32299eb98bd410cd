"""What Asterisk would say is alive, from a conversation's own messages: knows nothing of the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.calls.ports import ChannelSeen, PbxSnapshot

_LEFT_QUEUE = ("QueueCallerAbandon",)
_TOLD = ("CC_MENU_PATH", "CC_KIND", "CC_LANG", "CC_RECORDING_BEGAN")


@dataclass
class _Channel:
    name: str
    linked_id: str
    number: str
    exten: str
    state: str
    born: float
    bridge: str = ""
    queue: str | None = None
    variables: dict[str, str] = field(default_factory=dict)


def snapshot(messages: Iterable[AmiMessage]) -> PbxSnapshot:
    """What is alive after these messages."""
    channels: dict[str, _Channel] = {}
    now = 0.0
    for message in messages:
        now = float(message.get("Timestamp"))
        _take(channels, message, now)
    return PbxSnapshot("boot-1", [_seen(uniqueid, each, now) for uniqueid, each in channels.items()])


def _take(channels: dict[str, _Channel], message: AmiMessage, now: float) -> None:
    name, uniqueid = message.name, message.get("Uniqueid")
    if name == "Newchannel":
        heads = (message.get(key) for key in ("Channel", "Linkedid", "CallerIDNum", "Exten", "ChannelStateDesc"))
        channels[uniqueid] = _Channel(*heads, born=now)
    channel = channels.get(uniqueid)
    if channel is None:
        return
    channel.linked_id = message.get("Linkedid") or channel.linked_id
    if name == "Hangup":
        del channels[uniqueid]
    elif name == "Newstate":
        channel.state = message.get("ChannelStateDesc")
    elif name == "BridgeEnter":
        channel.bridge = message.get("BridgeUniqueid")
    elif name == "BridgeLeave" and channel.bridge == message.get("BridgeUniqueid"):
        channel.bridge = ""
    elif name == "QueueCallerJoin":
        channel.queue = message.get("Queue")
    elif name in _LEFT_QUEUE or (name == "VarSet" and message.get("Variable") == "QUEUESTATUS"):
        channel.queue = None
    elif name == "VarSet" and message.get("Variable") in _TOLD:
        channel.variables[message.get("Variable")] = message.get("Value")


def _seen(uniqueid: str, channel: _Channel, now: float) -> ChannelSeen:
    return ChannelSeen(
        channel=channel.name,
        uniqueid=uniqueid,
        linked_id=channel.linked_id,
        state=channel.state,
        number=channel.number,
        exten=channel.exten,
        bridge_id=channel.bridge,
        queue=channel.queue,
        age_s=now - channel.born,
        variables=channel.variables,
    )
