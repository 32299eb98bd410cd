"""The lines that a call leaves in the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import structlog

from callcenter.events import Event

log = structlog.get_logger(__name__)
_IDS = (("Uniqueid", "uniqueid"), ("Linkedid", "linkedid"), ("DestUniqueid", "dest_uniqueid"))


def tell(events: Iterable[Event]) -> None:
    """A line for each event; one for all phones at which the same happened to a call at once: they may be fifty, and
    writing lines is slower than writing the ledger."""
    alike: dict[tuple[str, str | None], list[Event]] = defaultdict(list)
    for event in events:
        alike[event.type, event.call_id].append(event)
    for (kind, call_id), same in alike.items():
        if len(same) == 1:
            log.info("call_event", type=kind, **same[0].model_dump(exclude={"type", "at"}, exclude_none=True))
        else:
            extensions = [getattr(event, "extension", None) for event in same]
            log.info("call_event", type=kind, call_id=call_id, extensions=extensions)


def about(item: object) -> dict[str, str]:
    """A message by its name and its ids, to be found again by: the rest of it is the caller's own affair."""
    get = getattr(item, "get", lambda _header: None)
    ids = {field: value for header, field in _IDS if (value := get(header))}
    return {"message": getattr(item, "name", "") or type(item).__name__, **ids}
