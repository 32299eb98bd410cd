"""A private Asterisk 22 or later, with phones and sound tools, unpacked from Debian without root.

Layout of the cache: `<cache>/asterisk/<version>/` (an unpacked tree with a `run/` folder of starters),
`current` names the version in use; the one before is kept as the last good copy.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from callcenter.asterisk.debian import PrivateApt, Progress
from callcenter.errors import Problem

OLDEST = 22
SUITE = "sid"
PACKAGES = (
    "asterisk", "asterisk-core-sounds-en-gsm", "asterisk-moh-opsound-gsm",
    "baresip-core", "sip-tester", "sox", "flite", "espeak-ng",
)  # fmt: skip
PROGRAMS = {
    "asterisk": "usr/sbin/asterisk",
    "baresip": "usr/bin/baresip",
    "sipp": "usr/bin/sipp",
    "sox": "usr/bin/sox",
    "flite": "usr/bin/flite",
    "espeak-ng": "usr/bin/espeak-ng",
}
# Loading through the tree's own loader keeps its newer C library apart from the machine's.
_STARTER = """\
#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")
lib="$root/{lib}"
export ESPEAK_DATA_PATH="$lib/espeak-ng-data"
exec "$lib/{loader}" --library-path "$lib:$lib/pulseaudio" "$root/{program}" "$@"
"""


@dataclass(frozen=True)
class AsteriskTree:
    """An unpacked Asterisk. `root` may be `/` for one installed on the machine itself."""

    root: Path

    def program(self, name: str) -> Path:
        """The starter of `name` (a key of PROGRAMS)."""
        starter = self.root / "run" / name
        path = starter if starter.exists() else self.root / PROGRAMS[name]
        if not path.exists():
            raise Problem("asterisk_program_missing", program=name, root=str(self.root))
        return path

    @property
    def version(self) -> str:
        marker = self.root / ".complete"
        return str(json.loads(marker.read_text())["version"]) if marker.exists() else "unknown"

    @property
    def modules(self) -> Path:
        return self._first("usr/lib/*-linux-gnu/asterisk/modules", "usr/lib/asterisk/modules")

    @property
    def phone_modules(self) -> Path:
        return self._first("usr/lib/baresip/modules", "usr/lib/*-linux-gnu/baresip/modules")

    @property
    def data(self) -> Path:
        return self._first("usr/share/asterisk", "var/lib/asterisk")

    def _first(self, *patterns: str) -> Path:
        found = next((path for pattern in patterns for path in sorted(self.root.glob(pattern))), None)
        if found is None:
            raise Problem("asterisk_program_missing", program=patterns[0], root=str(self.root))
        return found


def cache_home() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "callcenter" / "asterisk"


def find() -> AsteriskTree | None:
    """The Asterisk to use: CALLCENTER_ASTERISK_ROOT, else the complete copy in the cache, else None."""
    override = os.environ.get("CALLCENTER_ASTERISK_ROOT")
    if override:
        tree = AsteriskTree(Path(override))
        tree.program("asterisk")
        return tree
    current = cache_home() / "current"
    tree = AsteriskTree(current.resolve())
    return tree if _is_complete(tree.root) else None


def require() -> AsteriskTree:
    tree = find()
    if tree is None:
        raise Problem("asterisk_not_installed")
    return tree


def install(progress: Progress, *, update: bool = False) -> AsteriskTree:
    """Fetch and unpack what is missing. Quick when all is there; two at once wait for each other.

    `update` looks for a newer version; when Debian cannot be reached the copy at hand stays in use.
    """
    found = find()
    if found and not update:
        return found
    home = cache_home()
    home.mkdir(parents=True, exist_ok=True)
    with _locked(home / "lock", progress):
        found = find()
        if found and not update:
            return found
        try:
            return _fetch(home, progress)
        except Problem as problem:
            if not found or problem.code != "asterisk_debian_unreachable":
                raise
            progress(f"Debian cannot be reached: staying with {found.version}")
            return found


@contextmanager
def _locked(path: Path, progress: Progress) -> Iterator[None]:
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another process is installing Asterisk: waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _fetch(home: Path, progress: Progress) -> AsteriskTree:
    apt = PrivateApt(home / "apt", SUITE, progress)
    archives = apt.fetch(PACKAGES)
    version = _version(archives)
    target = home / version
    if not _is_complete(target):
        progress(f"unpacking {len(archives)} packages of Asterisk {version}")
        partial = home / f"{version}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        _unpack(archives, partial)
        _finish(partial, version)
        shutil.rmtree(target, ignore_errors=True)
        partial.rename(target)
    _switch(home, version)
    apt.forget_archives()
    progress(f"Asterisk {version} is ready in {target}")
    return AsteriskTree(target)


def _version(archives: list[Path]) -> str:
    """Upstream version of the asterisk package, e.g. "22.10.1"; refuses one older than OLDEST."""
    archive = next(path for path in archives if path.name.startswith("asterisk_"))
    field = subprocess.run(["dpkg-deb", "-f", archive, "Version"], text=True, capture_output=True, check=True)
    version = field.stdout.strip().split(":")[-1].split("+")[0].split("~")[0]
    if int(version.split(".")[0]) < OLDEST:
        raise Problem("asterisk_too_old", version=version, oldest=OLDEST)
    return version


def _unpack(archives: list[Path], target: Path) -> None:
    def extract(archive: Path) -> None:
        subprocess.run(["dpkg-deb", "-x", archive, target], check=True, capture_output=True)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(extract, archives))


def _finish(root: Path, version: str) -> None:
    """What package scripts would have done: the sounds' language link; then starters and the marker."""
    sounds = root / "usr/share/asterisk/sounds"
    english = next(sounds.glob("en_US*"))
    if not (sounds / "en").exists():
        (sounds / "en").symlink_to(english.name)
    loader = next(root.glob("usr/lib/*-linux-gnu/ld-linux*.so.*"))
    starters = root / "run"
    starters.mkdir()
    for name, program in PROGRAMS.items():
        starter = starters / name
        starter.write_text(_STARTER.format(lib=loader.parent.relative_to(root), loader=loader.name, program=program))
        starter.chmod(starter.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    (root / ".complete").write_text(json.dumps({"version": version, "recipe": _recipe()}))


def _recipe() -> str:
    """Changes when this file asks for other packages or starters, so that an older tree is renewed."""
    return hashlib.sha256(repr((PACKAGES, PROGRAMS, _STARTER)).encode()).hexdigest()[:16]


def _is_complete(root: Path) -> bool:
    marker = root / ".complete"
    return marker.exists() and json.loads(marker.read_text()).get("recipe") == _recipe()


def _switch(home: Path, version: str) -> None:
    """Point `current` at the version; keep it and the one before, remove older ones."""
    current = home / "current"
    before = current.resolve().name if current.is_symlink() else version
    fresh = home / "current.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(version)
    fresh.rename(current)
    for path in home.iterdir():
        if path.is_dir() and not path.is_symlink() and path.name not in (version, before, "apt"):
            shutil.rmtree(path, ignore_errors=True)
