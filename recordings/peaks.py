"""The outline of a side's sound, for drawing it."""

from __future__ import annotations

import numpy as np

from recordings.wav import RATE, Samples

PER_SECOND = 20


def peaks(samples: Samples, per_second: int = PER_SECOND) -> list[int]:
    """The loudest sample of each interval, 0 (silence) to 100 (full scale); the last may be short."""
    length = RATE // per_second
    loud = np.abs(samples.astype(np.int32))
    padded = np.pad(loud, (0, -len(loud) % length)).reshape(-1, length)
    highest: list[int] = np.ceil(padded.max(axis=1) * 100 / 32768).astype(int).tolist() if len(loud) else []
    return highest
