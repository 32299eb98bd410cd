"""Brings Asterisk's queues to what the agents wish: compares and mends, so that no command can be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import structlog

from callcenter.queues.ports import PHONE, PbxControl, PbxUnreachable, QueueMember
from callcenter.queues.presence import Membership

log = structlog.get_logger(__name__)
_RETRY_S = 1.0


@dataclass(frozen=True)
class Target:
    """How one phone should stand in which queues."""

    membership: Membership
    queues: tuple[str, ...]


@dataclass
class QueueSync:
    """`target` tells how an extension should stand, `extensions` names all of ours; other members are left alone."""

    target: Callable[[str], Target]
    extensions: Callable[[], Iterable[str]]
    _pbx: PbxControl | None = None
    _held: dict[str, dict[str, QueueMember]] = field(default_factory=dict)
    _dirty: set[str] = field(default_factory=set)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def connected(self) -> bool:
        return self._pbx is not None

    def changed(self, extension: str) -> None:
        """An agent stands otherwise than before."""
        self._dirty.add(extension)
        self._wake.set()

    async def on_connected(self, pbx: PbxControl, members: Iterable[QueueMember]) -> None:
        """Take what Asterisk holds as the beginning, and mend all of it."""
        ours = set(self.extensions())
        self._held = {extension: {} for extension in ours}  # extension → queue → as Asterisk holds it
        for member in members:
            if (extension := _extension(member.interface)) in ours:
                self._held[extension][member.queue] = member
        self._pbx = pbx
        self._dirty |= ours
        try:
            await self.apply()
        except BaseException:
            self._pbx = None
            raise

    def on_lost(self) -> None:
        """There is nobody to tell for a while."""
        self._pbx = None

    async def run(self) -> None:
        """Mend whatever changes until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.apply()
            except PbxUnreachable:
                await asyncio.sleep(_RETRY_S)
                self._wake.set()

    async def apply(self) -> None:
        """Mend what changed. An extension whose commands fail stays marked."""
        while self._pbx is not None and self._dirty:
            extension = min(self._dirty)
            self._dirty.discard(extension)
            try:
                await self._mend(self._pbx, extension)
            except BaseException:
                self._dirty.add(extension)
                raise

    async def _mend(self, pbx: PbxControl, extension: str) -> None:
        held = self._held.setdefault(extension, {})
        wanted = _members(extension, self.target(extension))
        for queue in sorted(held.keys() - wanted.keys()):
            await pbx.queue_remove(queue, held[queue].interface)
            del held[queue]
        for queue, member in wanted.items():
            if queue not in held:
                await pbx.queue_add(member, extension)
            elif held[queue] != member:
                await pbx.queue_pause(member)
            held[queue] = member


def _extension(interface: str) -> str:
    return interface.removeprefix(PHONE) if interface.startswith(PHONE) else ""


def _members(extension: str, target: Target) -> dict[str, QueueMember]:
    how = target.membership
    if not how.member:
        return {}
    return {queue: QueueMember(queue, f"{PHONE}{extension}", how.paused, how.reason) for queue in target.queues}
