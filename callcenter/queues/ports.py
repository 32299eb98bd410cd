"""What the queues ask of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

# What Asterisk puts before an extension to name its phone.
PHONE = "PJSIP/"
# Extension of a phone → id of the user who sits at it. The owner of the mapping may change it at any time.
Agents = Mapping[str, str]


class Message(Protocol):
    """One AMI message: its event name, and its headers under Asterisk's spelling (None when absent)."""

    @property
    def name(self) -> str: ...

    def get(self, key: str, /) -> str | None: ...


class Busy(Protocol):
    """A phone that rings or talks."""

    @property
    def extension(self) -> str: ...
    @property
    def call_id(self) -> str: ...
    @property
    def talking(self) -> bool: ...
    @property
    def queue(self) -> str | None: ...
    @property
    def since(self) -> datetime: ...


BusyAgents = Callable[[], Awaitable[Sequence[Busy]]]


@dataclass(frozen=True)
class QueueMember:
    """A member as Asterisk holds him; `interface` such as `PJSIP/1001`."""

    queue: str
    interface: str
    paused: bool
    reason: str


@dataclass(frozen=True)
class QueueCaller:
    """A caller who waits."""

    queue: str
    uniqueid: str
    waited_s: float


@dataclass(frozen=True)
class QueueSnapshot:
    """What Asterisk's queues hold."""

    members: Sequence[QueueMember]
    callers: Sequence[QueueCaller]


class PbxControl(Protocol):
    """Commands to the queues of Asterisk. Each raises `PbxUnreachable` when it was not carried out."""

    async def queue_add(self, member: QueueMember, name: str) -> None: ...

    async def queue_remove(self, queue: str, interface: str) -> None: ...

    async def queue_pause(self, member: QueueMember) -> None:
        """Bring a member's pause and its reason to what `member` says."""
        ...

    async def queues(self) -> QueueSnapshot: ...

    async def phones(self) -> Mapping[str, bool]:
        """Endpoint → whether a phone is registered there."""
        ...


class PbxUnreachable(ConnectionError):
    """The command was not carried out; it is worth trying again."""
