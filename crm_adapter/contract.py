"""What every adapter must do, as checks that a test runs against it. A new CRM's folder is done when they pass.

Each check takes a `Subject` and raises AssertionError. Nothing here needs a test framework.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from crm_adapter.ports import CrmAdapter, CrmError, ForeignRecord, TicketCall, TicketCustomer, TicketDraft

DRAFT = TicketDraft(
    number="202611-0042",
    kind="complaint",
    category="construction.waterproofing",
    summary='卫生间漏水，"已报修三次" <b>无人</b>处理\n第二行 🏠',
    created_at=datetime(2026, 11, 3, 1, 2, 3, 456789, tzinfo=UTC),
    idempotency_key="ticket_0192f3c4-7b2e-7c11-9a51-0c3f8e2d4b6a",
    customer=TicketCustomer(name="王小明", phones=("+8613800138000", "+862088886666")),
    call=TicketCall(
        id="0192f3c4-0000-7000-8000-000000000001",
        number="+8613800138000",
        queue="complaint",
        started_at=datetime(2026, 11, 3, 1, 0, tzinfo=UTC),
    ),
    recording_url="https://callcenter.example/calls/0192f3c4-0000-7000-8000-000000000001",
)
KNOWN = ForeignRecord(
    external_id="C-7",
    name="王小明",
    phones=("+8613800138000",),
    fields=(("合同", "HT-2026-001"), ("grade", "A")),
    url="https://crm.example/c/7",
)


@dataclass(frozen=True)
class Subject:
    """An adapter and a hand on the other side.

    `tickets`: what the other side holds now; `add_customer`: let it know this one; `fail_once`: make it fail the
    next call, for good (True) or passingly with a wish to be left alone for 7 s (False).
    """

    adapter: CrmAdapter
    tickets: Callable[[], Sequence[TicketDraft]]
    add_customer: Callable[[ForeignRecord], None]
    fail_once: Callable[[bool], None]


async def arrives_whole(subject: Subject) -> None:
    """Every field of the draft is on the other side as it was here."""
    ticket = await subject.adapter.create_ticket(DRAFT)
    assert ticket.external_id
    assert list(subject.tickets()) == [DRAFT]


async def bare_draft_is_enough(subject: Subject) -> None:
    """A ticket without customer, call and recording (a visitor's letter) is a ticket."""
    bare = replace(DRAFT, customer=None, call=None, recording_url=None)
    await subject.adapter.create_ticket(bare)
    assert list(subject.tickets()) == [bare]


async def same_key_opens_once(subject: Subject) -> None:
    """Repeats, in turn or at once, come to the same ticket even when the draft grew in between."""
    first = await subject.adapter.create_ticket(replace(DRAFT, recording_url=None))
    again = await asyncio.gather(*(subject.adapter.create_ticket(DRAFT) for _ in range(8)))
    assert {ticket.external_id for ticket in again} == {first.external_id}
    assert len(subject.tickets()) == 1


async def other_key_opens_another(subject: Subject) -> None:
    """Two tickets that read alike stay two."""
    first = await subject.adapter.create_ticket(DRAFT)
    second = await subject.adapter.create_ticket(replace(DRAFT, idempotency_key="ticket_other"))
    assert first.external_id != second.external_id
    assert len(subject.tickets()) == 2


async def passing_failure_can_be_tried_again(subject: Subject) -> None:
    """The error says so, passes on the wished pause, and the adapter itself made one attempt only."""
    subject.fail_once(False)
    error = await _error_of(subject.adapter.create_ticket(DRAFT))
    assert not error.permanent
    assert error.retry_after_s == 7.0
    assert not subject.tickets()
    await subject.adapter.create_ticket(DRAFT)
    assert len(subject.tickets()) == 1


async def lasting_failure_says_so(subject: Subject) -> None:
    """So that nobody retries what only a person can mend."""
    subject.fail_once(True)
    error = await _error_of(subject.adapter.create_ticket(DRAFT))
    assert error.permanent
    assert error.code


async def finds_by_number(subject: Subject) -> None:
    """A known number gives its record whole; an unknown one gives an empty list, not an error."""
    subject.add_customer(KNOWN)
    assert await subject.adapter.find_customer("+8613800138000") == [KNOWN]
    assert await subject.adapter.find_customer("+8613900139000") == []


async def close_twice(subject: Subject) -> None:
    """Shutting down is not an occasion for errors."""
    await subject.adapter.create_ticket(DRAFT)
    await subject.adapter.close()
    await subject.adapter.close()


async def _error_of(call: Awaitable[object]) -> CrmError:
    try:
        await call
    except CrmError as error:
        return error
    raise AssertionError("no CrmError came")


CHECKS: tuple[Callable[[Subject], Awaitable[None]], ...] = (
    arrives_whole,
    bare_draft_is_enough,
    same_key_opens_once,
    other_key_opens_another,
    passing_failure_can_be_tried_again,
    lasting_failure_says_so,
    finds_by_number,
    close_twice,
)
