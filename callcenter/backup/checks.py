"""What must be so before a restore changes anything."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from alembic.script import ScriptDirectory

from callcenter import schema
from callcenter.backup.archive import Tally
from callcenter.backup.engine import Engine
from callcenter.backup.manifest import Manifest
from callcenter.backup.places import KEYS, PASSING
from callcenter.errors import Problem

_MB = 1 << 20


def require_fitting(about: Manifest, engine: Engine) -> None:
    """The archive must be of the target's form, and of a schema that this program knows."""
    if about.form != engine.form:
        raise Problem("backup_other_form", found=about.form, wanted=engine.form)
    migrations = ScriptDirectory(str(Path(schema.__file__).resolve().parents[1] / "migrations"))
    if about.revision not in {known.revision for known in migrations.walk_revisions()}:
        wanted = migrations.get_current_head()
        raise Problem("backup_schema_newer", found=about.revision, wanted=wanted, program=about.program)


def require_empty(engine: Engine, roots: Mapping[str, Path]) -> None:
    """Nothing may be where something is to come. `roots`: part → its folder."""
    engine.require_empty()
    for part, root in roots.items():
        taken = [root / name for name in KEYS if (root / name).exists()] if part == "keys" else contents(root)
        if taken:
            raise Problem("restore_not_empty", place=taken[0])


def contents(folder: Path) -> list[Path]:
    """What lies in a folder, if there is one."""
    return [path for path in folder.iterdir() if path.name != PASSING] if folder.is_dir() else []


def require_room(parts: Mapping[str, Tally], roots: Mapping[str, Path], spare_mb: int) -> None:
    """Every disk must hold what is to come to it, and `spare_mb` more."""
    needed: dict[int, int] = {}
    for part, root in roots.items():
        disk = _existing(root)
        device = disk.stat().st_dev
        needed[device] = needed.get(device, spare_mb * _MB) + parts[part].size
        free = shutil.disk_usage(disk).free
        if free < needed[device]:
            raise Problem("restore_no_room", folder=root, needed_mb=needed[device] // _MB + 1, free_mb=free // _MB)


def _existing(folder: Path) -> Path:
    return folder if folder.is_dir() else _existing(folder.parent)
