"""From a call to what stands on the screens, and from one to the next. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from callcenter.desk.fold import Call, Card, Handover, Part
from callcenter.desk.protocol import CloseReason, Colleague, Pop, PopChanged, PopClosed, PopMessage, PopOpened

Addressed = tuple[str, PopMessage]
_NOTHING = Handover()


def pop_at(call: Call, extension: str) -> Pop | None:
    """The pop of a call at an extension; None when it is not there, or nothing is known of the caller yet."""
    part = call.parts.get(extension)
    return _pop(call, call.card, extension, part) if part and call.card else None


def difference(before: Call, now: Call, reason: CloseReason) -> list[Addressed]:
    """The messages that turn the screens of one state into those of the other. Closing goes first."""
    return [*_closed(before, now, reason), *_opened(before, now), *_changed(before, now)]


def _closed(before: Call, now: Call, reason: CloseReason) -> Iterator[Addressed]:
    gone = [key for key in before.parts if key not in now.parts] if before.card else []
    if gone:
        # One message for all: fifty phones that lost are told the same.
        closed = PopClosed(call_id=now.id, reason=reason)
        yield from ((key, closed) for key in gone)


def _opened(before: Call, now: Call) -> Iterator[Addressed]:
    if now.card:
        for key, part in now.parts.items():
            if key not in before.parts or before.card is None:
                yield key, PopOpened(pop=_pop(now, now.card, key, part))


def _changed(before: Call, now: Call) -> Iterator[Addressed]:
    if before.card is None or now.card is None:
        return
    everywhere = _common(before) != _common(now)
    for key, part in now.parts.items():
        old = before.parts.get(key)
        if old is None or (old is part and not everywhere):
            continue
        pop = _pop(now, now.card, key, part)
        if pop != _pop(before, before.card, key, old):
            yield key, PopChanged(pop=pop)


def _common(call: Call) -> tuple[object, ...]:
    """What all screens of a call show."""
    told = (call.raw_number, call.menu_path, call.kind, call.language, call.queue, call.queued_at)
    return *told, call.card, call.crm, call.handover, call.had


def _pop(call: Call, card: Card, extension: str, part: Part) -> Pop:
    handover = call.handover or _NOTHING
    return Pop(
        call_id=call.id,
        state=part.state,
        number=card.number,
        raw_number=call.raw_number,
        withheld=card.withheld,
        language=call.language,
        menu_path=call.menu_path,
        kind=call.kind,
        queue=part.queue or call.queue,
        queued_at=call.queued_at,
        ringing_at=part.ringing_at,
        answered_at=part.answered_at,
        ended_at=part.ended_at,
        candidates=card.candidates,
        new_customer=card.new_customer,
        warnings=card.warnings,
        crm=call.crm,
        colleagues=_colleagues(call, handover, extension),
        tickets=handover.tickets,
        note=handover.notes.get(extension),
        consulted_by=part.consulted_by,
    )


def _colleagues(call: Call, handover: Handover, extension: str) -> tuple[Colleague, ...]:
    return tuple(
        Colleague(
            extension=key,
            name=handover.names.get(key),
            answered_at=had.answered_at,
            left_at=had.left_at,
            note=handover.notes.get(key),
        )
        for key, had in call.colleagues(extension).items()
    )
