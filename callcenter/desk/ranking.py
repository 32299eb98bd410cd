"""Several people may share a number: who stands first, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from callcenter.desk.protocol import CardReason, CustomerCard

_ORDER: tuple[CardReason, ...] = (
    "chosen",
    "only_match",
    "open_complaint",
    "open_ticket",
    "last_contact",
    "same_number",
)


def rank(cards: Iterable[CustomerCard], chosen: str | None = None) -> tuple[CustomerCard, ...]:
    """The candidates with their reasons, the likeliest first: whoever has a complaint open is calling about it,
    otherwise whoever was in touch last. `chosen` is the one the agent settled on."""
    cards = tuple(cards)
    reasoned = [
        card.model_copy(update={"reason": _reason(card, alone=len(cards) == 1, chosen=card.id == chosen)})
        for card in cards
    ]
    return tuple(sorted(reasoned, key=_place))


def _reason(card: CustomerCard, *, alone: bool, chosen: bool) -> CardReason:
    if alone:
        return "only_match"
    if chosen:
        return "chosen"
    if any(ticket.kind == "complaint" for ticket in card.open_tickets):
        return "open_complaint"
    if card.open_tickets:
        return "open_ticket"
    return "last_contact" if card.last_calls else "same_number"


def _place(card: CustomerCard) -> tuple[int, float, str]:
    touched: list[datetime] = [ticket.created_at for ticket in card.open_tickets]
    touched += [call.started_at for call in card.last_calls]
    latest = max(touched).timestamp() if touched else 0.0
    return _ORDER.index(card.reason), -latest, card.id
