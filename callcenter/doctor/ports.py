"""Ports that this machine's processes will listen on: free, or held by one of ours."""

from __future__ import annotations

import errno
import socket
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from callcenter.config import Settings
from callcenter.doctor.finding import Finding, error, ok, warning
from callcenter.doctor.installation import Installation, apart

CHECK = "ports"
_LISTENING = "0A"


@dataclass(frozen=True)
class Port:
    """Where one of our processes listens, and the setting that says so."""

    setting: str
    host: str
    number: int


async def check(installation: Installation) -> list[Finding]:
    """Every port of the settings."""
    wanted = wanted_ports(installation.settings)
    twice = judge_twice(wanted)
    looked = await apart(lambda: [_look(port) for port in wanted])
    found = [*twice, *(each for each in looked if each is not None)]
    return found or [ok(CHECK, "doctor_ports_good", ports=", ".join(str(port.number) for port in wanted))]


def wanted_ports(settings: Settings) -> list[Port]:
    """Those that are not left to choice."""
    ports = [
        Port("CALLCENTER_WEB__PORT", settings.web.host, settings.web.port),
        Port("CALLCENTER_AGI__PORT", settings.agi.host, settings.agi.port),
        Port("CALLCENTER_MONITOR__PORT", settings.monitor.host, settings.monitor.port or 0),
    ]
    return [port for port in ports if port.number]


def judge_twice(ports: list[Port]) -> list[Finding]:
    """One port for two of our own."""
    often = Counter(port.number for port in ports)
    return [error(CHECK, "doctor_port_twice", port=number) for number, times in often.items() if times > 1]


def is_ours(command: list[str]) -> bool:
    """Whether a command line is one of `callcenter`, however it was started."""
    return any(Path(word).name == "callcenter" for word in command)


def _look(port: Port) -> Finding | None:
    params = {"host": port.host, "port": port.number, "setting": port.setting}
    try:
        _bind(port)
    except socket.gaierror:
        return error(CHECK, "doctor_port_address", **params)
    except OSError as reason:
        if reason.errno == errno.EADDRINUSE:
            return _held(port.number, params)
        code = "doctor_port_forbidden" if reason.errno == errno.EACCES else "doctor_port_address"
        return error(CHECK, code, **params)
    return None


def _bind(port: Port) -> None:
    """Hold the port for a moment, without listening."""
    family, kind, protocol, _name, address = socket.getaddrinfo(port.host, port.number, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _held(number: int, params: dict[str, object]) -> Finding | None:
    command = _holder(number)
    if command is None:
        return warning(CHECK, "doctor_port_held", **params)
    return None if is_ours(command) else error(CHECK, "port_in_use", **params)


def _holder(number: int) -> list[str] | None:
    """Command line of the process that listens on this port; None where the system does not tell."""
    sockets = {f"socket:[{inode}]" for inode in _listening(number)}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if str(link.readlink()) in sockets:
                return (link.parents[1] / "cmdline").read_text(errors="replace").rstrip("\0").split("\0")
        except OSError:  # ended meanwhile, or another user's
            continue
    return None


def _listening(number: int) -> list[str]:
    rows = []
    for table in ("tcp", "tcp6"):
        try:
            rows += Path("/proc/net", table).read_text().splitlines()[1:]
        except OSError:
            continue
    fields = (row.split() for row in rows)
    return [row[9] for row in fields if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == number]
