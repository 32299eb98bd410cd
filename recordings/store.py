"""Where finished sound files are kept."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, Protocol

from recordings.errors import SoundChanged, SoundMissing
from recordings.models import sha256_of


@dataclass(frozen=True)
class Stored:
    """A kept file: its key in the store, checksum and size in bytes."""

    key: str
    sha256: str
    size: int


class RecordingStore(Protocol):
    """Keeps files under keys. Methods block: call them off the event loop.

    Every method that takes a key raises SoundMissing when nothing is kept under it, except `delete`.
    """

    def key(self, recording_id: str, day: date, name: str) -> str:
        """The key a file of a recording gets."""

    def move_in(self, source: Path, key: str) -> Stored:
        """Take the file in, whole or not at all; `source` is gone afterwards."""

    def stat(self, key: str) -> Stored:
        """What is kept under the key, its checksum computed anew."""

    def open(self, key: str) -> BinaryIO:
        """A seekable stream over the file."""

    def local(self, key: str) -> contextlib.AbstractContextManager[Path]:
        """The file as a path of this machine, for as long as the block lasts."""

    def delete(self, key: str) -> None:
        """Remove the file; nothing happens when it is gone already."""


def verify(store: RecordingStore, key: str, sha256: str) -> None:
    """Raise SoundChanged when the kept file is not the one that was taken in."""
    if store.stat(key).sha256 != sha256:
        raise SoundChanged(file=key)


class FolderStore:
    """A local folder: `year/month/recording id/name`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def key(self, recording_id: str, day: date, name: str) -> str:
        return f"{day:%Y}/{day:%m}/{recording_id}/{name}"

    def move_in(self, source: Path, key: str) -> Stored:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        # The spool may be another file system, where a move is a copy: so copy under a passing name first.
        passing = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            shutil.move(source, passing)
            with passing.open("rb") as file:
                os.fsync(file.fileno())
            passing.replace(target)
        except FileNotFoundError as error:
            raise SoundMissing(file=source.name) from error
        return self.stat(key)

    def stat(self, key: str) -> Stored:
        path = self._existing(key)
        return Stored(key, sha256_of(path), path.stat().st_size)

    def open(self, key: str) -> BinaryIO:
        return self._existing(key).open("rb")

    @contextmanager
    def local(self, key: str) -> Iterator[Path]:
        yield self._existing(key)

    def delete(self, key: str) -> None:
        path = self._path(key)
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # not empty: the other side is still there
            path.parent.rmdir()

    def _existing(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise SoundMissing(file=key)
        return path

    def _path(self, key: str) -> Path:
        path = (self._root / key).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise SoundMissing(file=key)
        return path
