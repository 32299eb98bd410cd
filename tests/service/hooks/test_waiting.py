"""What waits, asked for in ways that a large backlog does not slow: the same answers as by looking at every row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update

from callcenter import metrics
from callcenter.events.ids import new_id
from callcenter.hooks import store
from callcenter.hooks.model import NO_EVENT, DeliveryRow, EndpointRow
from callcenter.hooks.store import Due

from .conftest import NOW, Hooks, call

_OWN = DeliveryRow.endpoint_id == EndpointRow.id
# Endpoint, is it on, since when does it fail; then its deliveries: event or test, state, seconds until the next try.
_TABLE = """
  on        on   -     event pending 30, event pending 10, event delivered -, event failed -
  failing   on   -60   event pending 300
  tested    on   -     event pending 20, test pending 5
  finished  on   -     event delivered -, test failed -
  empty     on   -
  off       off  -60   event pending 1, event pending 2, event delivered -
  off-test  off  -     event pending 1, test pending 40, test delivered -
  off-done  off  -     event pending 1, test failed -
"""


async def test_the_next_try_of_each_endpoint(hooks: Hooks) -> None:
    await _filled(hooks)
    async with hooks.db.read() as session:
        found = await store.waiting(session)
        rows = (await session.execute(select(DeliveryRow, EndpointRow).join(EndpointRow, _OWN))).all()
    assert {due.endpoint_id: (due.failing, due.at) for due in found} == {
        "on": (False, NOW + timedelta(seconds=10)),
        "failing": (True, NOW + timedelta(seconds=300)),
        "tested": (False, NOW + timedelta(seconds=5)),
        "off-test": (False, NOW + timedelta(seconds=40)),
    }
    assert sorted(found, key=_by_endpoint) == sorted(_looked_up([tuple(row) for row in rows]), key=_by_endpoint)


async def test_how_many_are_in_which_state(hooks: Hooks) -> None:
    await _filled(hooks)
    counts = await hooks.deliveries.counts(["on", "tested", "off-test", "empty"])
    assert counts == {
        "on": {"pending": 2, "delivered": 1, "failed": 1},
        "tested": {"pending": 2},
        "off-test": {"pending": 2, "delivered": 1},
    }
    async with hooks.db.read() as session:
        states = Counter((await session.scalars(select(DeliveryRow.state))).all())
        assert await store.count_waiting(session) == states["pending"]


async def test_they_are_counted_now_and_then(hooks: Hooks, address: str) -> None:
    endpoint = await hooks.endpoint(address)
    await hooks.send()
    assert _told() == 0
    await hooks.happen(call(call_id="call-1"), call(call_id="call-2"))
    await _switch(hooks, endpoint.id, on=False)
    hooks.clock.move(seconds=4)
    await hooks.send()
    assert _told() == 0
    hooks.clock.move(seconds=1)
    await hooks.send()
    assert _told() == 2
    await _switch(hooks, endpoint.id, on=True)
    await hooks.send()
    assert _told() == 2
    hooks.clock.move(days=-1)
    await hooks.send()
    assert _told() == 0


async def _switch(hooks: Hooks, endpoint_id: str, *, on: bool) -> None:
    async with hooks.db.transaction() as work:
        await work.session.execute(update(EndpointRow).where(EndpointRow.id == endpoint_id).values(enabled=on))


def _told() -> float:
    (metric,) = metrics.WEBHOOKS_WAITING.collect()
    return metric.samples[0].value


def _by_endpoint(due: Due) -> str:
    return due.endpoint_id


def _looked_up(rows: list[tuple[DeliveryRow, EndpointRow]]) -> Iterator[Due]:
    """Row by row, in the words of the contract."""
    next_try: dict[str, datetime] = {}
    failing: dict[str, bool] = {}
    for delivery, endpoint in rows:
        if delivery.state == "pending" and (endpoint.enabled or delivery.event_seq == NO_EVENT):
            assert delivery.next_try_at is not None
            at = next_try.get(endpoint.id, delivery.next_try_at)
            next_try[endpoint.id] = min(at, delivery.next_try_at)
            failing[endpoint.id] = endpoint.failing_since is not None
    for endpoint_id, at in next_try.items():
        yield Due(endpoint_id, failing[endpoint_id], at)


async def _filled(hooks: Hooks) -> None:
    made = await hooks.endpoint("http://127.0.0.1:9/hook")
    like = {column.name: getattr(made, column.name) for column in EndpointRow.__table__.columns}
    async with hooks.db.transaction() as work:
        for line in _TABLE.strip().splitlines():
            name, on, since, *rest = line.split(maxsplit=3)
            failing = None if since == "-" else NOW + timedelta(seconds=int(since))
            own = {"id": name, "enabled": on == "on", "failing_since": failing, "created_key": name}
            await work.session.execute(insert(EndpointRow).values({**like, **own}))
            for seq, each in enumerate("".join(rest).split(", ") if rest else [], start=1):
                await work.session.execute(insert(DeliveryRow).values(_delivery(name, seq, *each.split())))


def _delivery(endpoint_id: str, seq: int, what: str, state: str, seconds: str) -> dict[str, object]:
    event, test = store.new_delivery(endpoint_id, seq, call(), NOW), store.new_trial(endpoint_id, NOW, new_id())
    new = event if what == "event" else test
    return {**new, "state": state, "next_try_at": None if seconds == "-" else NOW + timedelta(seconds=int(seconds))}
