"""Events that ride on the word that the journal has something new.

Nothing is true because it came this way: an event is taken only if it is the very next one in the journal, where it
has been committed. Whatever does not fit (a gap, another version's event, a word that was lost) is read there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from callcenter.events import Event, Unreadable, parse

Journalled = tuple[int, Event]
# A longer text is dearer to carry than to read; more events than that are kept for nobody who does not take them.
_LONGEST = 200_000
_MOST = 2000


def pack(journalled: Sequence[Journalled]) -> str:
    """The word to publish; "" when there is too much to carry: look for yourself."""
    text = "[" + ",".join(f"[{seq},{event.model_dump_json()}]" for seq, event in journalled) + "]"
    return text if len(text) <= _LONGEST else ""


def unpack(text: str) -> list[Journalled] | None:
    """What a word carries; None when it carries nothing that this version understands."""
    try:
        return [(int(seq), parse(payload["type"], payload)) for seq, payload in json.loads(text)]
    except (ValueError, TypeError, KeyError, Unreadable):
        return None


@dataclass
class Ahead:
    """What was brought and not told yet. `unsure`: the journal may hold what nobody brought."""

    unsure: bool = True
    _events: dict[int, Event] = field(default_factory=dict)

    def bring(self, journalled: Sequence[Journalled] | None) -> None:
        """Keep events until their turn comes; None: something was written, and it was not brought."""
        if journalled is None or len(self._events) > _MOST:
            self.unsure = True
            self._events.clear()
        else:
            self._events.update(journalled)

    def next(self, position: int) -> Event | None:
        """The event that follows a place in the journal, if it is here."""
        return self._events.pop(position + 1, None)

    def look(self, position: int) -> bool:
        """Whether the journal must be read behind a place; asked when `next` has no more."""
        self._events = {seq: event for seq, event in self._events.items() if seq > position}
        look, self.unsure = self.unsure or bool(self._events), False
        return look
