"""Who has a desk open in which process, and what follows when a user's last one is closed by signing out."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field

import structlog

from callcenter.db import DATABASE_ERRORS, told
from callcenter.desk.hub import Hub
from callcenter.desk.ports import Floor
from callcenter.events import Event
from callcenter.events.ids import new_id
from callcenter.events.people import SessionEnded
from callcenter.link import Link, LinkDown
from callcenter.tasks import woken
from callcenter.web.identity import Identity

log = structlog.get_logger(__name__)
_KEY = "desks:"
_BEAT_S = 3.0
_FORGOTTEN_S = 10.0
# Longer than the trace that a dead process leaves: by then it is known whether somebody sits at another one.
_LOOKS_S = 15.0


@dataclass
class Tabs:
    """Shares who is connected here, and asks who is elsewhere."""

    link: Link
    hub: Hub
    floor: Floor
    process: str = field(default_factory=new_id)
    # Users who signed out here, and until when to look whether they sit elsewhere.
    _leaving: dict[str, float] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.hub.watch(self._changed.set)
        self.link.on_up(self._changed.set)

    async def run(self) -> None:
        """Keep the others informed until cancelled, and see off who has left."""
        while True:
            self._changed.clear()
            with contextlib.suppress(LinkDown):
                await self._tell()
            for user_id in list(self._leaving):
                await self._see_off(user_id)
            await woken(self._changed, _BEAT_S)

    async def on_session_ended(self, event: Event) -> None:
        """Live subscriber: the tabs of the session close in every process, at once; the rest has time."""
        assert isinstance(event, SessionEnded)
        self._close(event.user_id, event.session)

    async def session_over(self, who: Identity) -> None:
        """Signed out, or the session ran out: its screens hear no more, and nobody rings an empty desk."""
        self._close(who.user_id, who.session)
        await self._see_off(who.user_id)

    def _close(self, user_id: str, session: str | None) -> None:
        self.hub.sign_out(user_id, session)
        self._leaving[user_id] = time.monotonic() + _LOOKS_S
        self._changed.set()

    async def _see_off(self, user_id: str) -> None:
        """Take a user out of the queues when he sits nowhere. What cannot be done now is done at the next beat."""
        if self.hub.has_user(user_id) or time.monotonic() > self._leaving.get(user_id, 0.0):
            self._leaving.pop(user_id, None)
            return
        try:
            if not await self._elsewhere(user_id):
                await self.floor.leave(user_id)
                self._leaving.pop(user_id, None)
        except DATABASE_ERRORS as error:
            log.warning("not_seen_off", user_id=user_id, reason=told(error))

    async def _elsewhere(self, user_id: str) -> bool:
        """Whether another process has a tab of the user."""
        try:
            others = await self.link.keys(_KEY) - {_KEY + self.process}
            told = [await self.link.get(key) or "" for key in others]
            return any(user_id in users.split() for users in told)
        except LinkDown:
            return False

    async def _tell(self) -> None:
        """All in one: five hundred words to Redis would be felt by a phone that rings meanwhile."""
        await self.link.put(_KEY + self.process, " ".join(sorted(self.hub.users())), _FORGOTTEN_S)
