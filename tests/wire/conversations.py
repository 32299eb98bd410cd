"""Captured conversations as text tables; back to what the manager sent, and to what must come of it.

A file has a title, the moment it started, and sections. `[channels]`: alias, channel, unique id, linked id.
`[messages]`: seconds since the start, event, alias of the channel (`-`: none), the other headers. `Dest:1001` stands
for the headers DestChannel, DestUniqueid and DestLinkedid of that channel; `1001@caller`: its linked id is the
caller's unique id, `1001@-`: the message has none. Values with other than plain characters are quoted, bytes that
are no UTF-8 written as \\xNN. `[cel]`, `[cdr]`, `[queue_log]` are Asterisk's own rows. `[account]` is what the people
did and which calls there were, told by the script that drove them. `[record]` and `[events]` are what the ledger must
say: see `ledger_lines.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).with_name("conversations")
SECTIONS = ("channels", "messages", "cel", "cdr", "queue_log", "account", "record", "events")
_CELL = re.compile(r'(?P<key>[A-Za-z-]+)(?P<sign>[=:])(?P<value>"(?:[^"\\]|\\.)*"|\S*)')
_PLAIN = re.compile(r"[\w.,:;/@+*#<>()&^|%~!?$-]*", re.ASCII)
_ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)")


@dataclass(frozen=True)
class Channel:
    name: str
    uniqueid: str
    linkedid: str


@dataclass(frozen=True)
class Conversation:
    """One file. `lines` are those of each section as they stand there; `started` is in seconds since 1970."""

    name: str
    title: str
    started: float
    lines: dict[str, tuple[str, ...]]

    @property
    def channels(self) -> dict[str, Channel]:
        return {cells[0]: Channel(*cells[1:]) for cells in map(str.split, self.lines["channels"])}

    @property
    def messages(self) -> list[list[tuple[str, str]]]:
        """The headers of each message, in order."""
        channels = self.channels
        return [_headers(line, channels, self.started) for line in self.lines["messages"]]

    @property
    def raw(self) -> list[bytes]:
        """Each message as the manager sends it, with the blank line after it."""
        return [as_sent(headers) for headers in self.messages]


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


@cache
def read(name: str) -> Conversation:
    return parse(name, (FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


def parse(name: str, text: str) -> Conversation:
    title, started, *rest = text.splitlines()
    lines: dict[str, list[str]] = {section: [] for section in SECTIONS}
    section: list[str] = []
    for line in rest:
        if line.startswith("[") and line[1:-1] in lines:
            section = lines[line[1:-1]]
        elif line.strip():
            section.append(line)
    return Conversation(
        name, title, float(started.removeprefix("started ")), {key: tuple(value) for key, value in lines.items()}
    )


def as_sent(headers: list[tuple[str, str]]) -> bytes:
    return (
        "".join(f"{key}: {value}\r\n" for key, value in [*headers, ("", "")][:-1]).encode("utf-8", "surrogateescape")
        + b"\r\n"
    )


def quoted(value: str) -> str:
    """A value as it stands in a table."""
    if _PLAIN.fullmatch(value):
        return value
    return '"' + "".join(_escaped(character) for character in value) + '"'


def unquoted(cell: str) -> str:
    if not cell.startswith('"'):
        return cell
    return _ESCAPE.sub(lambda found: _meant(found[1]), cell[1:-1])


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\{character}" if character in '"\\' else character


def _meant(escape: str) -> str:
    return chr(0xDC00 + int(escape[1:], 16)) if len(escape) == 3 else escape


def _headers(line: str, channels: dict[str, Channel], started: float) -> list[tuple[str, str]]:
    seconds, name, alias, *rest = line.split(maxsplit=3)
    headers = [("Event", name), ("Timestamp", f"{started + float(seconds):.6f}")]
    if alias != "-":
        headers += _of_channel("", alias, channels)
    for cell in _CELL.finditer(rest[0] if rest else ""):
        key, value = cell["key"], unquoted(cell["value"])
        if cell["sign"] == ":":
            headers += _of_channel(key, value, channels)
        else:
            headers.append((key, value))
    return headers


def _of_channel(prefix: str, alias: str, channels: dict[str, Channel]) -> list[tuple[str, str]]:
    alias, _, link = alias.partition("@")
    channel = channels[alias]
    linked = {"": channel.linkedid, "-": None}.get(link) if link in ("", "-") else channels[link].uniqueid
    found = [(f"{prefix}Channel", channel.name), (f"{prefix}Uniqueid", channel.uniqueid)]
    return found if linked is None else [*found, (f"{prefix}Linkedid", linked)]
