"""How the headers of AMI messages are read. Foreign text is made sense of here and nowhere else in the room."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from callcenter.calls.ports import Message

_CHANNEL = re.compile(r"^(?P<technology>[^/]+)/(?P<endpoint>.+)-[0-9a-fA-F]+(?:;[12])?$")
# Channels of these technologies are machinery: none of them is a person's phone.
_MACHINERY = ("Local/", "Message/", "Surrogate/", "AsyncGoto/", "CBAnn/", "CBRec/", "Recorder/", "Announcer/")
_DIALLED = re.compile(r"(?:.*/)?(?:sips?:)?(?P<number>[^@/:;]*)")
LONGEST = 80
_NOBODY = {"", "<unknown>", "unknown", "anonymous", "restricted", "unavailable", "private", "withheld"}


def text(message: Message, key: str) -> str:
    """A header, "" when absent; no longer than a column of the ledger: a caller chooses his own name."""
    return (message.get(key) or "")[:LONGEST]


def when(message: Message, fallback: datetime) -> datetime:
    """Asterisk's own time of the event (needs `timestampevents=yes`); `fallback` where it is missing."""
    stamp = message.get("Timestamp")
    try:
        return datetime.fromtimestamp(float(stamp), UTC) if stamp else fallback
    except (ValueError, OverflowError, OSError):
        return fallback


def endpoint(channel: str) -> str:
    """`PJSIP/1001-0000002a` → `1001`; "" when the name has another shape."""
    found = _CHANNEL.match(channel)
    return found["endpoint"] if found and found["technology"] == "PJSIP" else ""


def is_machinery(channel: str) -> bool:
    """Whether a channel is none of a person's phone."""
    return channel.startswith(_MACHINERY)


def dialled(destination: str) -> str:
    """The number in what was dialled: `carrier/sip:02012345678@192.0.2.1` or `02012345678@carrier`."""
    found = _DIALLED.match(destination)
    return found["number"] if found else ""


def number(raw: str) -> str:
    """The number as given, "" when it is withheld."""
    return "" if raw.strip().lower() in _NOBODY else raw.strip()
