"""Debian packages without root: a private apt (own lists, cache, status) that only downloads.

The mirror and proxy are the machine's own; the archive's signature is verified with Debian's keyring.
apt keeps partial files, so an interrupted download goes on where it stopped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from callcenter.errors import Problem

Progress = Callable[[str], None]

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
SYSTEM_SOURCES = Path("/etc/apt")

_CONFIG = """\
Dir "{home}";
Dir::State "{home}/state";
Dir::State::Lists "{home}/lists";
Dir::State::status "{home}/state/status";
Dir::Cache "{home}/cache";
Dir::Etc "{home}/etc";
Dir::Etc::SourceList "{home}/etc/sources.list";
Dir::Etc::SourceParts "-";
Dir::Etc::Trusted "{keyring}";
Dir::Etc::TrustedParts "-";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Sandbox::User "";
APT::Install-Recommends "false";
APT::Update::Error-Mode "any";
"""


def mirror(sources: Path = SYSTEM_SOURCES) -> str:
    """The address of the Debian archive this machine uses itself (never its security archive)."""
    for path in (sources / "sources.list", *sorted((sources / "sources.list.d").glob("*"))):
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        for address in re.findall(r"^(?:deb\b[^#\n]*?|URIs:.*?)\s(https?://\S+)", path.read_text(), re.M):
            if "/debian" in address and "security" not in address:
                return str(address)
    raise Problem("asterisk_no_debian_mirror", folder=str(sources))


class PrivateApt:
    """One private apt in `home`, fixed to one Debian suite."""

    def __init__(self, home: Path, suite: str, progress: Progress) -> None:
        self._home = home
        self._suite = suite
        self._progress = progress

    def fetch(self, packages: Iterable[str]) -> list[Path]:
        """Download the packages and all they depend on; the paths of the .deb files."""
        self._prepare()
        self._progress(f"reading the package lists of Debian {self._suite}")
        self._apt("update", "-qq")
        wanted = self._wanted(packages)
        self._progress(f"downloading {len(wanted)} packages (goes on where it stopped if interrupted)")
        self._download(list(packages))
        return [self._archives / name for name in wanted]

    def forget_archives(self) -> None:
        """Free the disk once everything is unpacked."""
        shutil.rmtree(self._home, ignore_errors=True)

    @property
    def _archives(self) -> Path:
        return self._home / "cache" / "archives"

    def _prepare(self) -> None:
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise Problem("asterisk_not_debian")
        if not KEYRING.exists():
            raise Problem("asterisk_no_keyring", path=str(KEYRING))
        folders = ("lists/partial", "cache/archives/partial", "state", "etc/apt.conf.d", "etc/preferences.d")
        for folder in folders:
            (self._home / folder).mkdir(parents=True, exist_ok=True)
        (self._home / "state" / "status").touch()
        source = f"deb [signed-by={KEYRING}] {mirror()} {self._suite} main\n"
        (self._home / "etc" / "sources.list").write_text(source)
        config = _CONFIG.format(home=self._home, keyring=KEYRING) + _network_options()
        (self._home / "apt.conf").write_text(config)

    def _wanted(self, packages: Iterable[str]) -> list[str]:
        # apt leaves out what the archive folder already holds: an empty one makes the list whole.
        elsewhere = self._home / "empty"
        (elsewhere / "partial").mkdir(parents=True, exist_ok=True)
        listing = self._apt("install", "--print-uris", "-qq", "-o", f"Dir::Cache::archives={elsewhere}", *packages)
        return re.findall(r"^'[^']+' (\S+\.deb) \d+", listing, re.M)

    def _download(self, packages: list[str]) -> None:
        command = ["apt-get", "install", "-y", "-qq", "--download-only", "-o", "APT::Status-Fd=1", *packages]
        told = 0
        with subprocess.Popen(
            command, env=self._environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            assert process.stdout is not None
            tail: list[str] = []
            for line in process.stdout:
                tail = [*tail[-4:], line.strip()]
                percent = re.match(r"dlstatus:\d+:([\d.]+):", line)
                if percent and float(percent[1]) >= told + 20:
                    told = int(float(percent[1]))
                    self._progress(f"downloaded {told} %")
        if process.returncode:
            raise Problem("asterisk_debian_unreachable", detail=" ".join(tail)[-300:])

    def _apt(self, *arguments: str) -> str:
        done = subprocess.run(
            ["apt-get", *arguments], env=self._environment(), text=True, capture_output=True, check=False
        )
        if done.returncode:
            raise Problem("asterisk_debian_unreachable", detail=done.stderr.strip()[-300:])
        return done.stdout

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "APT_CONFIG": str(self._home / "apt.conf"), "LC_ALL": "C"}


def _network_options() -> str:
    """Proxy and certificate settings of the machine's own apt, which the private one does not read."""
    dump = subprocess.run(["apt-config", "dump"], text=True, capture_output=True, check=False).stdout
    return "".join(line + "\n" for line in dump.splitlines() if re.match(r'Acquire::https?::\S+ ".+";$', line))
