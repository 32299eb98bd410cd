"""Secrets of the private Asterisk: made once, kept in one file that only its owner reads."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr


def load_or_make(path: Path, names: Iterable[str]) -> dict[str, SecretStr]:
    """One secret for each name; those missing from the file are made and kept there."""
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    wanted = list(names)
    missing = [name for name in wanted if name not in kept]
    if missing:
        kept |= {name: secrets.token_urlsafe(18) for name in missing}
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as handle:
            json.dump(kept, handle, indent=1)
        fresh.rename(path)
    return {name: SecretStr(kept[name]) for name in wanted}
