"""What the service and a hook's process send each other: a length, a kind, bytes (pure)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

# To the hook.
MESSAGE, EVENT = 1, 2
# From the hook: loaded; cannot be loaded, with the reason; took one; failed at one, with the reason.
READY, BROKEN, DONE, FAILED = 16, 17, 18, 19
# Larger ones are not handed on.
LONGEST = 256 * 1024
_HEAD = struct.Struct(">IB")


def framed(kind: int, payload: bytes = b"") -> bytes:
    """One frame."""
    return _HEAD.pack(len(payload), kind) + payload


def message_payload(server: str, raw: bytes) -> bytes:
    """A message of the manager interface, with the name of the server that sent it."""
    return server.encode() + b"\0" + raw


def read_message(payload: bytes) -> tuple[str, bytes]:
    """The other way."""
    server, _, raw = payload.partition(b"\0")
    return server.decode(), raw


class Frames:
    """Feed bytes as they come; take whole frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Kind and payload of each frame that is whole. ValueError when the other side does not speak like this."""
        self._rest += data
        start = 0
        while len(self._rest) - start >= _HEAD.size:
            length, kind = _HEAD.unpack_from(self._rest, start)
            if length > LONGEST:
                raise ValueError("no frame")
            end = start + _HEAD.size + length
            if len(self._rest) < end:
                break
            yield kind, bytes(self._rest[start + _HEAD.size : end])
            start = end
        del self._rest[:start]
