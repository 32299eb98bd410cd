"""Recordings that are not collected yet: kept hold of in the moment in which the database is frozen.

One that is collected later gets a name in the store that the frozen database does not know. Read only then, it would be
in the archive and belong to no call.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from callcenter.backup.places import PASSING
from callcenter.folder_lock import FolderLock


@contextmanager
def held(spool: Path, work: Path) -> Iterator[Path]:
    """A folder for `hold`: in the spool, so that files need no copying, unless only others may write there.

    One backup at a time: a second one meets a `Problem`.
    """
    folder = spool / PASSING
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
    except OSError:
        folder = work / "spool"
        folder.mkdir()
        yield folder
        return
    lock = FolderLock(folder)
    lock.take("callcenter backup")
    try:
        for left in folder.glob("held-*"):  # by a backup that was killed
            left.unlink()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        lock.release()


def hold(spool: Path, folder: Path) -> None:
    """Keep hold of what lies in the spool now. Listed before it is taken: a recording that is marked as done in the
    list is complete."""
    if not spool.is_dir():
        return
    names = {entry.name for entry in os.scandir(spool) if entry.is_file(follow_symlinks=False)}
    for name in names - {PASSING}:
        try:
            _link(spool / name, folder / f"held-{name}")
        except FileNotFoundError:  # collected before the moment: the store has it, under a name that is known
            continue


def files(folder: Path) -> Iterator[tuple[str, Path]]:
    """What is held, by its name in the spool."""
    for path in sorted(folder.glob("held-*")):
        yield path.name.removeprefix("held-"), path


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # another disk, another owner
        shutil.copy2(source, target)
