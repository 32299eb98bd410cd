"""The calls that are alive, found by linked id, by channel and by bridge. Pure."""

from __future__ import annotations

from collections import OrderedDict

from callcenter.calls.session import CallSession

_REMEMBERED = 5000


class Remembered:
    """The last few of many."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, key: str) -> bool:
        return key in self._kept

    def add(self, key: str) -> None:
        self._kept[key] = None
        while len(self._kept) > _REMEMBERED:
            self._kept.popitem(last=False)


class Living:
    """A call has one linked id, and those of the calls that became part of it."""

    def __init__(self) -> None:
        self.by_link: dict[str, CallSession] = {}
        self.by_channel: dict[str, CallSession] = {}
        self.by_bridge: dict[str, CallSession] = {}

    def all(self) -> list[CallSession]:
        """Each once, oldest first."""
        return list(dict.fromkeys(self.by_link.values()))

    def add(self, session: CallSession) -> None:
        self.by_link[session.record.linked_id] = session
        for leg in session.legs.values():
            if leg.alive:
                self.by_channel[leg.uniqueid] = session

    def unite(self, lost: CallSession, kept: CallSession) -> None:
        """What belonged to one call belongs to another from now on."""
        for names in (self.by_link, self.by_channel, self.by_bridge):
            for name in [name for name, session in names.items() if session is lost]:
                names[name] = kept

    def forget(self, ended: CallSession) -> None:
        """A call is over."""
        for names in (self.by_link, self.by_channel, self.by_bridge):
            for name in [name for name, session in names.items() if session is ended]:
                del names[name]
