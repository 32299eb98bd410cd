"""Spreads of times."""

from __future__ import annotations

import pytest

from callcenter.bench.figures import spread


def test_a_percentile_of_few_is_no_longer_than_the_longest() -> None:
    told = spread([0.010, 0.020, 0.107], "pop_")
    assert told["pop_p50_ms"] == 20.0
    assert 100 < told["pop_p99_ms"] <= 107


@pytest.mark.parametrize("seconds", [[], [0.5]])
def test_one_time_is_no_spread(seconds: list[float]) -> None:
    assert spread(seconds, "") == {"p50_ms": 0.0, "p99_ms": 0.0}
