"""What the menu asks of the telephone line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Session(Protocol):
    """One caller. Sounds are absolute paths without extension.

    Every method raises the line's own exception when the caller has hung up: it ends the menu and is not caught here.
    """

    @property
    def path(self) -> str:
        """Name of the flow that is asked for."""

    async def stream_file(self, name: str) -> None:
        """Play to the end; keys are not heard."""

    async def read_digits(self, prompts: Sequence[str], timeout_s: float, max_digits: int, terminators: str) -> str:
        """Play until a key is pressed, then collect; "" when none came within `timeout_s` after the last prompt.

        `#` is a key like any other unless it is among `terminators`.
        """

    async def set_variable(self, name: str, value: str) -> None:
        """Set a variable, or a function such as CHANNEL(language), on the caller's channel."""
