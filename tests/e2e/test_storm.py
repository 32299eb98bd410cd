"""A small storm: what `callcenter bench storm` shows at full size, with real calls beside it."""

from __future__ import annotations

from callcenter.bench.storm.run import measure
from callcenter.bench.storm.size import Storm

SMALL = Storm(
    agents=24,
    ring_all=6,
    rate=50.0,
    burst_rate=500.0,
    warm_up_s=2.0,
    steady_s=6.0,
    calm_bursts=0,
    storm_s=30.0,
    bursts=1,
    cuts=8,
    kills=1,
)
WRONG = ("missing", "doubled", "wrong", "pops_missing", "pops_doubled", "pops_wrong", "pops_left")


async def test_no_call_lost_and_no_pop_twice() -> None:
    figures = await measure(SMALL, customers=300)
    assert figures["amiss"] == []
    assert {name: figures[name] for name in WRONG} == dict.fromkeys(WRONG, 0)
    assert figures["ledger_equal"]
    assert (figures["reconnects"], figures["kills"]) == (SMALL.cuts, SMALL.kills)
    assert figures["calls"] >= 20
    assert figures["real_calls"] >= 2
