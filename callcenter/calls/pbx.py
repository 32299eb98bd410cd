"""Asks a real Asterisk what is alive; and one that only pretends, for tests and trials without Asterisk."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from callcenter.asterisk.ami.connection import ActionFailed, AmiClient
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.asterisk.files.cells import moment
from callcenter.calls.ports import ChannelSeen, PbxSnapshot
from callcenter.calls.resync import TOLD

log = structlog.get_logger(__name__)
# What Asterisk says of a variable that a channel has not.
_UNSET = "(null)"
# Whether the phone at a channel holds the call: 1 or 0. A device's state ONHOLD is that of the other side.
_HELD = "CHANNEL(rtp,hold)"
_ASKED = ",".join([*sorted(TOLD), _HELD])
# Nobody is called that: of the queues only who waits in them is listed.
_NO_MEMBER = "-"


@dataclass(frozen=True)
class AmiPbxState:
    """What is alive, over the manager interface. `Status` tells all that `CoreShowChannels` does, and more."""

    client: AmiClient

    async def now(self) -> datetime | None:
        return moment((await self.client.action("Ping")).get("Timestamp"))

    async def snapshot(self) -> PbxSnapshot:
        status = await self.client.action("CoreStatus")
        channels = [_seen(each) async for each in self.client.stream_action("Status", Variables=_ASKED)]
        boot = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
        waiting = await self._waiting()
        return PbxSnapshot(boot=boot, channels=[_waits(each, waiting.get(each.uniqueid)) for each in channels])

    async def _waiting(self) -> dict[str, AmiMessage]:
        """Who waits in a queue, by channel."""
        try:
            listed = self.client.stream_action("QueueStatus", Member=_NO_MEMBER)
            return {each.get("Uniqueid"): each async for each in listed if each.name == "QueueEntry"}
        except ActionFailed as error:  # a firm's own Asterisk may have no queues
            log.warning("queues_untold", reason=str(error))
            return {}


@dataclass
class FakePbxState:
    """Says what it was told to say."""

    boot: str = "boot-1"
    channels: list[ChannelSeen] = field(default_factory=list)
    at: datetime | None = None

    async def now(self) -> datetime | None:
        return self.at

    async def snapshot(self) -> PbxSnapshot:
        return PbxSnapshot(boot=self.boot, channels=list(self.channels))


def _seen(message: AmiMessage) -> ChannelSeen:
    told = dict(_pair(variable) for variable in message.all("Variable"))
    return ChannelSeen(
        channel=message.get("Channel"),
        uniqueid=message.get("Uniqueid"),
        linked_id=message.get("Linkedid"),
        state=message.get("ChannelStateDesc"),
        number=message.get("CallerIDNum"),
        exten=message.get("Exten"),
        bridge_id=message.get("BridgeID"),
        queue=message.get("Data").partition(",")[0] if message.get("Application") == "Queue" else None,
        age_s=float(message.get("Seconds", "0")),
        variables={name: value for name, value in told.items() if value != _UNSET and name != _HELD},
        held={"1": True, "0": False}.get(told.get(_HELD, "")),
    )


def _waits(seen: ChannelSeen, entry: AmiMessage | None) -> ChannelSeen:
    if entry is None:
        return seen
    wait, position = entry.get("Wait"), entry.get("Position")
    return replace(
        seen,
        queue=entry.get("Queue"),
        waits_s=float(wait) if wait.isdecimal() else 0.0,
        position=int(position) if position.isdecimal() else 1,
    )


def _pair(variable: str) -> tuple[str, str]:
    name, _, value = variable.partition("=")
    return name, value
