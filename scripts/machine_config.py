"""How pip, npm and apt reach their archives on this machine, as files to mount into an image's build.

`python scripts/machine_config.py DIR` writes the files into DIR, which must be private, and prints buildah's options,
a line each. Nothing is said about a tool that is not configured here.
"""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

# Elsewhere than in the image's own place: there its package would fail to write it.
_CA_INSIDE = "/run/machine-ca.crt"
_CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")


def mounts(folder: Path) -> Iterator[tuple[Path, str]]:
    """What to mount, and where it belongs in the build."""
    folder.joinpath("apt.conf").write_text(_apt())
    folder.joinpath("pip.conf").write_text(_pip())
    folder.joinpath("npmrc").write_text(_npm())
    yield folder / "apt.conf", "/etc/apt/apt.conf.d/90machine"
    yield folder / "pip.conf", "/etc/pip.conf"
    yield folder / "npmrc", "/root/.npmrc"
    for path in (Path("/etc/apt/auth.conf.d"), *_local_packages(folder / "pip.conf")):
        if path.exists():
            yield path, str(path)
    if _CA_BUNDLE.is_file():
        yield _CA_BUNDLE, _CA_INSIDE


def _apt() -> str:
    """How it downloads. Not its hooks: they may need programs that the image has not."""
    dump = subprocess.run(["apt-config", "dump"], text=True, capture_output=True, check=True).stdout
    kept = [line for line in dump.splitlines() if re.match(r'Acquire::(https?|Check-|Retries)[^ ]* ".+";$', line)]
    if _CA_BUNDLE.is_file():
        kept.append(f'Acquire::https::CaInfo "{_CA_INSIDE}";')
    return "".join(f"{line}\n" for line in kept)


def _pip() -> str:
    """All its files and its environment in one file; later ones win, as pip has it."""
    merged = configparser.RawConfigParser()
    merged.add_section("global")
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], text=True, capture_output=True, check=True
    ).stdout
    found = re.findall(r"^(\S+?)\.([\w-]+)='(.*)'$", listing, re.M)
    for section, name, value in sorted(found, key=lambda each: each[0] == ":env:"):
        where = "global" if section == ":env:" else section
        if not merged.has_section(where):
            merged.add_section(where)
        merged.set(where, name, value)
    if _CA_BUNDLE.is_file():
        merged.set("global", "cert", _CA_INSIDE)
    return "".join(
        f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in merged.items(name)) for name in merged.sections()
    )


def _npm() -> str:
    own = Path.home() / ".npmrc"
    lines = own.read_text().splitlines() if own.is_file() else []
    for name, value in os.environ.items():
        if name.lower().startswith("npm_config_"):
            lines.append(f"{name.lower().removeprefix('npm_config_').replace('_', '-')}={value}")
    if _CA_BUNDLE.is_file():
        lines.append(f"cafile={_CA_INSIDE}")
    return "".join(f"{line}\n" for line in lines)


def _local_packages(configuration: Path) -> set[Path]:
    """What of pip's configuration lies on this machine's disk. An index `.../simple` points to its neighbours."""
    parser = configparser.RawConfigParser()
    parser.read(configuration)
    named = (
        parser.get("global", key, fallback="") for key in ("constraint", "find-links", "index-url", "extra-index-url")
    )
    paths = [Path(word.removeprefix("file://")) for words in named for word in words.split()]
    return {path.parent if path.name == "simple" else path for path in paths if path.is_absolute()}


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for source, inside in mounts(target):
        sys.stdout.write(f"--volume={source}:{inside}:ro\n")
