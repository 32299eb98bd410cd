"""Numbers on the command line, between two bounds: argparse refuses any other, and names the argument."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

_WHOLE = re.compile(r"-?[0-9]{1,30}")


def whole(least: int, most: int) -> Callable[[str], int]:
    """For `type=`: a whole number from `least` to `most`."""

    def read(text: str) -> int:
        value = int(text) if _WHOLE.fullmatch(text) else None
        if value is None or not least <= value <= most:
            raise argparse.ArgumentTypeError(f"a whole number from {least} to {most}, not {text}")
        return value

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """For `type=`: a number from `least` to `most`; nan and inf are none."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"a number from {least:g} to {most:g}, not {text}")
        return value

    return read
