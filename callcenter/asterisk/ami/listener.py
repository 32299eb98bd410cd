"""Hooks written for the `EventListener` of the package asterisk-ami, fed from our own connection."""

from __future__ import annotations

from typing import Any

import structlog
from asterisk.ami import Event, EventListener

from callcenter.asterisk.ami.messages import AmiMessage

log = structlog.get_logger(__name__)

_PAIRS = frozenset(Event.parsers)


class EventListeners:
    """Pass it as `on_message`, or call it from there. A hook that fails does not keep others from the event.

    Listeners are called as that package calls them: `listener(event=Event, source=source)`; its filters
    (white_list, black_list, attributes) and on_<EventName> hooks apply.
    """

    def __init__(self, source: object = None) -> None:
        self.source = source
        self._listeners: list[EventListener] = []

    def add(self, listener: EventListener | None = None, **options: Any) -> EventListener:
        """Add a listener, or make one from the options of EventListener (on_event, white_list, ...)."""
        added = listener if listener is not None else EventListener(**options)
        self._listeners.append(added)
        return added

    def remove(self, listener: EventListener) -> None:
        self._listeners.remove(listener)

    def __call__(self, message: AmiMessage) -> None:
        if not message.name or not self._listeners:
            return
        event = to_event(message)
        for listener in tuple(self._listeners):
            try:
                listener(event=event, source=self.source)
            except Exception:
                log.exception("ami.listener_failed", message=message.name)


def to_event(message: AmiMessage) -> Event:
    """That package's Event: a plain dict of headers, channel variables as a dict of their own."""
    keys: dict[str, Any] = {}
    for name, value in message.headers[1:]:
        if name in _PAIRS:
            variable, _, content = value.partition("=")
            keys.setdefault(name, {})[variable] = content
        else:
            keys[name] = value
    return Event(message.name, keys)
