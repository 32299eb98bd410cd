"""The data folder, its secrets, and room on the disks."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from callcenter.config import Settings
from callcenter.doctor.finding import Finding, error, ok, skipped, warning
from callcenter.doctor.installation import Installation, apart
from callcenter.doctor.wanted import secrets_file

_ENOUGH = 5


@dataclass(frozen=True)
class Room:
    """Free megabytes where a folder is or will be."""

    name: str
    folder: str
    free_mb: int


async def check_data(installation: Installation) -> list[Finding]:
    """Folders that are written to."""
    return await apart(lambda: _data(installation.settings))


async def check_secrets(installation: Installation) -> list[Finding]:
    """What only the owner may read."""
    return await apart(lambda: _secrets(secrets_file(installation.settings)))


async def check_disk(installation: Installation) -> list[Finding]:
    """Room on each disk that is written to."""
    settings = installation.settings
    return judge_disk(await apart(lambda: _rooms(settings)), settings.disk.min_free_mb)


def judge_disk(rooms: list[Room], min_free_mb: int) -> list[Finding]:
    """The service does not start below `min_free_mb`; a day's recordings should fit above it."""
    found = []
    for room in rooms:
        params = {"name": room.name, "folder": room.folder, "free_mb": room.free_mb, "min_free_mb": min_free_mb}
        if room.free_mb < min_free_mb:
            found.append(error("disk", "doctor_disk_full", **params))
        elif room.free_mb < min_free_mb * _ENOUGH:
            found.append(warning("disk", "doctor_disk_low", **params))
    return found or [ok("disk", "doctor_disk_good", free_mb=min(room.free_mb for room in rooms))]


def _data(settings: Settings) -> list[Finding]:
    folder = settings.data_dir.resolve()
    if not folder.exists():
        above = _existing(folder)
        if not _writable(above):
            return [error("data_folder", "doctor_folder_closed", folder=str(above), setting="CALLCENTER_DATA_DIR")]
        return [warning("data_folder", "doctor_folder_absent", folder=str(folder))]
    found = [each for path, name in _written(settings).items() if (each := _closed(path, name))]
    mode = folder.stat().st_mode
    if folder.is_dir() and mode & 0o007:
        found.append(warning("data_folder", "doctor_folder_open", folder=str(folder), mode=f"{mode & 0o777:o}"))
    return found or [ok("data_folder", "doctor_folder_good", folder=str(folder))]


def _written(settings: Settings) -> Mapping[Path, str]:
    """Folders that must be there, with the setting that names them."""
    named = {
        "CALLCENTER_RECORDINGS__SPOOL_DIR": settings.recordings.spool_dir,
        "CALLCENTER_RECORDINGS__STORE_DIR": settings.recordings.store_dir,
    }
    own = {settings.data_dir.resolve(): "CALLCENTER_DATA_DIR"}
    return own | {path.resolve(): name for name, path in named.items() if path is not None}


def _closed(folder: Path, setting: str) -> Finding | None:
    if folder.is_dir() and _writable(folder):
        return None
    return error("data_folder", "doctor_folder_closed", folder=str(folder), setting=setting)


def _writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def _secrets(file: Path) -> list[Finding]:
    if not file.exists():
        return [skipped("secrets", "doctor_secrets_absent", path=str(file))]
    mode = file.stat().st_mode
    if mode & 0o077:
        return [error("secrets", "doctor_secrets_open", path=str(file), mode=f"{mode & 0o777:o}")]
    reason = _unreadable(file)
    if reason:
        return [error("secrets", "doctor_secrets_broken", path=str(file), reason=reason)]
    return [ok("secrets", "doctor_secrets_good", path=str(file))]


def _unreadable(file: Path) -> str:
    try:
        kept = json.loads(file.read_text())
    except (OSError, ValueError) as reason:
        return str(reason)
    return "" if isinstance(kept, dict) else type(kept).__name__


def _rooms(settings: Settings) -> list[Room]:
    named = {
        "data": settings.data_dir.resolve(),
        "spool": settings.spool_dir,
        "recordings": settings.store_dir,
        "models": settings.speech.models_dir.resolve(),
    }
    disks: dict[int, Room] = {}
    for name, folder in named.items():
        place = _existing(folder)
        room = Room(name, str(folder), shutil.disk_usage(place).free // 1_000_000)
        # Several folders on one disk share its room: one finding is enough.
        disks.setdefault(place.stat().st_dev, room)
    return list(disks.values())


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(path for path in (folder, *folder.parents) if path.exists())
