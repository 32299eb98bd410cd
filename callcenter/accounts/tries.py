"""How often a password was tried: guessing one after the other is refused, whichever process is asked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from callcenter.errors import Problem
from callcenter.link import Link, LinkDown, LocalLink

_WINDOW_S = 300.0
_TRIES = 10


@dataclass
class Tries:
    """Tries by user name and client address, within some minutes from the first."""

    link: Link
    # Counts for this process alone while Redis is away: guessing must not become free then.
    _alone: LocalLink = field(default_factory=LocalLink)

    async def count(self, username: str, address: str) -> None:
        """Before a password is looked at: of tries made at the same time, too, only so many pass."""
        key = _key(username, address)
        try:
            count = await self.link.hit(key, _WINDOW_S)
        except LinkDown:
            count = await self._alone.hit(key, _WINDOW_S)
        if count > _TRIES:
            raise Problem("too_many_tries", status=429, minutes=int(_WINDOW_S // 60))

    async def forget(self, username: str, address: str) -> None:
        """The password was right."""
        key = _key(username, address)
        await self._alone.drop(key)
        try:
            await self.link.drop(key)
        except LinkDown:
            return


def _key(username: str, address: str) -> str:
    """What people type has no place in the name of a key."""
    return f"tries:{hashlib.sha256(f'{username} {address}'.encode()).hexdigest()}"
