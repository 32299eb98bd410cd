"""How hard it blows, and for how long."""

from __future__ import annotations

from dataclasses import dataclass

# Each burst of the calm has so long to itself.
CALM_S = 12.0


@dataclass(frozen=True)
class Storm:
    """How hard it blows. `rate` and `burst_rate` are messages in a second, of the manager interface.

    First an even beat for `steady_s`, then so many bursts while the link still holds, then all of it for `storm_s`.
    """

    agents: int = 500
    ring_all: int = 50
    rate: float = 200.0
    burst_rate: float = 5000.0
    warm_up_s: float = 6.0
    steady_s: float = 60.0
    calm_bursts: int = 2
    storm_s: float = 120.0
    bursts: int = 8
    cuts: int = 100
    kills: int = 2
    seed: int = 2026

    @property
    def queues(self) -> int:
        """Of as many members each as ring at once."""
        return self.agents // self.ring_all

    @property
    def steady_until(self) -> float:
        """When the even beat alone is over."""
        return self.warm_up_s + self.steady_s

    @property
    def storm_from(self) -> float:
        """When the link begins to break."""
        return self.steady_until + self.calm_bursts * CALM_S

    @property
    def calls_until(self) -> float:
        """When the last caller rings."""
        return self.storm_from + self.storm_s
