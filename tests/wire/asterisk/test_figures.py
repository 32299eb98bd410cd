"""What the link to Asterisk leaves in the metrics."""

from __future__ import annotations

import asyncio
import time

import pytest

from callcenter import metrics
from callcenter.asterisk.ami import figures
from callcenter.asterisk.ami.messages import AmiMessage
from tests.wire.asterisk.test_connection import FakeManager, connected


def value(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(f"callcenter_ami_{name}", labels) or 0.0


@pytest.mark.parametrize(
    ("headers", "counted_as"),
    [
        ((("Event", "QueueCallerJoin"),), "QueueCallerJoin"),
        ((("Event", "RTCPSent"),), "other"),
        ((("Event", "13800138000"),), "other"),
        ((("Response", "Success"),), "answer"),
    ],
)
def test_messages_are_counted_by_a_few_names(headers: tuple[tuple[str, str], ...], counted_as: str) -> None:
    before = value("messages_total", event=counted_as)
    figures.read(AmiMessage(headers))
    assert value("messages_total", event=counted_as) == before + 1


def test_the_lag_is_from_asterisks_own_clock() -> None:
    before = value("lag_seconds_sum"), value("lag_seconds_count")
    for stamp in (str(time.time() - 2), str(time.time() + 60), "", "nonsense"):
        figures.read(AmiMessage((("Event", "Hangup"), ("Timestamp", stamp))))
    assert value("lag_seconds_count") - before[1] == 2
    assert 2 <= value("lag_seconds_sum") - before[0] < 3  # a clock that is ahead counts as none


async def test_a_connection_is_shown_while_it_stands() -> None:
    before = value("reconnects_total"), value("bytes_total")
    server = FakeManager()
    async with connected(server) as client:
        assert (value("connected"), value("reconnects_total")) == (1, before[0])
        server.drop()
        await server.until("Login", times=2)
        await asyncio.wait_for(client.wait_connected(), 5)
        assert (value("connected"), value("reconnects_total")) == (1, before[0] + 1)
    assert value("connected") == 0
    assert value("bytes_total") > before[1]
