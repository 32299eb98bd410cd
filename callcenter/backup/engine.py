"""The two databases as a backup sees them: frozen at one moment, filled again from nothing."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from sqlalchemy.engine import make_url

from callcenter.backup.manifest import Form
from callcenter.backup.postgres import Postgres
from callcenter.backup.sqlite import Sqlite
from callcenter.config import Settings


class Engine(Protocol):
    """Methods block, and raise a `Problem` for what a person can mend."""

    @property
    def form(self) -> Form: ...

    @property
    def targets(self) -> Mapping[str, Path]:
        """Name in the archive → the file that it becomes; nothing where the database is no file."""

    def save(self, work: Path, meanwhile: Callable[[], None]) -> str:
        """Write the database of one moment as files into `work`; the revision of its schema.

        `meanwhile` is called in that moment: no recording is collected, none is told as collected, while it runs.
        """

    def require_empty(self) -> None:
        """Refuse a database that holds anything."""

    def fill(self, tar: tarfile.TarFile) -> None:
        """Fill the empty database, whole or not at all; nothing to do where it is a file."""


def engine_of(settings: Settings) -> Engine:
    """The engine that the settings name."""
    if settings.database_url.startswith("postgresql"):
        return Postgres(settings.jobs_url)
    return Sqlite(_file(settings.database_url), _file(settings.jobs_url))


def _file(url: str) -> Path:
    return Path(make_url(url).database or "").resolve()
