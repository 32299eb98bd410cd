"""A file made by `save` into the place of a service, which must be empty."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tarfile import TarInfo
from typing import IO

from callcenter import opening
from callcenter.backup import archive, checks
from callcenter.backup.archive import Tally
from callcenter.backup.engine import Engine, engine_of
from callcenter.backup.landing import Landing
from callcenter.backup.manifest import Manifest
from callcenter.backup.places import SETTINGS, folders
from callcenter.config import Settings
from callcenter.errors import Problem
from callcenter.folder_lock import FolderLock

_MENUS = ("flows", "prompts")
_PIECE = 1 << 20


@dataclass(frozen=True)
class Restored:
    """What came back; `kept` are parts that stayed in the archive: their folder has files of its own, or is not set."""

    manifest: Manifest
    parts: Mapping[str, Tally]
    kept: tuple[str, ...]


def restore(settings: Settings, path: Path, replace_flows: bool = False) -> Restored:
    """Fill the empty place that the settings name; a `Problem` leaves it as empty as it was.

    Menus are the exception: a folder that has some keeps them unless `replace_flows`.
    """
    engine = engine_of(settings)
    about = archive.read_manifest(path)
    checks.require_fitting(about, engine)
    parts = archive.verify(path)
    roots = _roots(settings, engine, parts, replace_flows)
    replaced = [root for part, root in roots.items() if part in _MENUS]
    try:
        with _claimed(settings.data_dir.resolve()):
            checks.require_empty(engine, {part: root for part, root in roots.items() if part not in _MENUS})
            checks.require_room(parts, roots, settings.disk.min_free_mb)
            _bring_back(path, engine, roots, replaced)
            asyncio.run(opening.migrate(settings))  # of what an earlier version saved
    except OSError as error:
        raise Problem("restore_not_written", path=error.filename or path, reason=error.strerror or error) from error
    back = {part: tally for part, tally in parts.items() if part in roots or part == "database"}
    return Restored(about, back, tuple(parts.keys() - back.keys()))


def _roots(settings: Settings, engine: Engine, parts: Mapping[str, Tally], replace_flows: bool) -> dict[str, Path]:
    """Part of the archive → the folder that it goes into."""
    data = settings.data_dir.resolve()
    roots = {"spool": settings.spool_dir, **folders(settings), "keys": data, "settings": data / SETTINGS}
    found = {part: root for part, root in roots.items() if part in parts}
    return {
        part: root for part, root in found.items() if part not in _MENUS or replace_flows or not checks.contents(root)
    }


def _bring_back(path: Path, engine: Engine, roots: Mapping[str, Path], replaced: list[Path]) -> None:
    """The database comes last: whoever finds one, finds the rest."""
    last = next(reversed([*engine.targets.values()]), None)
    with archive.opened(path) as tar, Landing(last, replaced) as landing:
        for info, content in archive.files(tar):
            target = _target(info.name, engine, roots)
            if target is not None:
                _write(landing.path(*target), info, content)
        landing.place()
        engine.fill(tar)


def _target(member: str, engine: Engine, roots: Mapping[str, Path]) -> tuple[Path, str] | None:
    """Folder and path therein; None for what is not brought back, or not as a file."""
    part, name = archive.part_of(member)
    if part == "database":
        file = engine.targets.get(name)
        return (file.parent, file.name) if file else None
    return (roots[part], name) if part in roots else None


def _write(path: Path, info: TarInfo, content: IO[bytes]) -> None:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        shutil.copyfileobj(content, file, _PIECE)
        os.fchmod(file.fileno(), info.mode & 0o777)
    os.utime(path, (info.mtime, info.mtime))


@contextmanager
def _claimed(data: Path) -> Iterator[None]:
    """No service on this folder meanwhile. If nothing comes of it, the folder is as it was."""
    absent = [folder for folder in (data, *data.parents) if not folder.exists()]
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark = data / "in-use"
    had_mark = mark.exists()
    lock = FolderLock(data)
    lock.take("callcenter restore")
    try:
        yield
    except BaseException:
        if not had_mark:
            mark.unlink()
        with suppress(OSError):  # not empty: the data is back, its migration failed
            for folder in absent:
                folder.rmdir()
        raise
    finally:
        lock.release()
