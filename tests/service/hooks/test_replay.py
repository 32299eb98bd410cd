"""Sending anew: from the journal, one delivery, a test."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import delete, select

from callcenter.bus import Bus, JournalCursor
from callcenter.db import Database, JournalRow
from callcenter.errors import Problem
from callcenter.events.calls import CallEnded
from callcenter.events.hooks import WebhookChanged
from callcenter.hooks import deliveries
from callcenter.hooks.catalogue import OFFERED
from callcenter.hooks.checks import Wanted
from callcenter.hooks.deliveries import Range
from callcenter.tasks import Tasks

from ..polling import until
from .conftest import NOW, Hooks, Receiver, call


def minute(number: int) -> dict[str, object]:
    return {"at": NOW + timedelta(minutes=number), "call_id": f"call-{number}"}


async def test_a_time_is_sent_again_under_the_same_ids(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address)
    await hooks.happen(*(call(**minute(number)) for number in range(5)))  # type: ignore[arg-type]
    await hooks.send()
    await hooks.send()
    first = list(receiver.ids)
    wanted = Range(since=NOW + timedelta(minutes=1), until=NOW + timedelta(minutes=3))
    assert await hooks.deliveries.replay(endpoint, wanted, "admin-1") == 2
    await hooks.send()
    assert sorted(receiver.ids[5:]) == sorted(
        receiver.ids[each]
        for each, (_headers, body) in enumerate(receiver.heard[:5])
        if json.loads(body)["data"]["call_id"] in ("call-1", "call-2")
    )
    assert len(first) == 5
    assert (await hooks.journal(WebhookChanged))[-1].change == "replayed"


async def test_what_was_before_the_endpoint_can_be_had(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.happen(call(), CallEnded(at=NOW, call_id="call-1", outcome="answered", cause="normal"))
    endpoint = await hooks.endpoint(address)
    assert await hooks.deliveries.replay(endpoint, Range(since=NOW, until=NOW + timedelta(1)), "admin-1") == 1
    await hooks.send()
    assert [json.loads(body)["type"] for _headers, body in receiver.heard] == ["CallStarted"]


async def test_only_what_is_missing(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address)
    receiver.answers.append(web.Response(status=500))
    await hooks.happen(call())
    await hooks.send()
    await hooks.happen(call(call_id="call-2"))
    await hooks.send()
    wanted = Range(since=NOW - timedelta(1), until=NOW + timedelta(1), missing=True)
    assert await hooks.deliveries.replay(endpoint, wanted, "admin-1") == 1


async def test_the_same_request_replays_once(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address)
    await hooks.happen(call())
    await hooks.send()
    wanted = Range(since=NOW - timedelta(1), until=NOW + timedelta(1))
    for _again in range(2):
        await hooks.deliveries.replay(endpoint, wanted, "admin-1", "key-1")
    await hooks.send()
    assert len(receiver.heard) == 2


async def test_one_event_by_its_place(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address)
    ended = CallEnded(at=NOW, call_id="call-1", outcome="answered", cause="normal")
    await hooks.happen(ended)
    assert await hooks.rows() == []
    # The endpoint's own types are for what comes by itself.
    assert await hooks.deliveries.replay(endpoint, Range(event_seq=hooks._seen), "admin-1") == 1
    await hooks.send()
    assert json.loads(receiver.heard[0][1])["type"] == "CallEnded"
    with pytest.raises(Problem, match="webhook_event_absent"):
        await hooks.deliveries.replay(endpoint, Range(event_seq=hooks._seen + 1), "admin-1")


async def test_what_cannot_be_replayed(hooks: Hooks, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliveries, "MOST_REPLAYED", 1)
    endpoint = await hooks.endpoint(address)
    off = await hooks.endpoint(address, enabled=False)
    await hooks.happen(call(), call())
    day = timedelta(1)
    for where, wanted, code in (
        (endpoint, Range(), "webhook_replay_range"),
        (endpoint, Range(since=NOW, until=NOW), "webhook_replay_order"),
        (endpoint, Range(since=NOW - day, until=NOW + day), "webhook_replay_too_many"),
        (off, Range(since=NOW - day), "webhook_off"),
    ):
        with pytest.raises(Problem, match=code):
            await hooks.deliveries.replay(where, wanted, "admin-1")


async def test_more_than_one_batch(hooks: Hooks, address: str) -> None:
    endpoint = await hooks.endpoint(address)
    await hooks.happen(*(call(call_id=f"call-{number}") for number in range(450)))
    assert (
        await hooks.deliveries.replay(endpoint, Range(since=NOW - timedelta(1), until=NOW + timedelta(1)), "a") == 450
    )
    assert len(await hooks.rows()) == 900


async def test_a_delivery_that_failed_is_sent_again(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call())
    receiver.answers.append(web.Response(status=410))
    await hooks.send()
    row = await hooks.row()
    with pytest.raises(Problem, match="webhook_off"):
        await hooks.deliveries.resend(row.id, "admin-1")
    endpoint = await hooks.endpoints.get(row.endpoint_id)
    await hooks.endpoints.update(endpoint.id, Wanted(address, ("CallStarted",)), endpoint.version, "admin-1")
    await hooks.deliveries.resend(row.id, "admin-1")
    await hooks.send()
    row = await hooks.row()
    assert (row.state, row.attempts, len(row.tries)) == ("delivered", 1, 2)
    assert len(set(receiver.ids)) == 1


async def test_a_test_is_sent_once_and_also_while_it_is_off(hooks: Hooks, address: str, receiver: Receiver) -> None:
    endpoint = await hooks.endpoint(address, enabled=False)
    receiver.answers.append(web.Response(status=500))
    for _again in range(2):
        await hooks.deliveries.test(endpoint, "admin-1", "key-1")
    await hooks.send()
    row = await hooks.row()
    assert (row.state, row.event_type, row.last_status) == ("failed", "WebhookTest", 500)
    assert (await hooks.endpoints.get(endpoint.id)).failing_since is None
    assert json.loads(receiver.heard[0][1]) == {
        "type": "WebhookTest",
        "timestamp": "2026-11-24T01:02:03.000000Z",
        "seq": None,
        "data": {"endpoint_id": endpoint.id},
    }


async def test_an_event_that_the_journal_lost(hooks: Hooks, address: str, receiver: Receiver) -> None:
    await hooks.endpoint(address)
    await hooks.happen(call())
    async with hooks.db.transaction() as work:
        await work.session.execute(delete(JournalRow))
    await hooks.send()
    row = await hooks.row()
    assert (row.state, row.last_error, receiver.heard) == ("failed", "event_gone", [])
    assert (await hooks.deliveries.one(row.id))[1] is None


async def test_what_was_before_any_endpoint_is_not_even_read(hooks: Hooks, address: str) -> None:
    bus = Bus(hooks.db)
    await hooks.happen(call(), call())
    await hooks.fan_out.begin(bus)
    async with hooks.db.read() as session:
        assert [row.seq for row in await session.scalars(select(JournalCursor))] == [hooks._seen]


async def test_the_whole_way_from_the_journal(hooks: Hooks, address: str, receiver: Receiver) -> None:
    """The subscriber reads the journal, the sender is told, the receiver has it."""
    await hooks.endpoint(address, *OFFERED)
    bus, tasks = Bus(hooks.db), Tasks()
    await hooks.fan_out.begin(bus)
    tasks.start("fan out", bus.run_durable(hooks.fan_out.subscriber()))
    tasks.start("sender", hooks.sender.run())
    async with hooks.db.transaction() as work:
        work.emit(call())

    async def taken() -> bool:
        hooks.sender.look()
        return len(receiver.heard) == 1

    await until(taken)
    await tasks.stop()


async def test_of_an_endpoint_that_was_deleted_meanwhile(hooks: Hooks, address: str) -> None:
    endpoint = await hooks.endpoint(address)
    await hooks.happen(call())
    await hooks.endpoints.delete(endpoint.id, endpoint.version, "admin-1")
    with pytest.raises(Problem, match="webhook_unknown"):
        await hooks.deliveries.test(endpoint, "admin-1")
    with pytest.raises(Problem, match="webhook_unknown"):
        await hooks.deliveries.replay(endpoint, Range(since=NOW, until=NOW + timedelta(1)), "admin-1")


async def test_a_test_asked_for_twice_at_once_is_one(hooks: Hooks, address: str) -> None:
    """The first request is still under way when the second comes, in another process."""
    endpoint = await hooks.endpoint(address)
    processes = [Database(hooks.db.url) for _each in range(4)]
    there = [replace(hooks.deliveries, db=db) for db in processes]
    made = await asyncio.gather(*(each.test(endpoint, "admin-1", "key") for each in there))
    for db in processes:
        await db.close()
    assert {row.id for row in made} == {(await hooks.row()).id}
    assert [each.change for each in await hooks.journal(WebhookChanged)] == ["created", "tested"]
