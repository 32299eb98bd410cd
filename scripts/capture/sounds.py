"""Short tones in place of the spoken prompts."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

_TONE = (8000 * np.sin(np.arange(2400) * 0.5)).astype("<i2").tobytes()


def prompts(folder: Path) -> Path:
    for name in ("zh/recording_notice", "zh/apology_no_menu", "zh/main_menu"):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as sound:
            sound.setparams((1, 2, 8000, 0, "NONE", ""))
            sound.writeframes(_TONE)
    return folder
