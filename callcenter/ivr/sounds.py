"""Spoken sounds as files: 8 kHz, mono, 16 bit, trimmed, peak at -3 dBFS; made again only when something changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from callcenter.errors import Problem
from callcenter.ivr.voices import IDENTITY, Say, speak, tool

MANIFEST = "manifest.json"
# Raise it when the treatment below changes: every sound is made again.
_TREATMENT = "2"


@dataclass(frozen=True)
class Sound:
    """One file to be spoken. `path` is relative to its folder; `pitch` (cents) and `tempo` (factor) vary speakers."""

    path: str
    text: str
    voice: str
    pitch: int = 0
    tempo: float = 1.0

    @property
    def fingerprint(self) -> str:
        """Equal only for sounds that would come out the same."""
        made_of = [_TREATMENT, IDENTITY[self.voice], self.text, self.pitch, self.tempo]
        return hashlib.sha256(json.dumps(made_of, ensure_ascii=False).encode()).hexdigest()[:16]


def outdated(sounds: Sequence[Sound], folder: Path) -> list[Sound]:
    """Those whose file is missing or was made from another text or voice."""
    manifest = _manifest(folder)
    return [s for s in sounds if manifest.get(s.path) != s.fingerprint or not (folder / s.path).exists()]


def make(sounds: Sequence[Sound], folder: Path, voices_dir: Path, say: Say) -> None:
    """Speak these sounds into `folder` and note their fingerprints."""
    if not sounds:
        return
    tool("sox")  # known to be there before the long part begins
    by_voice = sorted(sounds, key=lambda sound: sound.voice)
    done = 0
    for voice, group in groupby(by_voice, key=lambda sound: sound.voice):
        batch = list(group)
        with tempfile.TemporaryDirectory() as scratch:
            jobs = [(s.text, Path(scratch) / f"{number}.wav") for number, s in enumerate(batch)]
            for sound, raw in zip(batch, speak(voice, jobs, voices_dir, say), strict=True):
                _finish(raw, folder / sound.path, sound)
                _note(folder, sound)
                done += 1
                say(f"[{done}/{len(sounds)}] {folder / sound.path}")


def _finish(raw: Path, path: Path, sound: Sound) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    trim = ["silence", "1", "0.02", "0.5%", "reverse"]
    vary = ["pitch", str(sound.pitch)] if sound.pitch else []
    vary += ["tempo", "-s", str(sound.tempo)] if sound.tempo != 1.0 else []
    # Headroom first: changing the pitch and the rate overshoots.
    effects = ["gain", "-n", "-6", *vary, "highpass", "120", "rate", "8000", *trim, *trim]
    effects += ["pad", "0.05", "0.15", "gain", "-n", "-3"]
    command = [tool("sox"), "-R", str(raw), "-c", "1", "-b", "16", "-e", "signed-integer", str(path), *effects]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    if finished.returncode:
        raise Problem("ivr_sound_failed", field=sound.path, output=finished.stderr.strip())


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    if not path.exists():
        return {}
    entries: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return entries


def _note(folder: Path, sound: Sound) -> None:
    kept = {path: made for path, made in _manifest(folder).items() if (folder / path).exists()}
    entries = {**kept, sound.path: sound.fingerprint}
    text = json.dumps(dict(sorted(entries.items())), indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")
