"""Which of several people on one number stands first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callcenter.desk.protocol import CardCall, CardTicket, CustomerCard
from callcenter.desk.ranking import Asked, rank

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


def person(
    name: str,
    *,
    ticket: str | None = None,
    ticket_days: int = 1,
    called_days: int | None = None,
    queue: str = "inquiry",
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
                queue=queue,
                started_at=NOW - timedelta(days=called_days),
                agent_name=None,
                outcome="answered",
                disposition=None,
                note=None,
            ),
        )
    return CustomerCard(id=name, name=name, grade="B", open_tickets=tickets, last_calls=calls, reason="same_number")


def ranked(*cards: CustomerCard, queue: str | None = None, chosen: str | None = None) -> list[str]:
    shown = rank(cards, Asked(NOW, queue, chosen))
    return [f"{card.name} {card.reason}{' tied' if card.tied else ''}" for card in shown]


def test_one_person_needs_no_reason() -> None:
    assert ranked(person("张伟", ticket="complaint")) == ["张伟 only_match"]


def test_an_open_complaint_goes_before_a_ticket_before_a_contact_before_nothing() -> None:
    assert ranked(
        person("nobody"),
        person("long ago", called_days=90, queue="repair"),
        person("same queue", called_days=100, queue="complaint"),
        person("of late", called_days=2, queue="repair"),
        person("repair", ticket="repair"),
        person("complains", ticket="complaint", ticket_days=30),
        queue="complaint",
    ) == [
        "complains open_complaint",
        "repair open_ticket",
        "of late recent_contact",
        "same queue same_queue",
        "long ago last_contact",
        "nobody same_number",
    ]


def test_of_two_alike_the_one_last_in_touch() -> None:
    family = [person("long ago", called_days=60), person("lately", called_days=40)]
    assert ranked(*family) == ["lately last_contact", "long ago last_contact"]


def test_the_queue_tells_apart_only_while_it_is_known() -> None:
    family = [person("repair", called_days=20, queue="repair"), person("complaint", called_days=30, queue="complaint")]
    assert ranked(*family, queue="complaint")[0] == "complaint same_queue"
    assert ranked(*family)[0] == "repair last_contact"


def test_whom_the_agent_chose_stands_first() -> None:
    family = [person("complains", ticket="complaint"), person("chosen")]
    assert ranked(*family, chosen="chosen") == ["chosen chosen", "complains open_complaint"]


def test_what_cannot_be_told_apart_is_marked() -> None:
    assert ranked(person("b"), person("a"), person("c", called_days=3)) == [
        "c recent_contact",
        "a same_number tied",
        "b same_number tied",
    ]


def test_the_words_of_a_reason_get_what_they_need() -> None:
    shown = rank(
        [
            person("complains", ticket="complaint"),
            person("queue", called_days=30, queue="complaint"),
            person("called", called_days=40),
        ],
        Asked(NOW, "complaint"),
    )
    assert [card.reason_params for card in shown] == [
        {"number": "202611-0001", "at": "2026-11-01T09:00:00+00:00"},
        {"queue": "complaint", "at": "2026-10-03T09:00:00+00:00"},
        {"at": "2026-09-23T09:00:00+00:00"},
    ]


def test_the_order_does_not_depend_on_how_the_database_gave_them() -> None:
    family = [person("b"), person("a"), person("c")]
    assert ranked(*family) == ranked(*reversed(family))
