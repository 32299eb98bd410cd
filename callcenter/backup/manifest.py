"""What an archive says of itself, in its first member."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from callcenter.errors import Problem

# Raised whenever an older program could misread an archive.
FORMAT = 1
NAME = "manifest.json"
Form = Literal["sqlite", "postgresql"]
Part = Literal["database", "spool", "recordings", "flows", "prompts", "keys", "settings"]


class Manifest(BaseModel):
    """`revision` is the database's schema, `parts` the archive's top folders, `made_at` is UTC."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    program: str = version("callcenter")
    form: Form
    revision: str
    made_at: datetime
    parts: tuple[Part, ...]


class _Any(BaseModel):
    format: int


def parse(text: bytes, path: object) -> Manifest:
    """The manifest; a `Problem` when it is none, or one of a later format, which may look otherwise."""
    try:
        found = _Any.model_validate_json(text).format
        if found > FORMAT:
            raise Problem("backup_format_newer", path=path, found=found, wanted=FORMAT)
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        raise Problem("backup_unreadable", path=path) from error
