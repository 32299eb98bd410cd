"""Asks a real Asterisk what is alive; and one that only pretends, for tests and trials without Asterisk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from callcenter.asterisk.ami.connection import AmiClient
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.asterisk.files.cells import moment
from callcenter.calls.ports import ChannelSeen, PbxSnapshot
from callcenter.calls.resync import TOLD

# What Asterisk says of a variable that a channel has not.
_UNSET = "(null)"


@dataclass(frozen=True)
class AmiPbxState:
    """What is alive, over the manager interface."""

    client: AmiClient

    async def now(self) -> datetime | None:
        return moment((await self.client.action("Ping")).get("Timestamp"))

    async def snapshot(self) -> PbxSnapshot:
        status = await self.client.action("CoreStatus")
        channels = await self.client.list_action("Status", Variables=",".join(sorted(TOLD)))
        boot = f"{status.get('CoreStartupDate')} {status.get('CoreStartupTime')}"
        return PbxSnapshot(boot=boot, channels=[_seen(channel) for channel in channels])


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
        variables=dict(pair for variable in message.all("Variable") if (pair := _pair(variable))[1] != _UNSET),
    )


def _pair(variable: str) -> tuple[str, str]:
    name, _, value = variable.partition("=")
    return name, value
