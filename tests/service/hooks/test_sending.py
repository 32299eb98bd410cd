"""Webhooks to a real receiver: signed, tried again for more than a day, sent by one at a time."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook
from structlog.testing import capture_logs

from callcenter.events.calls import CallEnded
from callcenter.events.hooks import WebhookChanged
from callcenter.hooks.checks import Wanted
from callcenter.hooks.schedule import DELAYS_S

from ..polling import until
from .conftest import NOW, Hooks, Receiver, call

ROOT = Path(__file__).resolve().parents[3]
DYING = Path(__file__).with_name("dying_worker.py")


async def test_what_arrives_is_signed_as_the_standard_says(hooks: Hooks, address: str, receiver: Receiver) -> None:
    hooks.clock.now = datetime.now(UTC)  # the verifier has a clock of its own
    endpoint = await hooks.endpoint(address)
    await hooks.happen(call())
    await hooks.send()
    ((headers, body),) = receiver.heard
    payload = Webhook(endpoint.secret).verify(body, headers)
    assert payload == {
        "type": "CallStarted",
        "timestamp": "2026-11-24T01:02:03.000000Z",
        "seq": payload["seq"],
        "data": call().model_dump(mode="json", exclude={"type", "at"}),
    }
    assert payload["data"]["number"] == "13800138000"
    row = await hooks.row()
    assert (row.state, row.last_status, row.message_id) == ("delivered", 200, headers["webhook-id"])
    assert row.tries[0]["excerpt"] == "ok"


async def test_for_a_day_both_secrets_hold(hooks: Hooks, address: str, receiver: Receiver) -> None:
    hooks.clock.now = datetime.now(UTC)
    first = await hooks.endpoint(address)
    second = await hooks.endpoints.rotate(first.id, first.version, "admin-1")
    assert second.secret != first.secret
    await hooks.happen(call())
    await hooks.send()
    headers, body = receiver.heard[0]
    for secret in (first.secret, second.secret):
        Webhook(secret).verify(body, headers)
    hooks.clock.move(days=1, seconds=1)
    await hooks.happen(call(call_id="call-2"))
    await hooks.send()
    assert len(receiver.heard[1][0]["webhook-signature"].split()) == 1


async def test_only_what_is_wanted_and_since_it_is_wanted(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.happen(call(call_id="before"))
    await hooks.endpoint(address)
    ended = CallEnded(at=NOW, call_id="after", outcome="answered", cause="normal")
    await hooks.happen(call(call_id="after"), ended)
    await hooks.send()
    assert [json.loads(body)["data"]["call_id"] for _headers, body in receiver.heard] == ["after"]
    assert len(await hooks.rows()) == 1


async def test_an_event_seen_twice_is_sent_once(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call())
    hooks._seen = 0
    await hooks.happen(call(call_id="call-2"))
    await hooks.send()
    assert len(set(receiver.ids)) == len(receiver.ids) == 2


async def test_tried_again_by_the_schedule_under_the_same_id(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call())
    for delay in DELAYS_S:
        receiver.answers.append(web.Response(status=500, text="no\nwell"))
        await hooks.send()
        row = await hooks.row()
        assert (row.state, row.last_status, row.last_error) == ("pending", 500, "refused")
        assert row.next_try_at == hooks.clock.now + timedelta(seconds=delay)
        hooks.clock.move(seconds=delay - 1)
        await hooks.send()
        assert (await hooks.row()).attempts == row.attempts
        hooks.clock.move(seconds=1)
    receiver.answers.append(web.Response(status=500))
    await hooks.send()
    row = await hooks.row()
    assert (row.state, row.attempts, row.next_try_at) == ("failed", len(DELAYS_S) + 1, None)
    assert row.tries[0]["excerpt"] == "no well"
    assert hooks.clock.now - NOW > timedelta(days=1)
    assert len(receiver.ids) == len(DELAYS_S) + 1
    assert len(set(receiver.ids)) == 1


async def test_a_pause_that_the_receiver_asks_for_is_kept(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call())
    receiver.answers.append(web.Response(status=429, headers={"retry-after": "900"}))
    await hooks.send()
    assert (await hooks.row()).next_try_at == NOW + timedelta(seconds=900)


async def test_killed_between_sending_and_writing_it_down(hooks: Hooks, address: str, receiver: Receiver) -> None:
    """What was sent is sent again under the same id, by whoever is there when the claim has run out."""
    hooks.clock.now = datetime.now(UTC)  # the one to be killed has a clock of its own
    await hooks.endpoint(address)
    await hooks.happen(call())
    receiver.hold = asyncio.Event()
    dying = await asyncio.create_subprocess_exec(
        sys.executable, str(DYING), hooks.db.url, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    try:
        async with asyncio.timeout(30):
            await receiver.arrived.wait()
    finally:
        dying.kill()
        await dying.wait()
    receiver.hold = None
    await hooks.send()
    assert len(receiver.heard) == 1
    hooks.clock.move(minutes=1)
    await hooks.send()
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    assert ((await hooks.row()).state, (await hooks.row()).attempts) == ("delivered", 1)


async def test_two_workers_send_each_thing_once(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(*(call(call_id=f"call-{number}") for number in range(40)))
    workers = [hooks.sender, hooks.worker()]
    while any(row.state == "pending" for row in await hooks.rows()):
        await asyncio.gather(*(hooks.send(worker) for worker in workers))
    assert len(receiver.ids) == len(set(receiver.ids)) == 40


async def test_a_result_that_comes_too_late_changes_nothing(hooks: Hooks, address: str, receiver: Receiver) -> None:
    """Another worker took over meanwhile and delivered it."""
    await hooks.endpoint(address)
    await hooks.happen(call())
    receiver.hold = hold = asyncio.Event()
    receiver.answers.extend([web.Response(text="second"), web.Response(status=500, text="first")])
    slow = hooks.worker()
    await slow.begin_due(hooks.http)
    await receiver.arrived.wait()
    hooks.clock.move(minutes=1)
    receiver.hold = None
    await hooks.send()
    hold.set()
    await slow.idle()
    row = await hooks.row()
    assert (row.state, [each["excerpt"] for each in row.tries]) == ("delivered", ["second"])


async def test_a_slow_one_holds_up_nobody(hooks: Hooks, receive: Callable[[Receiver], Any]) -> None:
    slow, fast = Receiver(hold=asyncio.Event()), Receiver()
    await hooks.endpoint(await receive(slow))
    await hooks.endpoint(await receive(fast))
    await hooks.happen(*(call(call_id=f"call-{number}") for number in range(20)))
    sending = asyncio.create_task(hooks.sender.run())

    async def taken() -> bool:
        return len(fast.heard) == 20

    await until(taken)
    assert slow.most_at_once == 4
    assert slow.hold is not None
    slow.hold.set()

    async def all_taken() -> bool:
        return len(slow.heard) == 20

    await until(all_taken)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)


async def test_while_one_fails_it_is_asked_with_one_at_a_time(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(*(call(call_id=f"call-{number}") for number in range(3)))
    receiver.answers.extend(web.Response(status=503) for _ in range(3))
    await hooks.send()
    assert len(receiver.heard) == 3
    hooks.clock.move(seconds=5)
    await hooks.send()
    assert len(receiver.heard) == 4
    await hooks.send()
    assert len(receiver.heard) == 6


async def test_one_that_says_it_is_gone_is_switched_off(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address)
    await hooks.happen(call())
    receiver.answers.append(web.Response(status=410))
    await hooks.send()
    row, now = await hooks.row(), await hooks.endpoints.get(endpoint.id)
    assert (row.state, row.last_error) == ("failed", "gone")
    assert (now.enabled, now.off_reason, now.off_at) == (False, "gone", NOW)
    last = (await hooks.journal(WebhookChanged))[-1]
    assert (last.change, last.reason, last.user_id) == ("switched_off", "gone", None)
    await hooks.happen(call(call_id="call-2"))
    assert len(await hooks.rows()) == 1


async def test_one_that_fails_for_days_is_switched_off(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address)
    receiver.answers.extend(web.Response(status=500) for _ in range(2))
    await hooks.happen(call())
    await hooks.send()
    hooks.clock.move(days=3, seconds=1)
    await hooks.send()
    now = await hooks.endpoints.get(endpoint.id)
    assert (now.enabled, now.off_reason, now.failing_since) == (False, "failing", NOW)
    # What waits is kept, and goes on when a person switches it on again.
    hooks.clock.move(hours=1)
    await hooks.send()
    assert len(receiver.heard) == 2
    wanted = Wanted(address, ("CallStarted",))
    now = await hooks.endpoints.update(endpoint.id, wanted, now.version, "admin-1")
    assert (now.off_reason, now.failing_since) == (None, None)
    await hooks.send()
    assert (await hooks.row()).state == "delivered"


async def test_a_success_ends_the_failing(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address)
    receiver.answers.append(web.Response(status=500))
    await hooks.happen(call())
    await hooks.send()
    hooks.clock.move(seconds=5)
    await hooks.send()
    assert (await hooks.endpoints.get(endpoint.id)).failing_since is None


async def test_one_that_never_answers(hooks: Hooks, address: str, receiver: Receiver) -> None:
    receiver.hold = asyncio.Event()
    hooks.sender.settings = hooks.sender.settings.model_copy(update={"timeout_s": 0.05})
    await hooks.endpoint(address)
    await hooks.happen(call())
    await hooks.send()
    row = await hooks.row()
    assert (row.state, row.last_error) == ("pending", "timeout")
    receiver.hold.set()


async def test_the_log_does_not_tell_who_called(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call("13912345678"))
    receiver.answers.append(web.Response(status=500, text="no 13912345678 here"))
    with capture_logs() as lines:
        await hooks.send()
    assert lines
    assert "13912345678" not in str(lines)


async def test_old_deliveries_are_forgotten(hooks: Hooks, address: str) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call())
    await hooks.send()
    hooks.clock.move(days=29)
    await hooks.sender._forget()
    assert len(await hooks.rows()) == 1
    hooks.clock.move(days=2)
    await hooks.sender._forget()
    assert await hooks.rows() == []


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_every_success_is_one(hooks: Hooks, address: str, receiver: Receiver, status: int) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call())
    receiver.answers.append(web.Response(status=status))
    await hooks.send()
    assert (await hooks.row()).state == "delivered"
