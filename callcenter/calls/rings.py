"""Ringing phones: one ring per extension, however many of the agent's devices ring. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class _Ring:
    id: str
    legs: set[str] = field(default_factory=set)


class Rings:
    """Legs by unique id. A ring is named by the leg that rang first."""

    def __init__(self) -> None:
        self._rings: dict[str, _Ring] = {}

    def begin(self, extension: str, leg: str) -> str | None:
        """A leg rings. The ring's id when it is the first device of that extension to do so."""
        ring = self._rings.get(extension)
        if ring is not None:
            ring.legs.add(leg)
            return None
        self._rings[extension] = _Ring(leg, {leg})
        return leg

    def stop(self, extension: str, leg: str) -> str | None:
        """A leg rings no more. The ring's id when none of that extension is left."""
        ring = self._rings.get(extension)
        if ring is None or leg not in ring.legs:
            return None
        ring.legs.discard(leg)
        if ring.legs:
            return None
        del self._rings[extension]
        return ring.id

    def answered(self, extension: str) -> None:
        """Whatever device rang: the agent has the call."""
        self._rings.pop(extension, None)
