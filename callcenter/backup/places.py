"""Where a service keeps what is saved, and which files lie there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from callcenter.config import Settings

# What a backup or a restore puts into a folder while it works there; never saved, never counted as content.
PASSING = ".callcenter-passing"
# Files in the data folder that hold secrets which the service made.
KEYS = ("asterisk/secrets.json",)
# Where a restore leaves the saved settings, in the data folder: to be read by people, not by the service.
SETTINGS = "from-backup"


def folders(settings: Settings) -> dict[str, Path]:
    """Part → its folder, for the parts that are whole folders; in the order in which they are saved."""
    ivr = settings.ivr
    found = {"recordings": settings.store_dir, "flows": ivr.flows_dir.resolve()}
    return found | ({"prompts": ivr.prompts_override.resolve()} if ivr.prompts_override else {})


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Every file below a folder with its relative name. Links are followed: a year may lie on another disk."""
    late: list[Path] = []
    for path in _walk(folder, set(), late):
        yield path.relative_to(folder).as_posix(), path
    for path in late:
        yield path.relative_to(folder).as_posix(), path


def _walk(folder: Path, seen: set[tuple[int, int]], late: list[Path]) -> Iterator[Path]:
    try:
        status = folder.stat()
        entries = {entry.name: entry for entry in os.scandir(folder) if entry.name != PASSING}
    except FileNotFoundError:  # gone, as a call's folder goes when its time is over
        return
    if (status.st_dev, status.st_ino) in seen:  # a link in a circle
        return
    seen.add((status.st_dev, status.st_ino))
    for name in sorted(entries):
        path = folder / name
        if entries[name].is_dir():
            yield from _walk(path, seen, late)
        elif final := _arriving(name):
            # The store takes a file in under `.name.process` and renames it at once: at the end it has its name.
            late += [] if final in entries else [folder / final]
        elif _is_plain(path):
            yield path


def _arriving(name: str) -> str | None:
    """The name that a file of the store will have, if it is being taken in."""
    final, _, process = name.removeprefix(".").rpartition(".")
    return final if name.startswith(".") and process.isdigit() else None


def _is_plain(path: Path) -> bool:
    """A file, or one that is gone by now: who opens it learns that. No socket, no device."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True
