"""Which of several people on one number stands first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.desk.protocol import CardCall, CardTicket, CustomerCard
from callcenter.desk.ranking import rank

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def person(
    name: str, *, ticket: str | None = None, ticket_days: int = 1, called_days: int | None = None
) -> CustomerCard:
    tickets: tuple[CardTicket, ...] = ()
    calls: tuple[CardCall, ...] = ()
    if ticket:
        tickets = (
            CardTicket(
                id="t",
                number="202611-0001",
                kind=ticket,
                category=None,
                summary="渗水",
                status="open",
                created_at=NOW - timedelta(days=ticket_days),
            ),
        )
    if called_days is not None:
        calls = (
            CardCall(
                id="c",
                queue="complaint",
                started_at=NOW - timedelta(days=called_days),
                agent_name=None,
                outcome="answered",
                disposition=None,
                note=None,
            ),
        )
    return CustomerCard(id=name, name=name, grade="B", open_tickets=tickets, last_calls=calls, reason="same_number")


def places(cards: tuple[CustomerCard, ...]) -> list[str]:
    return [f"{card.name} {card.reason}" for card in cards]


def test_one_person_needs_no_reason() -> None:
    assert places(rank([person("张伟", ticket="complaint")])) == ["张伟 only_match"]


def test_an_open_complaint_goes_before_a_ticket_before_a_contact_before_nothing() -> None:
    family = [
        person("nobody"),
        person("called", called_days=1),
        person("repair", ticket="repair"),
        person("complains", ticket="complaint", ticket_days=30),
    ]
    assert places(rank(family)) == [
        "complains open_complaint",
        "repair open_ticket",
        "called last_contact",
        "nobody same_number",
    ]


def test_of_two_alike_the_one_last_in_touch() -> None:
    family = [person("long ago", called_days=40), person("of late", called_days=2)]
    assert places(rank(family)) == ["of late last_contact", "long ago last_contact"]


def test_whom_the_agent_chose_stands_first() -> None:
    family = [person("complains", ticket="complaint"), person("chosen")]
    assert places(rank(family, chosen="chosen")) == ["chosen chosen", "complains open_complaint"]


def test_the_order_does_not_depend_on_how_the_database_gave_them() -> None:
    family = [person("b"), person("a"), person("c")]
    assert rank(family) == rank(reversed(family))
