"""How often a password was tried: guessing one after the other is refused."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from callcenter.clock import Clock
from callcenter.errors import Problem

_WINDOW = timedelta(minutes=5)
_TRIES = 10
_MOST_KEPT = 10_000


@dataclass
class Tries:
    """Tries by user name and client address, within the last minutes. Holds a bounded number of them."""

    clock: Clock
    _times: dict[tuple[str, str], deque[datetime]] = field(default_factory=dict)

    def count(self, username: str, address: str) -> None:
        """Before a password is looked at: of tries made at the same time, too, only so many pass."""
        key, now = (username, address), self.clock()
        times = self._times.pop(key, deque())
        self._times[key] = times  # at the end: the first are those not tried for longest
        while times and times[0] < now - _WINDOW:
            times.popleft()
        if len(times) >= _TRIES:
            raise Problem("too_many_tries", status=429, minutes=int(_WINDOW.total_seconds() // 60))
        times.append(now)
        if len(self._times) > _MOST_KEPT:
            del self._times[next(iter(self._times))]

    def forget(self, username: str, address: str) -> None:
        """The password was right."""
        self._times.pop((username, address), None)
