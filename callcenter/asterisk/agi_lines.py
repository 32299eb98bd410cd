"""The lines of a FastAGI session: what Asterisk sends taken apart, what it is sent put together."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from callcenter.asterisk.encoding import decoded

GREETING_LINES = 300
GREETING_BYTES = 256_000

_ANSWER = re.compile(
    r"(?P<code>[0-9]{3})(?P<more>[ -])(?:result=(?P<result>-?\w*))?\s*(?P<rest>.*)", re.DOTALL | re.ASCII
)
_LAST_CHARACTER = 0x10FFFF


class AgiHangup(Exception):
    """The caller has hung up, or Asterisk is gone. Ends the session; nothing more can be said to him."""


class AgiError(Exception):
    """Asterisk does not accept a command (a fault of ours)."""


@dataclass(frozen=True)
class AgiAnswer:
    """`result` as Asterisk gives it; `data` is what stood in brackets after it."""

    result: str
    data: str

    @property
    def key(self) -> str:
        """The key that was pressed; "" for none."""
        code = int(self.result) if re.fullmatch("[0-9]{1,7}", self.result) else 0
        return chr(code) if 0 < code <= _LAST_CHARACTER else ""


@dataclass(frozen=True)
class AgiLine:
    """One line of an answer. `more`: the usage of the command follows, up to a line with the same code."""

    code: str
    more: bool
    answer: AgiAnswer


def read_answer(line: str) -> AgiLine | None:
    """None for a line that begins no answer."""
    found = _ANSWER.fullmatch(line)
    if found is None:
        return None
    return AgiLine(found["code"], found["more"] == "-", AgiAnswer(found["result"] or "", _bracketed(found["rest"])))


def read_request(address: str) -> tuple[str, Mapping[str, str]]:
    """Path and query of `agi://host/path?query`; nothing of an address that is none."""
    try:
        parts = urlsplit(address)
        return parts.path.strip("/"), dict(parse_qsl(parts.query))
    except ValueError:
        return "", {}


async def read_line(reader: asyncio.StreamReader) -> str:
    """The next line without its end. AgiHangup when there is none, or none of a length that Asterisk would send."""
    try:
        line = await reader.readline()
    except (ConnectionError, ValueError) as error:
        raise AgiHangup from error
    if not line.endswith(b"\n"):
        raise AgiHangup
    return decoded(line[:-1])


async def read_greeting(reader: asyncio.StreamReader) -> dict[str, str]:
    """The variables Asterisk sends first, up to the blank line. AgiHangup if it never comes."""
    variables: dict[str, str] = {}
    left = GREETING_BYTES
    for _ in range(GREETING_LINES):
        line = await read_line(reader)
        if not line:
            return variables
        left -= len(line)
        if left < 0:
            break
        name, _, value = line.partition(": ")
        variables[name] = value
    raise AgiHangup


def escape_argument(text: str) -> str:
    """One argument of a dialplan application, safe whatever it holds. ValueError for what cannot be escaped."""
    if re.search(r"[\x00-\x1f]|\$[{\[]", text):
        raise ValueError("control characters and expressions cannot be arguments")
    return re.sub(r'([\\,"()\[\]|])', r"\\\1", text)


def quoted(text: str) -> str:
    """One argument of a command. ValueError for a line break."""
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a line break would begin another command")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _bracketed(text: str) -> str:
    start, end = text.find("("), text.rfind(")")
    return text[start + 1 : end] if 0 <= start < end else ""
