"""Who has a desk open in which process, and what follows when a user's last one is closed by signing out."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field

from callcenter.desk.hub import Hub
from callcenter.desk.ports import Floor
from callcenter.events import Event
from callcenter.events.ids import new_id
from callcenter.events.people import SessionEnded
from callcenter.link import Link, LinkDown
from callcenter.web.identity import Identity

_BEAT_S = 3.0
_FORGOTTEN_S = 10.0


@dataclass
class Tabs:
    """Shares who is connected here, and asks who is elsewhere."""

    link: Link
    hub: Hub
    floor: Floor
    process: str = field(default_factory=new_id)
    _told: set[str] = field(default_factory=set)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hub.watch(self._changed.set)
        self.link.on_up(self._changed.set)

    async def run(self) -> None:
        """Keep the others informed until cancelled."""
        while True:
            self._changed.clear()
            with contextlib.suppress(LinkDown):
                await self._tell()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_BEAT_S):
                    await self._changed.wait()

    async def on_session_ended(self, event: Event) -> None:
        """Live subscriber: the tabs of the session close in every process, at once."""
        assert isinstance(event, SessionEnded)
        await self._over(event.user_id, event.session)

    async def session_over(self, who: Identity) -> None:
        """Signed out, or the session ran out: its screens hear no more, and nobody rings an empty desk."""
        await self._over(who.user_id, who.session)

    async def _over(self, user_id: str, session: str | None) -> None:
        self.hub.sign_out(user_id, session)
        if not self.hub.has_user(user_id) and not await self._elsewhere(user_id):
            await self.floor.leave(user_id)

    async def _elsewhere(self, user_id: str) -> bool:
        """Whether another process has a tab of the user. Whoever closes the last one sees that it was."""
        try:
            await self._tell()
            return bool(await self.link.keys(f"desk:{user_id}:"))
        except LinkDown:
            return False

    async def _tell(self) -> None:
        here = self.hub.users()
        for user_id in self._told - here:
            await self.link.drop(self._key(user_id))
        for user_id in here:
            await self.link.put(self._key(user_id), "1", _FORGOTTEN_S)
        self._told = here

    def _key(self, user_id: str) -> str:
        return f"desk:{user_id}:{self.process}"
