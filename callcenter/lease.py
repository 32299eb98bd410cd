"""Who leads: one of several processes of a kind, until it lets go, dies, or is not heard of for a while."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from callcenter.events.ids import new_id
from callcenter.link import Link, LinkDown
from callcenter.tasks import woken

log = structlog.get_logger(__name__)
TTL_S = 3.0
_BEAT_S = 0.75


@dataclass
class Lease:
    """A lease of this name. While Redis is away nobody can take it, so its holder goes on.

    Two may believe that they lead, for a moment, when the holder is cut off from Redis alone. What must not be written
    twice is therefore guarded in the database as well: `calls/term.py`.
    """

    link: Link
    name: str
    holder: str = field(default_factory=new_id)
    _free: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.link.subscribe(f"lease:{self.name}", lambda _text: self._free.set())

    async def acquire(self) -> None:
        """Wait until this process leads."""
        await self._while(taken=False)
        log.info("leading", lease=self.name)

    async def keep(self) -> None:
        """Renew until somebody else has it."""
        await self._while(taken=True)
        log.warning("lead_lost", lease=self.name)

    async def release(self) -> None:
        """Let the next one lead at once."""
        try:
            await self.link.release(self.name, self.holder)
            self.link.publish(f"lease:{self.name}")
        except LinkDown:
            log.info("lease_left_to_expire", lease=self.name)

    async def _while(self, *, taken: bool) -> None:
        """Ask again and again until the answer is another; no answer is the old one."""
        while True:
            try:
                if await self.link.claim(self.name, self.holder, TTL_S) != taken:
                    return
            except LinkDown:
                log.debug("lease_unanswered", lease=self.name)
            self._free.clear()
            await woken(self._free, _BEAT_S)
