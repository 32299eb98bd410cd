"""Files come to rest in a passing folder inside each target folder, and are moved into place together or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from callcenter.backup.places import PASSING

_REPLACED = ".callcenter-replaced"


class Landing:
    """A block that fails leaves the folders as they were. `last` is moved when all else is in its place.

    Inside the target folder, because that may be a disk of its own, onto which nothing can be renamed.
    """

    def __init__(self, last: Path | None = None, replace: Iterable[Path] = ()) -> None:
        self._last = last
        self._replace = set(replace)
        self._roots: list[Path] = []
        self._made: list[Path] = []
        self._moved: list[tuple[Path, Path]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if kind is not None:
            self._undo()
        for root in self._roots:
            shutil.rmtree(root / PASSING, ignore_errors=True)
            shutil.rmtree(root / _REPLACED, ignore_errors=True)
        if kind is not None:
            for folder in reversed(self._made):
                with contextlib.suppress(OSError):  # somebody else has put something there
                    folder.rmdir()

    def path(self, root: Path, relative: str) -> Path:
        """Where to write a file that will be `root / relative`."""
        if root not in self._roots:
            self._open(root)
        path = root / PASSING / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def place(self) -> None:
        """Move everything into place."""
        os.sync()
        for root in self._replace.intersection(self._roots):
            (root / _REPLACED).mkdir()
            for entry in list(root.iterdir()):
                if entry.name not in (PASSING, _REPLACED):
                    self._move(entry, root / _REPLACED / entry.name)
        entries = [(entry, root / entry.name) for root in self._roots for entry in (root / PASSING).iterdir()]
        for entry, target in sorted(entries, key=lambda each: each[1] == self._last):
            self._move(entry, target)
        os.sync()

    def _open(self, root: Path) -> None:
        self._make(root)
        shutil.rmtree(root / PASSING, ignore_errors=True)  # of a restore that was killed
        (root / PASSING).mkdir(mode=0o700)
        self._roots.append(root)

    def _make(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make(folder.parent)
            folder.mkdir()
            self._made.append(folder)

    def _move(self, source: Path, target: Path) -> None:
        """Into folders that are there already; over nothing that is there already."""
        if source.is_dir() and target.is_dir():
            for entry in list(source.iterdir()):
                self._move(entry, target / entry.name)
            return
        if target.exists():
            raise FileExistsError(17, os.strerror(17), str(target))
        source.rename(target)
        self._moved.append((source, target))

    def _undo(self) -> None:
        for source, target in reversed(self._moved):
            target.rename(source)
