"""A message of SIP, as far as the phone of the captures needs it."""

from __future__ import annotations

from dataclasses import dataclass

_SHORT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact"}


@dataclass(frozen=True)
class SipMessage:
    """A request or an answer; header names in small letters."""

    first: str
    headers: dict[str, str]
    body: str

    @property
    def code(self) -> int:
        """0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self.headers["cseq"].split()[1]


def parse(data: bytes) -> SipMessage:
    """A header that comes more than once is one, with commas."""
    head, _, body = data.decode("utf-8", "replace").partition("\r\n\r\n")
    first, *rest = head.split("\r\n")
    headers: dict[str, str] = {}
    for row in rest:
        name, _, value = row.partition(":")
        name = _SHORT.get(name.lower(), name.lower())
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    return SipMessage(first, headers, body)
