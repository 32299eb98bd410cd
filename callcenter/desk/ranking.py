"""Several people may share a number: who stands first, and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from callcenter.desk.protocol import CardCall, CardReason, CardTicket, CustomerCard

_ORDER: tuple[CardReason, ...] = (
    "chosen",
    "only_match",
    "open_complaint",
    "open_ticket",
    "recent_contact",
    "same_queue",
    "last_contact",
    "same_number",
)
# Who was in touch within this time probably calls about it again, whichever queue he is in now.
_RECENT = timedelta(days=7)


class Asked(NamedTuple):
    """What is known of the call when its candidates are ranked. `chosen` is the one whom an agent settled on."""

    now: datetime
    queue: str | None = None
    chosen: str | None = None


class _Place(NamedTuple):
    """Lower stands first; two that are equal cannot be told apart."""

    reason: int
    since_touch: float


def rank(cards: Iterable[CustomerCard], asked: Asked) -> tuple[CustomerCard, ...]:
    """The candidates with their reasons, the likeliest first: whoever has a complaint open is calling about it; then
    whoever was in touch of late, has called this queue before, or was in touch at all. What cannot be told apart
    is marked, and stands in the order of the ids, so that all screens agree."""
    cards = tuple(cards)
    reasoned = [_reasoned(card, asked, alone=len(cards) == 1) for card in cards]
    placed = sorted((_place(card), card.id, card) for card in reasoned)
    shared = Counter(place for place, _id, _card in placed)
    return tuple(card.model_copy(update={"tied": shared[place] > 1}) for place, _id, card in placed)


def _reasoned(card: CustomerCard, asked: Asked, *, alone: bool) -> CustomerCard:
    reason, params = _reason(card, asked, alone)
    return card.model_copy(update={"reason": reason, "reason_params": params})


def _reason(card: CustomerCard, asked: Asked, alone: bool) -> tuple[CardReason, dict[str, str]]:
    if alone:
        return "only_match", {}
    if card.id == asked.chosen:
        return "chosen", {}
    if complaint := next((ticket for ticket in card.open_tickets if ticket.kind == "complaint"), None):
        return "open_complaint", _of_ticket(complaint)
    if card.open_tickets:
        return "open_ticket", _of_ticket(card.open_tickets[0])
    return _by_contact(card.last_calls, asked)


def _by_contact(last_calls: tuple[CardCall, ...], asked: Asked) -> tuple[CardReason, dict[str, str]]:
    if not last_calls:
        return "same_number", {}
    at = {"at": last_calls[0].started_at.isoformat()}
    if last_calls[0].started_at > asked.now - _RECENT:
        return "recent_contact", at
    if same := next((call for call in last_calls if asked.queue and call.queue == asked.queue), None):
        return "same_queue", {"at": same.started_at.isoformat(), "queue": asked.queue or ""}
    return "last_contact", at


def _of_ticket(ticket: CardTicket) -> dict[str, str]:
    return {"number": ticket.number, "at": ticket.created_at.isoformat()}


def _place(card: CustomerCard) -> _Place:
    touched: list[datetime] = [ticket.created_at for ticket in card.open_tickets]
    touched += [call.started_at for call in card.last_calls]
    return _Place(_ORDER.index(card.reason), -max(touched).timestamp() if touched else 0.0)
