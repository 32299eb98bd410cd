"""What may happen very often is not written to the log each time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Seldom:
    """At most `most` in each `window_s`."""

    window_s: float
    most: int
    clock: Callable[[], float] = time.monotonic
    _until: float = float("-inf")
    _told: int = 0
    _untold: int = 0

    def due(self) -> int | None:
        """How many were left out since the last one that was told, when this one may be; else None."""
        now = self.clock()
        if now >= self._until:
            self._until, self._told = now + self.window_s, 0
        if self._told >= self.most:
            self._untold += 1
            return None
        self._told += 1
        untold, self._untold = self._untold, 0
        return untold
