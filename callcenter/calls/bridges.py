"""Who hears whom: the bridges of one call, and the talks that follow from them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from callcenter.calls.record import Talk


class Bridges:
    """Legs by unique id. `far` is the caller's leg, None in a call that an agent began: there any two legs talk."""

    def __init__(self, talks: Iterable[Talk] = ()) -> None:
        self.talks = tuple(talks)
        self._members: dict[str, set[str]] = {}

    def enter(self, bridge: str, leg: str, far: str | None) -> list[str]:
        """The legs that hear each other in a bridge, now that one more is in it."""
        members = self._members.setdefault(bridge, set())
        members.add(leg)
        return sorted(members) if _together(members, far) else []

    def leave(self, bridge: str, leg: str, far: str | None, at: datetime) -> None:
        """A leg is out; so is whoever is left without anybody to hear."""
        members = self._members.get(bridge, set())
        before = {leg, *members}
        members.discard(leg)
        if not members:
            self._members.pop(bridge, None)
        for silent in {leg} if _together(members, far) else before:
            self.end(silent, at)

    def gone(self, leg: str, far: str | None, at: datetime) -> None:
        """A leg has ended, wherever it was."""
        for bridge in [name for name, members in self._members.items() if leg in members]:
            self.leave(bridge, leg, far, at)
        self.end(leg, at)

    def begin(self, leg: str, extension: str, at: datetime) -> bool:
        """An agent's talk begins; False when it runs already."""
        if any(talk.uniqueid == leg and talk.ended_at is None for talk in self.talks):
            return False
        self.talks = (*self.talks, Talk(leg, extension, at))
        return True

    def end(self, leg: str, at: datetime) -> None:
        """An agent's talk is over, if it ran."""
        if any(talk.uniqueid == leg and talk.ended_at is None for talk in self.talks):
            self.talks = tuple(
                replace(talk, ended_at=at) if talk.uniqueid == leg and talk.ended_at is None else talk
                for talk in self.talks
            )

    def forget(self) -> None:
        """The bridges are about to be told anew."""
        self._members.clear()

    def end_unheard(self, far: str | None, at: datetime) -> None:
        """Close the talks of which the bridges, told anew, know nothing."""
        heard = {leg for members in self._members.values() if _together(members, far) for leg in members}
        for talk in self.talks:
            if talk.uniqueid not in heard:
                self.end(talk.uniqueid, at)


def _together(members: set[str], far: str | None) -> bool:
    return len(members) > 1 and (far is None or far in members)
