"""The manager's bench runs, and no message is lost in it."""

from __future__ import annotations

from callcenter.bench import ami
from callcenter.bench.stream import read


async def test_every_client_hears_the_stream_and_ours_loses_nothing() -> None:
    figures = await ami.measure(20_000, rounds=1)
    assert figures["lost"] == 0
    assert figures["calls_tracked"] >= 20_000 // read().events * 8
    assert min(value for name, value in figures.items() if name.endswith("_per_s")) > 0
