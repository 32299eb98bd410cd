"""A running service into one file."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from callcenter.backup import manifest, spool
from callcenter.backup.archive import Tally, Writer
from callcenter.backup.engine import engine_of
from callcenter.backup.manifest import Manifest, Part
from callcenter.backup.places import KEYS, files_below, folders
from callcenter.clock import utc_now
from callcenter.config import Settings
from callcenter.errors import Problem


@dataclass
class Saved:
    """What went into an archive; `vanished` files were there when their folder was read and gone a moment later."""

    manifest: Manifest
    size: int = 0
    parts: dict[str, Tally] = field(default_factory=dict)
    vanished: list[str] = field(default_factory=list)


def save(settings: Settings, path: Path, recordings: bool = True) -> Saved:
    """Write the archive `path`, which appears when it is whole. The service may run and write meanwhile."""
    path = path.absolute()
    _require_free(settings, path)
    try:
        with _work_folder(path) as work, spool.held(settings.spool_dir, work) as held:
            saved = _save(settings, work, held, recordings)
            saved.size = (work / "archive").stat().st_size
            (work / "archive").rename(path)
            _sync_folder(path.parent)
            return saved
    except OSError as error:
        raise Problem("backup_not_written", path=error.filename or path, reason=error.strerror or error) from error


def _save(settings: Settings, work: Path, held: Path, recordings: bool) -> Saved:
    engine = engine_of(settings)
    (work / "database").mkdir()
    revision = engine.save(work / "database", partial(spool.hold, settings.spool_dir, held) if recordings else _nothing)
    parts = _parts(settings, work, held, recordings)
    about = Manifest(form=engine.form, revision=revision, made_at=utc_now(), parts=tuple(parts))
    saved = Saved(about)
    with os.fdopen(os.open(work / "archive", os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        writer = Writer(file)
        writer.text(manifest.NAME, about.model_dump_json(indent=1).encode())
        for part, files in parts.items():
            _add(writer, saved, part, files)
        writer.close()
        file.flush()
        os.fsync(file.fileno())
    return saved


def _parts(settings: Settings, work: Path, held: Path, recordings: bool) -> dict[Part, Iterator[tuple[str, Path]]]:
    """What is saved, in this order. The store after the database: each recording that the database knows is there."""
    kept = folders(settings)
    parts: dict[Part, Iterator[tuple[str, Path]]] = {"database": files_below(work / "database")}
    if recordings:
        parts |= {"spool": spool.files(held), "recordings": files_below(kept["recordings"])}
    parts["flows"] = files_below(kept["flows"])
    if "prompts" in kept:
        parts["prompts"] = files_below(kept["prompts"])
    parts["keys"] = ((name, settings.data_dir / name) for name in KEYS if (settings.data_dir / name).is_file())
    parts["settings"] = _settings(work)
    return parts


def _settings(work: Path) -> Iterator[tuple[str, Path]]:
    """The settings of this process, as environment and as file: for people, who will want the secrets in them."""
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in sorted(os.environ.items())
             if name.upper().startswith("CALLCENTER_")]  # fmt: skip
    environment = work / "environment"
    environment.touch(mode=0o600)
    environment.write_text("".join(lines), encoding="utf-8")
    yield "environment", environment
    if file := os.environ.get("CALLCENTER_CONFIG"):
        yield "settings.toml", Path(file)


def _add(writer: Writer, saved: Saved, part: str, files: Iterator[tuple[str, Path]]) -> None:
    tally = saved.parts[part] = Tally()
    for name, path in files:
        try:
            tally.add(writer.file(f"{part}/{name}", path))
        except FileNotFoundError:
            saved.vanished.append(f"{part}/{name}")


def _require_free(settings: Settings, path: Path) -> None:
    if path.exists():
        raise Problem("backup_exists", field="FILE", path=path)
    for folder in (*folders(settings).values(), settings.spool_dir):
        if path.resolve().is_relative_to(folder):
            raise Problem("backup_inside", field="FILE", path=path, folder=folder)


@contextmanager
def _work_folder(path: Path) -> Iterator[Path]:
    """Beside the archive, so that it only has to be renamed; for its owner only, and gone in the end."""
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        yield Path(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _nothing() -> None:
    """Without recordings nothing needs holding."""
