"""`callcenter backup FILE [--without-recordings]` and `callcenter restore FILE [--verify] [--flows]`."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from callcenter.backup.archive import Tally
    from callcenter.backup.manifest import Manifest

_MB = 1 << 20


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `backup` and `restore`."""
    backup = subparsers.add_parser("backup", help="save database, recordings, menus and keys; the service may run")
    backup.add_argument("file", type=Path, metavar="FILE", help="the archive to write; must not exist yet")
    backup.add_argument("--without-recordings", action="store_true", help="where sound is saved in another way")
    backup.set_defaults(run=_backup)
    restore = subparsers.add_parser("restore", help="bring a backup back into an empty database and empty folders")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--verify", action="store_true", help="only check that the archive is whole")
    restore.add_argument("--flows", action="store_true", help="replace the menus that are there by the saved ones")
    restore.set_defaults(run=_restore)


def _backup(arguments: argparse.Namespace) -> int:
    from callcenter.backup.save import save
    from callcenter.config import load

    began = time.monotonic()
    saved = save(load(), arguments.file, recordings=not arguments.without_recordings)
    _say(saved.manifest, saved.parts)
    for name in saved.vanished:
        print(f"  gone meanwhile: {name}")
    print(f"saved {arguments.file}, {_mb(saved.size)} in {time.monotonic() - began:.1f} s")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    from callcenter.backup.restore import restore
    from callcenter.config import load

    began = time.monotonic()
    if arguments.verify:
        return _verify(arguments.file)
    restored = restore(load(), arguments.file, replace_flows=arguments.flows)
    _say(restored.manifest, restored.parts)
    for part in restored.kept:
        print(f"  {part} left in the archive: the folder has files of its own (--flows replaces them) or is not set")
    print(f"restored from {arguments.file} in {time.monotonic() - began:.1f} s")
    return 0


def _verify(path: Path) -> int:
    from callcenter.backup import archive

    about = archive.read_manifest(path)
    _say(about, archive.verify(path))
    print(f"{path} is whole")
    return 0


def _say(about: Manifest, parts: Mapping[str, Tally]) -> None:
    print(f"{about.form}, schema {about.revision}, callcenter {about.program}, {about.made_at:%Y-%m-%d %H:%M:%S} UTC")
    for part, tally in parts.items():
        print(f"  {part:<11}{tally.files:>8} files {_mb(tally.size):>12}")


def _mb(size: int) -> str:
    return f"{size / _MB:.1f} MB"
