"""Commands to the queues of a real Asterisk; and a fake that does what it is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import structlog

from callcenter.asterisk.ami.connection import ACTION_LIMIT_S, ActionFailed, AmiClient, NotConnected
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.queues.ports import PHONE, PbxUnreachable, QueueCaller, QueueMember, QueueSnapshot

log = structlog.get_logger(__name__)
_NOTHING_TO_DO = ("already there", "not there")
_ABSENT = {"UNAVAILABLE", "INVALID", "UNKNOWN", ""}


@dataclass(frozen=True)
class AmiPbxControl:
    """The queues over the manager interface."""

    client: AmiClient

    async def queue_add(self, member: QueueMember, name: str) -> None:
        await self._act(
            "QueueAdd",
            Queue=member.queue,
            Interface=member.interface,
            MemberName=name,
            Paused=_yes(member.paused),
            Reason=member.reason,
        )

    async def queue_remove(self, queue: str, interface: str) -> None:
        await self._act("QueueRemove", Queue=queue, Interface=interface)

    async def queue_pause(self, member: QueueMember) -> None:
        await self._act(
            "QueuePause",
            Queue=member.queue,
            Interface=member.interface,
            Paused=_yes(member.paused),
            Reason=member.reason,
        )

    async def queues(self) -> QueueSnapshot:
        rows = await self._list("QueueStatus")
        return QueueSnapshot(
            members=[_member(row) for row in rows if row.name == "QueueMember"],
            callers=[_caller(row) for row in rows if row.name == "QueueEntry"],
        )

    async def phones(self) -> Mapping[str, bool]:
        rows = await self._list("DeviceStateList")
        devices = {row.get("Device"): registered(row.get("State")) for row in rows}
        return {name.removeprefix(PHONE): state for name, state in devices.items() if name.startswith(PHONE)}

    async def _act(self, name: str, **headers: str) -> None:
        with _reachable():
            try:
                await self.client.action(name, limit_s=ACTION_LIMIT_S, **headers)
            except ActionFailed as error:
                if not any(text in error.message.get("Message").lower() for text in _NOTHING_TO_DO):
                    log.error("queue_command_refused", command=name, answer=str(error), **headers)

    async def _list(self, name: str) -> list[AmiMessage]:
        with _reachable():
            try:
                return await self.client.list_action(name)
            except ActionFailed as error:
                log.error("queue_command_refused", command=name, answer=str(error))
                return []


def registered(device_state: str) -> bool:
    """What a device's state says about its phone."""
    return device_state not in _ABSENT


@dataclass
class FakePbx:
    """Queues in memory. `commands` tells what was asked, `broken` makes it unreachable."""

    members: dict[tuple[str, str], QueueMember] = field(default_factory=dict)
    callers: list[QueueCaller] = field(default_factory=list)
    registered: dict[str, bool] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    broken: bool = False

    async def queue_add(self, member: QueueMember, name: str) -> None:
        self._do(f"add {member.queue} {member.interface} {_yes(member.paused)} {member.reason}".rstrip())
        self.members.setdefault((member.queue, member.interface), member)

    async def queue_remove(self, queue: str, interface: str) -> None:
        self._do(f"remove {queue} {interface}")
        self.members.pop((queue, interface), None)

    async def queue_pause(self, member: QueueMember) -> None:
        self._do(f"pause {member.queue} {member.interface} {_yes(member.paused)} {member.reason}".rstrip())
        key = (member.queue, member.interface)
        if key in self.members:
            self.members[key] = replace(self.members[key], paused=member.paused, reason=member.reason)

    async def queues(self) -> QueueSnapshot:
        self._check()
        return QueueSnapshot(members=list(self.members.values()), callers=list(self.callers))

    async def phones(self) -> Mapping[str, bool]:
        self._check()
        return dict(self.registered)

    def _do(self, command: str) -> None:
        self._check()
        self.commands.append(command)

    def _check(self) -> None:
        if self.broken:
            raise PbxUnreachable


@contextmanager
def _reachable() -> Iterator[None]:
    try:
        yield
    except (NotConnected, TimeoutError, OSError) as error:
        raise PbxUnreachable from error


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _member(row: AmiMessage) -> QueueMember:
    return QueueMember(row.get("Queue"), row.get("Location"), row.get("Paused") == "1", row.get("PausedReason"))


def _caller(row: AmiMessage) -> QueueCaller:
    wait = row.get("Wait")
    return QueueCaller(row.get("Queue"), row.get("Uniqueid"), float(wait) if wait.isdigit() else 0.0)
