"""What the lines of CDR and CEL have in common: quoted cells, times as seconds since 1970."""

from __future__ import annotations

import csv
from datetime import UTC, datetime


def cells(line: str) -> list[str]:
    """The cells of one line; none when the line is no such thing."""
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return []


def moment(text: str) -> datetime | None:
    """`1795563979.144301` as a time; None for anything else."""
    try:
        seconds = float(text)
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None
