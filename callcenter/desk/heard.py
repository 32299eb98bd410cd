"""Events that were taken already. Pure.

A process that starts reads back what it also hears; a ledger that changes hands may tell again what was told. The same
event, to the microsecond, changes nothing the second time.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from callcenter.events import Event
from callcenter.events.people import PresenceChanged

# Calls that are over and forgotten, and how far back an agent's own changes are remembered.
_OVER = 5000
_LATELY = 16


@dataclass
class Heard:
    """Remembers for as long as an event might come again."""

    _of_calls: dict[str, set[int]] = field(default_factory=dict)
    _of_agents: dict[str, deque[int]] = field(default_factory=dict)
    _over: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def again(self, event: Event) -> bool:
        """Whether an event was heard before, or is of a call that was forgotten; from now on it was."""
        if event.call_id is not None:
            return event.call_id in self._over or self._add(self._of_calls.setdefault(event.call_id, set()), event)
        if isinstance(event, PresenceChanged):
            return self._add(self._of_agents.setdefault(event.extension, deque(maxlen=_LATELY)), event)
        return False

    def forget(self, call_id: str) -> None:
        """A call is over and on no screen: whatever is still told of it was told before."""
        self._of_calls.pop(call_id, None)
        self._over[call_id] = None
        if len(self._over) > _OVER:
            self._over.popitem(last=False)

    def _add(self, heard: set[int] | deque[int], event: Event) -> bool:
        key = hash(event)
        if key in heard:
            return True
        heard.add(key) if isinstance(heard, set) else heard.append(key)
        return False
