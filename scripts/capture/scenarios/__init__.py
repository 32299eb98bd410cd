"""All scenarios, by name."""

from __future__ import annotations

from scripts.capture.scenarios import agents, by_manager, callers, calls_out, consultations, devices, queue, transfers
from scripts.capture.scenarios.base import ALL

SCENARIOS = ALL

__all__ = [
    "SCENARIOS", "agents", "by_manager", "callers", "calls_out", "consultations", "devices", "queue", "transfers",
]  # fmt: skip
