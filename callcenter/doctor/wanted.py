"""The Asterisk that the settings describe, and its files as they would be written now. The installation's own folder
is left alone: everything happens in a folder for a moment, that only its owner reads."""

from __future__ import annotations

import tempfile
from pathlib import Path

from callcenter.asterisk import configured
from callcenter.asterisk.render import render_includes, render_private
from callcenter.asterisk.settings import PbxSettings
from callcenter.config import Settings
from callcenter.errors import Problem
from callcenter.setting_groups import AmiSettings


class _Elsewhere(PbxSettings):
    """The same Asterisk, rendered into another folder."""

    target: Path

    @property
    def configuration(self) -> Path:
        return self.target


def secrets_file(settings: Settings) -> Path:
    """Where the private Asterisk's secrets are kept."""
    return settings.data_dir.resolve() / "asterisk" / "secrets.json"


def wanted_pbx(settings: Settings) -> PbxSettings:
    """As `callcenter pbx` sees it. A secret that is not kept yet is another one each time."""
    kept = secrets_file(settings)
    with tempfile.TemporaryDirectory(prefix="callcenter-doctor-") as folder:
        copy = secrets_file(settings.model_copy(update={"data_dir": Path(folder)}))
        copy.parent.mkdir()
        if kept.is_file():
            # Read through the link; what is missing would be written beside it, not into the kept file.
            copy.symlink_to(kept)
        pbx = _load(settings.model_copy(update={"data_dir": Path(folder)}), kept)
    return pbx.model_copy(update={"directory": kept.parent, "spool": settings.spool_dir})


def ami_access(settings: Settings, pbx: PbxSettings) -> AmiSettings:
    """How the service logs in to the manager: with the private Asterisk's secret where none is set."""
    private = not settings.ami.secret.get_secret_value() and secrets_file(settings).is_file()
    return pbx.ami if private else settings.ami


def include_texts(pbx: PbxSettings) -> dict[str, str]:
    """File → text, as `callcenter pbx render` writes them."""
    with tempfile.TemporaryDirectory(prefix="callcenter-doctor-") as folder:
        return {path.name: path.read_text() for path in render_includes(pbx, Path(folder))}


def private_texts(pbx: PbxSettings, modules: Path) -> dict[str, str]:
    """File → text, as `callcenter pbx start` writes them."""
    with tempfile.TemporaryDirectory(prefix="callcenter-doctor-") as folder:
        render_private(_Elsewhere(**dict(pbx), target=Path(folder)), modules)
        texts = {path.name: path.read_text() for path in Path(folder).iterdir()}
    return {name: text.replace(folder, str(pbx.configuration)) for name, text in texts.items()}


def _load(settings: Settings, kept: Path) -> PbxSettings:
    try:
        return configured.load(settings)
    except ValueError as reason:  # its secrets are no JSON
        raise Problem("doctor_secrets_broken", path=str(kept), reason=str(reason)) from reason
