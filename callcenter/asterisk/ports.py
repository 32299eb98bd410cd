"""Free ports on one address."""

from __future__ import annotations

import random
import socket
from collections import deque

# Given of late: whoever asked may not have taken it yet.
_GIVEN: deque[int] = deque(maxlen=500)


def is_free(host: str, port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind is socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free(host: str, kind: socket.SocketKind, width: int = 1) -> int:
    """The first of `width` neighbouring free ports, even, below the range that outgoing connections use."""
    for _ in range(200):
        first = random.randrange(12_000, 32_000 - width, 2)
        if first in _GIVEN:
            continue
        if all(is_free(host, first + offset, kind) for offset in {0, 1, width - 1} if offset < width):
            _GIVEN.append(first)
            return first
    raise OSError(f"no {width} neighbouring free ports on {host}")
