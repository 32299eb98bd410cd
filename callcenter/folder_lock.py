"""One process per folder, or several that know of each other: others would end each other's Asterisk and do each
other's jobs."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TextIO

from callcenter.errors import Problem


class FolderLock:
    """Held from `take` until `release` or the end of the process, however it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file: TextIO | None = None

    def take(self, who: str, *, shared: bool = False) -> None:
        """Claim the folder in the name of `who`; a `Problem` tells who has it already.

        Those who share it keep out only somebody who wants it alone.
        """
        file = (self._folder / "in-use").open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip()
            file.close()
            raise Problem("folder_in_use", field="folder", folder=self._folder, holder=holder) from None
        self._file = file
        file.truncate(0)
        file.write(f"{who}, pid {os.getpid()}\n")
        file.flush()

    def release(self) -> None:
        """Let others have it."""
        if self._file is not None:
            self._file.close()
            self._file = None
