"""A ticket's way to the firm's own CRM."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from callcenter.bus import Bus
from callcenter.complaints.service import NewTicket
from callcenter.errors import Problem
from callcenter.events.complaints import TicketCrmChanged
from crm_adapter.builtin import BuiltinCrm
from crm_adapter.ports import CrmError

LEAK = NewTicket("complaint", "卫生间漏水", "construction.waterproofing", call_id="call-1")


def _down(**more: Any) -> CrmError:
    return CrmError("crm_unreachable", permanent=False, reason="refused", **more)


async def _opened(desk: Any) -> str:
    row = await desk.tickets.open(LEAK, "agent-1")
    await desk.wake()
    return str(row.id)


async def _states(desk: Any) -> list[str]:
    return [event.state for event in await desk.events() if isinstance(event, TicketCrmChanged)]


async def test_sent_with_all_that_is_known(desk: Any) -> None:
    ticket = await _opened(desk)
    await desk.run(f"{ticket}.1")
    row = await desk.row(ticket)
    assert (row.crm_state, row.crm_external_id, row.crm_attempts, row.crm_next_try_at) == ("sent", "FAKE-1", 1, None)
    (draft,) = desk.crm.tickets.values()
    assert (draft.number, draft.category, draft.idempotency_key) == (row.number, row.category, f"ticket_{ticket}")
    assert (draft.customer.name, draft.customer.phones) == ("王小明", ("+8613800138000",))
    assert (draft.call.id, draft.recording_url) == ("call-1", "https://firm.example/calls/call-1")
    assert await _states(desk) == ["sent"]


async def test_tried_again_until_it_arrives(desk: Any) -> None:
    ticket = await _opened(desk)
    desk.crm.fail_next(_down(), _down())
    run = await desk.run(f"{ticket}.1")
    row = await desk.row(ticket)
    assert run.slept == [1, 5]
    assert (row.crm_state, row.crm_attempts, row.crm_last_error) == ("sent", 3, None)
    assert await _states(desk) == ["pending", "pending", "sent"]


async def test_while_the_crm_is_down_the_ticket_waits_and_says_so(desk: Any) -> None:
    ticket = await _opened(desk)
    desk.crm.fail_next(_down())
    assert await desk.flow.attempt(ticket, 1, 30) == 30
    row = await desk.row(ticket)
    assert (row.crm_state, row.crm_attempts) == ("pending", 1)
    assert row.crm_last_error == {"code": "crm_unreachable", "field": None, "params": {"reason": "refused"}}
    assert row.crm_next_try_at == desk.clock.now + timedelta(seconds=30)


async def test_a_longer_pause_that_the_crm_asks_for_is_kept(desk: Any) -> None:
    ticket = await _opened(desk)
    desk.crm.fail_next(_down(retry_after_s=120.0))
    assert (await desk.run(f"{ticket}.1")).slept == [120.0]


async def test_given_up_at_the_end_and_sent_on_demand(desk: Any) -> None:
    ticket = await _opened(desk)
    desk.crm.fail_next(*(_down() for _ in range(4)))
    assert (await desk.run(f"{ticket}.1")).slept == [1, 5, 30]
    row = await desk.row(ticket)
    assert (row.crm_state, row.crm_attempts, row.crm_next_try_at) == ("failed", 4, None)
    again = await desk.tickets.retry_crm(ticket)
    assert (again.crm_state, again.crm_next_try_at) == ("pending", desk.clock.now)
    await desk.wake()
    await desk.run(f"{ticket}.2")
    assert (await desk.row(ticket)).crm_state == "sent"


async def test_what_only_a_person_can_mend_is_not_repeated(desk: Any) -> None:
    ticket = await _opened(desk)
    desk.crm.fail_next(CrmError("crm_unauthorised", permanent=True, status=401, detail=""))
    assert (await desk.run(f"{ticket}.1")).slept == []
    assert (await desk.row(ticket)).crm_state == "failed"


async def test_an_adapter_that_breaks_is_shown(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = await _opened(desk)

    async def broken(draft: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(desk.crm, "create_ticket", broken)
    await desk.run(f"{ticket}.1")
    row = await desk.row(ticket)
    assert (row.crm_state, row.crm_last_error["code"]) == ("failed", "crm_adapter_broken")


async def test_asked_for_at_once_while_a_job_sleeps(desk: Any) -> None:
    """The new round sends; the one that slept wakes up, sees it and ends."""
    ticket = await _opened(desk)
    desk.crm.fail_next(_down())
    assert await desk.flow.attempt(ticket, 1, 3600) == 3600
    await desk.tickets.retry_crm(ticket)
    await desk.wake()
    assert await desk.flow.attempt(ticket, 1, 3600) is None
    await desk.run(f"{ticket}.2")
    assert await desk.flow.attempt(ticket, 1, None) is None
    assert (desk.crm.calls, len(desk.crm.tickets)) == (2, 1)


async def test_after_a_crash_the_job_goes_on(desk: Any) -> None:
    ticket = await _opened(desk)
    desk.crm.fail_next(_down())
    run = desk.new_run(die_in_sleep=True)
    with pytest.raises(SystemError):
        await desk.run(f"{ticket}.1", run)
    run.die_in_sleep = False
    await desk.run(f"{ticket}.1", run)
    assert (desk.crm.calls, (await desk.row(ticket)).crm_state) == (2, "sent")


async def test_an_event_seen_twice_starts_one_job(desk: Any) -> None:
    row = await desk.tickets.open(LEAK, "agent-1")
    events = await desk.events()
    for event in (*events, *events):
        await desk.flow.wake(event)
    assert list(desk.jobs.started) == [f"crm.send:{row.id}.1"]


async def test_one_that_arrived_stays(desk: Any) -> None:
    ticket = await _opened(desk)
    await desk.run(f"{ticket}.1")
    assert (await desk.tickets.retry_crm(ticket)).crm_state == "sent"
    await desk.wake()
    assert len(desk.jobs.started) == 1


async def test_our_own_store_has_nothing_to_send(desk: Any) -> None:
    desk.tickets.crm_remote = False
    row = await desk.tickets.open(LEAK, "agent-1")
    await desk.wake()
    assert (row.crm_state, desk.jobs.started) == ("off", {})
    with pytest.raises(Problem) as raised:
        await desk.tickets.retry_crm(row.id)
    assert raised.value.code == "crm_off"


async def test_a_ticket_that_waits_when_the_crm_is_taken_away(desk: Any) -> None:
    ticket = await _opened(desk)
    desk.flow.crm = BuiltinCrm()
    await desk.run(f"{ticket}.1")
    row = await desk.row(ticket)
    assert (row.crm_state, row.crm_external_id) == ("off", None)


async def test_through_the_bus(desk: Any) -> None:
    """The room's own subscriber, on the real journal."""
    started = asyncio.Event()
    begin = desk.jobs.start

    async def start(name: str, key: str, argument: str) -> None:
        await begin(name, key, argument)
        started.set()

    desk.jobs.start = start
    bus = Bus(desk.db)
    (subscriber,) = desk.flow.subscribers()
    reader = asyncio.create_task(bus.run_durable(subscriber))
    row = await desk.tickets.open(LEAK, "agent-1")
    await asyncio.wait_for(started.wait(), 5)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    await desk.run(f"{row.id}.1")
    assert (await desk.row(row.id)).crm_state == "sent"
