"""Whether Asterisk's files can be compared with: they are there, may be read, and are those of this server."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from callcenter.asterisk.files import cdr, cel, queue_log
from callcenter.calls.disagreement import Kept
from callcenter.calls.filed import Filed
from callcenter.errors import Problem

_FILES = (cel.FILE, cdr.FILE, queue_log.FILE)


@dataclass(frozen=True)
class Place:
    """Where a server's files lie, None: not known; and the setting that says so, for whoever has to correct it."""

    server: str
    folder: Path | None
    setting: str

    def problem(self, code: str, **params: Any) -> Problem:
        """One that names both."""
        return Problem(code, field=self.setting, server=self.server, setting=self.setting, **params)


def look(place: Place, calls: Sequence[Kept], settled: datetime) -> Path:
    """The folder, when the files in it can be read that must be there for these calls, of which those that had ended
    by `settled` are written down. Problem otherwise."""
    folder = place.folder
    if folder is None:
        raise place.problem("ledger_folder_unknown")
    ends = [call.record.ended_at for call in calls if call.record.outcome != "cut"]
    written = any(at <= settled for at in ends if at)
    for path in (folder / name for name in _FILES):
        # Asterisk makes each with the first line that it writes.
        if not _readable(place, path) and (written or not folder.is_dir()):
            raise place.problem("ledger_no_files", path=str(path))
    return folder


def _readable(place: Place, path: Path) -> bool:
    """Whether the file is there, or what it was rotated into. Problem when one may not be read."""
    try:
        found = [each for each in path.parent.iterdir() if f"{each.name}.".startswith(f"{path.name}.")]
        for each in found:
            with each.open("rb"):
                pass
    except FileNotFoundError:
        return False
    except OSError as error:
        raise place.problem("ledger_files_unreadable", path=str(error.filename), user=_me()) from error
    return bool(found)


def _me() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a user of a container, by number only
        return str(os.geteuid())


def recognise(place: Place, calls: Sequence[Kept], files: Filed) -> None:
    """Problem when none of these calls is in the files: those of another server, or of another time."""
    ended = [call for call in calls if call.record.ended_at]
    count, path = len(ended), str(place.folder)
    if ended and not files.channels:
        raise place.problem("ledger_files_silent", path=path, calls=count)
    if not ended or any(uniqueid in files.channels or uniqueid in files.records for uniqueid in _channels(ended)):
        return
    of_ours, of_theirs = ended[0].record.linked_id, min(files.channels)
    raise place.problem("ledger_files_of_another", path=path, calls=count, ledger=of_ours, files=of_theirs)


def _channels(calls: Sequence[Kept]) -> Iterator[str]:
    return (uniqueid for call in calls for uniqueid in call.legs)
