"""The archive: an ordinary tar file that begins with `manifest.json` and ends with `checksums`.

`checksums` has one line of JSON for each member before it, in their order: `[name, bytes, sha256]`. They find damage,
not malice: who can write the archive can write its checksums.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path, PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from callcenter.backup import manifest
from callcenter.backup.manifest import Manifest
from callcenter.errors import Problem

CHECKSUMS = "checksums"
_PIECE = 1 << 20
# A hundred thousand recordings' lines; more go to a passing file.
_LINES_IN_MEMORY = 16 << 20


@dataclass
class Tally:
    """How many files, of how many bytes."""

    files: int = 0
    size: int = 0

    def add(self, size: int) -> None:
        self.files += 1
        self.size += size


class Writer:
    """Members go out one after another: nothing is held in memory but the checksums."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.TarFile(fileobj=file, mode="w", copybufsize=_PIECE)
        self._lines = SpooledTemporaryFile(_LINES_IN_MEMORY)  # noqa: SIM115  # lives as long as the writer

    def text(self, name: str, content: bytes) -> None:
        """A member made here, for its owner's eyes."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(content), 0o600
        self._add(info, io.BytesIO(content))

    def file(self, name: str, path: Path) -> int:
        """A file as long as it is now, even if it grows meanwhile; its size. Raises FileNotFoundError."""
        with path.open("rb") as source:
            status = os.fstat(source.fileno())
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.mtime = (
                status.st_size,
                stat.S_IMODE(status.st_mode) & 0o777,
                int(status.st_mtime),
            )
            self._add(info, source)
        return info.size

    def close(self) -> None:
        """Write the checksums: without them the archive counts as cut off."""
        info = tarfile.TarInfo(CHECKSUMS)
        info.size, info.mode = self._lines.tell(), 0o600
        self._lines.seek(0)
        self._tar.addfile(info, self._lines)
        self._tar.close()
        self._lines.close()

    def _add(self, info: tarfile.TarInfo, source: IO[bytes]) -> None:
        hashing = _Hashing(source)
        self._tar.addfile(info, hashing)
        self._lines.write(_line(info.name, info.size, hashing.hexdigest()))


class _Hashing(io.RawIOBase):
    """Passes on what is read and remembers its checksum."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self._sum.update(piece)
        return piece

    def hexdigest(self) -> str:
        return self._sum.hexdigest()


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    """The archive for reading; a `Problem` when it is none or breaks off."""
    try:
        with tarfile.open(path, "r:") as tar:
            yield tar
    except tarfile.TarError as error:
        raise Problem("backup_unreadable", path=path) from error


def read_manifest(path: Path) -> Manifest:
    """What the archive says of itself. Nothing else of it is looked at."""
    with opened(path) as tar:
        first = tar.next()
        if first is None or first.name != manifest.NAME or not first.isreg():
            raise Problem("backup_unreadable", path=path)
        return manifest.parse(_content(tar, first).read(), path)


def verify(path: Path) -> dict[str, Tally]:
    """Read all of it: every name must be safe, every member whole. What each part holds."""
    parts: dict[str, Tally] = {}
    member = manifest.NAME
    with opened(path) as tar, SpooledTemporaryFile(_LINES_IN_MEMORY) as found:
        try:
            for info in tar:
                require_safe(info)
                member = info.name
                if member == CHECKSUMS:
                    _compare(path, found, _content(tar, info))
                    return parts
                found.write(_line(member, info.size, _sum(_content(tar, info))))
                if "/" in member:
                    parts.setdefault(part_of(member)[0], Tally()).add(info.size)
        except tarfile.TarError as error:
            raise Problem("backup_damaged", path=path, member=member) from error
    raise Problem("backup_damaged", path=path, member=CHECKSUMS)


def files(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    """Every file of a part, with its content."""
    for info in tar:
        require_safe(info)
        if "/" in info.name:
            yield info, _content(tar, info)


def part_of(name: str) -> tuple[str, str]:
    """The part a member belongs to, and its path therein."""
    part, _, rest = name.partition("/")
    return part, rest


def require_safe(info: tarfile.TarInfo) -> None:
    """A plain file, under a name that cannot lead out of its folder."""
    path = PurePosixPath(info.name)
    plain = info.isreg() and not info.issparse()
    if not plain or path.is_absolute() or ".." in path.parts or "\0" in info.name or str(path) != info.name:
        raise Problem("backup_unsafe", member=repr(info.name))


def _compare(path: Path, found: IO[bytes], stated: IO[bytes]) -> None:
    found.seek(0)
    for ours, theirs in zip_longest(found, stated, fillvalue=b""):
        if ours != theirs:
            raise Problem("backup_damaged", path=path, member=json.loads(ours)[0] if ours else CHECKSUMS)


def _line(name: str, size: int, sha256: str) -> bytes:
    return json.dumps([name, size, sha256]).encode() + b"\n"


def _sum(content: IO[bytes]) -> str:
    found = hashlib.sha256()
    while piece := content.read(_PIECE):
        found.update(piece)
    return found.hexdigest()


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = tar.extractfile(info)
    assert content is not None, "a plain file"
    return content
