"""Acted calls: what callers and agents say in tests and in the demo, as sounds with their texts beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from callcenter.errors import Problem
from callcenter.ivr.sounds import Sound

ACTED_DIR = Path(__file__).resolve().parents[2] / "tests" / "sounds"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    lang: str
    side: Literal["caller", "agent"]
    voice: str
    pitch: int = 0
    tempo: float = 1.0
    text: str


@dataclass(frozen=True)
class Acted:
    """One acted sound: who speaks, in which language, and how the file is made."""

    language: str
    side: Literal["caller", "agent"]
    sound: Sound


def read_acted(folder: Path = ACTED_DIR) -> list[Acted]:
    """What `texts.json` of the folder lists; sound paths are relative to the folder."""
    file = folder / "texts.json"
    try:
        entries = TypeAdapter(dict[str, _Entry]).validate_python(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise Problem("prompts_unreadable", field=file.name, file=str(file), reason=str(error)) from error
    return [
        Acted(entry.lang, entry.side, Sound(path, entry.text, entry.voice, entry.pitch, entry.tempo))
        for path, entry in entries.items()
    ]
