"""What the link to Asterisk leaves in the metrics."""

from __future__ import annotations

import asyncio
import time

import pytest

from callcenter import metrics
from callcenter.asterisk.ami.figures import Tally, observe_lag
from tests.wire.asterisk.manager import FakeManager, connected


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"callcenter_ami_{name}", labels) or 0.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("name", "counted_as"),
    [("QueueCallerJoin", "QueueCallerJoin"), ("RTCPSent", "other"), ("13800138000", "other"), ("", "answer")],
)
def test_messages_are_counted_by_a_few_names(name: str, counted_as: str) -> None:
    before = value("messages_total", event=counted_as)
    tally = Tally(Clock())
    tally.count([name, name])
    tally.flush()
    tally.flush()
    assert value("messages_total", event=counted_as) == before + 2


def test_the_lag_is_from_asterisks_own_clock() -> None:
    before = value("lag_seconds_sum"), value("lag_seconds_count")
    for stamp in (str(time.time() - 2), str(time.time() + 60), "", "nonsense", "nan", "1e300"):
        observe_lag(f"Event: A\r\nTimestamp: 1\r\n\r\nEvent: B\r\nTimestamp: {stamp}\r\nX: y\r\n\r\n".encode())
    observe_lag(b"Event: A\r\n\r\n")
    observe_lag(b"Event: A\r\nTimestamp: 1")
    assert value("lag_seconds_count") - before[1] == 2
    assert 2 <= value("lag_seconds_sum") - before[0] < 3  # a clock that is ahead counts as none


def test_the_lag_is_looked_at_now_and_then_only() -> None:
    before, clock = value("lag_seconds_count"), Clock()
    tally = Tally(clock)
    for clock.now in (0.0, 0.1, 1.0, 1.1):
        tally.count(["A"])
        tally.read(b"Event: A\r\nTimestamp: 1\r\nX: y\r\n\r\n")
    assert value("lag_seconds_count") == before + 1
    assert value("messages_per_second") == 3.0


async def test_a_connection_is_shown_while_it_stands() -> None:
    before = value("reconnects_total"), value("bytes_total")
    server = FakeManager()
    async with connected(server) as client:
        assert (value("connected", server="asterisk"), value("reconnects_total")) == (1, before[0])
        server.drop()
        await server.until("Login", times=2)
        await asyncio.wait_for(client.wait_connected(), 5)
        assert (value("connected", server="asterisk"), value("reconnects_total")) == (1, before[0] + 1)
    assert value("connected", server="asterisk") == 0
    assert value("bytes_total") > before[1]
