"""Where a service lives, on either form, and all that can be seen of what it keeps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, NullPool, create_engine

from callcenter.config import Settings, load

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Place:
    """A folder, which need not exist, and a database; `url` None is SQLite in the folder."""

    folder: Path
    url: str | None

    @property
    def settings(self) -> Settings:
        return load(
            data_dir=self.folder / "var",
            database={"url": self.url},
            ivr={"flows_dir": self.folder / "flows", "prompts_override": self.folder / "own prompts"},
        )

    @property
    def environment(self) -> dict[str, str]:
        """The same for a process of its own."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("CALLCENTER_")}
        mine = {
            "CALLCENTER_DATA_DIR": str(self.folder / "var"),
            "CALLCENTER_IVR__FLOWS_DIR": str(self.folder / "flows"),
            "CALLCENTER_IVR__PROMPTS_OVERRIDE": str(self.folder / "own prompts"),
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C.UTF-8",
        }
        return others | mine | ({"CALLCENTER_DATABASE__URL": self.url} if self.url else {})

    def files(self) -> dict[str, bytes]:
        """Every file but those of the databases."""
        found = {path.relative_to(self.folder).as_posix(): path for path in self.folder.rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in found.items() if ".db" not in name}

    def rows(self) -> dict[str, list[str]]:
        """Every row of every table; the jobs' are called `dbos.NAME` on both forms."""
        if self.url:
            return _rows(self.settings.jobs_url)
        jobs = _rows(self.settings.jobs_url)
        main = _rows(self.settings.database_url.replace("+aiosqlite", ""))
        return main | {f"dbos.{name}": rows for name, rows in jobs.items()}

    def tree(self) -> list[str]:
        """Every name below the folder, for what must not change."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*"))


def _rows(url: str) -> dict[str, list[str]]:
    engine = create_engine(url, poolclass=NullPool)
    metadata = MetaData()
    for schema in [None] if url.startswith("sqlite") else ["public", "dbos"]:
        metadata.reflect(engine, schema=schema)
    with engine.connect() as connection:
        return {
            name.removeprefix("public."): sorted(_shown(row) for row in connection.execute(table.select()).mappings())
            for name, table in metadata.tables.items()
        }


def _shown(row: Any) -> str:
    return repr(sorted((name, bytes(value) if isinstance(value, memoryview) else value) for name, value in row.items()))
