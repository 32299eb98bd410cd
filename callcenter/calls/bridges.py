"""Who hears whom: channels in bridges, and the two halves of a Local channel, which hear what the other does. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

_LOCAL = "Local/"
_SUPPOSED = "?"


class Bridges:
    """Channels by unique id. A channel is in one bridge at a time."""

    def __init__(self) -> None:
        self._where: dict[str, str] = {}
        self._moved: dict[str, datetime] = {}  # when a channel entered or left a bridge the last time
        self._locals: dict[str, str] = {}  # half of a Local channel → what both halves' names begin with

    def enter(self, bridge: str, uniqueid: str, channel: str, at: datetime) -> None:
        self._where[uniqueid], self._moved[uniqueid] = bridge, at
        self.name(uniqueid, channel)

    def name(self, uniqueid: str, channel: str) -> None:
        """`Local/1001@members-00000001;1` and `...;2` are one."""
        if channel.startswith(_LOCAL):
            self._locals[uniqueid] = channel.rpartition(";")[0]

    def leave(self, bridge: str, uniqueid: str, at: datetime) -> None:
        """Out of that bridge, if it is in it."""
        self._moved[uniqueid] = at
        if self._where.get(uniqueid) in (bridge, _SUPPOSED):
            del self._where[uniqueid]

    def gone(self, uniqueid: str) -> None:
        for known in (self._where, self._moved, self._locals):
            known.pop(uniqueid, None)

    def moved_after(self, uniqueid: str, since: datetime | None) -> bool:
        """Whether a channel was heard to enter or leave a bridge later than that."""
        moved = self._moved.get(uniqueid)
        return since is not None and moved is not None and moved > since

    def forget(self, since: datetime | None) -> None:
        """The bridges are about to be told anew, as they were at that time; None: as they are."""
        for known in (self._where, self._locals):
            for uniqueid in [uniqueid for uniqueid in known if not self.moved_after(uniqueid, since)]:
                del known[uniqueid]

    def suppose(self, *uniqueids: str | None) -> None:
        """These hear each other in a bridge whose name is not known."""
        self._where |= {uniqueid: _SUPPOSED for uniqueid in uniqueids if uniqueid}

    def take(self, other: Bridges) -> None:
        """All that another call's bridges hold."""
        self._where |= other._where
        self._moved |= other._moved
        self._locals |= other._locals

    def bridge_of(self, uniqueid: str) -> str | None:
        return self._where.get(uniqueid)

    def names(self) -> Iterable[str]:
        """The bridges that somebody is in."""
        return set(self._where.values())

    def local(self, uniqueid: str) -> str:
        """What a Local channel was made to reach: `1001` of `Local/1001@members-00000001`; "" for any other."""
        return self._locals.get(uniqueid, "").removeprefix(_LOCAL).partition("@")[0]

    def heard(self, uniqueid: str) -> set[str]:
        """All channels that one hears, itself included."""
        found, new = {uniqueid}, [uniqueid]
        if uniqueid not in self._where and uniqueid not in self._locals:
            return found  # asked of each of fifty phones that ring, whenever one of them stops
        while new:
            near = self._near(new.pop()) - found
            found |= near
            new += near
        return found

    def _near(self, uniqueid: str) -> set[str]:
        bridge, base = self._where.get(uniqueid), self._locals.get(uniqueid)
        near = {other for other, where in self._where.items() if where == bridge} if bridge else set()
        return near | {other for other, name in self._locals.items() if name == base} if base else near
