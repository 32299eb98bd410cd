"""A caller without a telephone: presses what he is told to, and keeps what he heard. For tests and the simulator."""

from __future__ import annotations

from collections.abc import Sequence

SILENCE = "-"


class FakeSession:
    """Keys are pressed one at each question; afterwards the caller is silent. `-` is silence, too."""

    def __init__(self, keys: Sequence[str] = (), path: str = "main") -> None:
        self.path = path
        self._keys = list(keys)
        self.heard: list[str] = []
        self.variables: dict[str, str] = {}

    async def stream_file(self, name: str) -> None:
        self.heard.append(name)

    async def read_digits(self, prompts: Sequence[str], timeout_s: float, max_digits: int, terminators: str) -> str:
        self.heard.extend(prompts)
        key = self._keys.pop(0) if self._keys else SILENCE
        return "" if key == SILENCE else key

    async def set_variable(self, name: str, value: str) -> None:
        self.variables[name] = value
