"""Bytes of the manager interface to frozen messages. Cut anywhere, repeated headers, any bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from callcenter.errors import Problem

BANNER = b"Asterisk Call Manager/"
# Far above any real message; beyond it the peer does not speak this protocol.
LONGEST_MESSAGE = 4_000_000
_END_OF_OUTPUT = b"--END COMMAND--"
_FOLLOWS = b"response: follows"


@dataclass(frozen=True)
class AmiMessage:
    """One event or response: headers in the order they came, names as Asterisk spells them."""

    headers: tuple[tuple[str, str], ...]

    @cached_property
    def _first(self) -> Mapping[str, str]:
        first: dict[str, str] = {}
        for name, value in self.headers:
            first.setdefault(name.lower(), value)
        return first

    def get(self, name: str, default: str = "") -> str:
        """The first header of that name, whatever its case."""
        return self._first.get(name.lower(), default)

    def all(self, name: str) -> tuple[str, ...]:
        """Every header of that name in order: ChanVariable, Output and Variable repeat."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    @property
    def name(self) -> str:
        """The event's name; empty for a response."""
        return self.get("event")

    @property
    def response(self) -> str:
        """Success, Error, Goodbye, Follows...; empty for an event."""
        return "" if self.name else self.get("response")

    @property
    def action_id(self) -> str:
        return self.get("actionid")


class AmiParser:
    """Feed bytes as they come; take whole messages. Keeps the rest for the next feed."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> Iterator[AmiMessage]:
        self._rest += data
        while True:
            block = self._next_block()
            if block is None:
                break
            message = parse(block)
            if message.headers:
                yield message
        if len(self._rest) > LONGEST_MESSAGE:
            raise Problem("asterisk_not_ami", status=502)

    def _next_block(self) -> bytes | None:
        """Bytes of the next message without its closing blank line, or None while it is incomplete."""
        rest = self._rest
        while rest[:2] == b"\r\n":
            del rest[:2]
            self._searched = 0
        if rest.startswith(BANNER):
            return self._cut(rest.find(b"\r\n"), 2)
        if rest[: len(_FOLLOWS)].lower() == _FOLLOWS:
            end = rest.find(_END_OF_OUTPUT)
            return self._cut(rest.find(b"\r\n\r\n", end) if end >= 0 else -1, 4)
        # What was searched before needs no second look, but the mark itself may lie across two feeds.
        return self._cut(rest.find(b"\r\n\r\n", max(self._searched - 3, 0)), 4)

    def _cut(self, end: int, mark: int) -> bytes | None:
        if end < 0:
            self._searched = len(self._rest)
            return None
        block = bytes(self._rest[:end])
        del self._rest[: end + mark]
        self._searched = 0
        return block


def parse(block: bytes) -> AmiMessage:
    """One message without its closing blank line. The banner becomes a header `Banner`."""
    if block.startswith(BANNER):
        return AmiMessage((("Banner", block.decode("utf-8", "replace")),))
    headers: list[tuple[str, str]] = []
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon and " " not in name:
            headers.append((name, value.removeprefix(" ")))
        elif line and line != _END_OF_OUTPUT.decode():
            headers.append(("Output", line))
    return AmiMessage(tuple(headers))
