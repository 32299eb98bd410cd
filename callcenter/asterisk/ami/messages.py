"""Bytes of the manager interface to messages. Cut anywhere, repeated headers, any bytes.

Most messages are read by nobody beyond their name: a message keeps its bytes and is taken apart when it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter

from callcenter.asterisk.ami.layouts import BANNER, END_OF_OUTPUT, Layout, Layouts
from callcenter.asterisk.encoding import decoded
from callcenter.errors import Problem

__all__ = ["BANNER", "AmiMessage", "AmiParser"]

# Far above any real message; beyond it the peer does not speak this protocol.
LONGEST_MESSAGE = 4_000_000
_END = b"\r\n\r\n"
_EVENT = b"Event: "
_BLANK_AND_EVENT = b"\r\n" + _EVENT
_FOLLOWS = b"response: follows"
_HEAD_BYTES = 40
_MOST_REMEMBERED = 4000
# The first line has no line break before it; and a line that is no header is `Output` without saying so.
_NOT_BY_LINE = ("Event", "Output")

Headers = tuple[tuple[str, str], ...]
_layouts = Layouts()
_head = itemgetter(slice(0, _HEAD_BYTES))
# Stands for the layout once one header was looked for: the next question has all of them read.
_ASKED_ONCE = Layout(())


class _Names(dict[bytes, str]):
    """The event's name by the first bytes of its message; "" where it needs a closer look."""

    def __missing__(self, head: bytes) -> str:
        line, end, _ = head.partition(b"\r\n")
        whole = end or len(head) < _HEAD_BYTES
        name = decoded(line[len(_EVENT) :]) if line.startswith(_EVENT) and whole else ""
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        self[head] = name
        return name


class _Marks(dict[str, bytes]):
    """What a header's line begins with, by the header's name; b"" where the lines must be read one by one."""

    def __missing__(self, name: str) -> bytes:
        if not name or name in _NOT_BY_LINE or any(character in name for character in ": \r\n"):
            return b""
        mark = b"\r\n" + name.encode("utf-8", "replace") + b":"
        if len(self) < _MOST_REMEMBERED:
            self[name] = mark
        return mark


_names = _Names()
_marks = _Marks()


class AmiMessage:
    """One event or response, from its bytes without the closing blank line, or from its headers. Not to be changed.

    `name` is the event's name; empty for a response.
    """

    __slots__ = ("_layout", "_source", "_values", "name")

    def __init__(self, source: bytes | Headers, name: str | None = None) -> None:
        self._source = source
        self._layout: Layout | None = None
        self.name: str = _name_of(source) if name is None else name

    @property
    def raw(self) -> bytes:
        """Its bytes; `AmiMessage(raw)` is the same message."""
        if isinstance(self._source, bytes):
            return self._source
        return "\r\n".join(f"{name}: {value}" for name, value in self._source).encode("utf-8", "replace")

    @property
    def values(self) -> Sequence[str]:
        """What the headers say, in the order they came."""
        if self._layout is None or self._layout is _ASKED_ONCE:
            self._read()
        return self._values

    @property
    def headers(self) -> Headers:
        """In the order they came, names as Asterisk spells them."""
        layout = self._read() if self._layout is None or self._layout is _ASKED_ONCE else self._layout
        return tuple(zip(layout.names, self._values, strict=True))

    def get(self, name: str, default: str = "") -> str:
        """The first header so spelled; if there is none, the first of that name whatever its case."""
        layout = self._layout
        if layout is None:
            return self._look_for(name, default)
        if layout is _ASKED_ONCE:
            layout = self._read()
        place = layout.places.get(name)
        if place is None:
            place = layout.places.get(name.lower())
        return default if place is None else self._values[place]

    def all(self, name: str) -> tuple[str, ...]:
        """Every header of that name in order, whatever its case: ChanVariable, Output and Variable repeat."""
        wanted = name.lower()
        return tuple(value for key, value in self.headers if key.lower() == wanted)

    @property
    def response(self) -> str:
        """Success, Error, Goodbye, Follows...; empty for an event."""
        return "" if self.name else self.get("Response")

    @property
    def action_id(self) -> str:
        return self.get("ActionID")

    def _look_for(self, name: str, default: str) -> str:
        """Who asks for one header often asks for no other."""
        raw, mark = self._source, _marks[name]
        if isinstance(raw, bytes) and raw.startswith(_EVENT) and mark and (start := raw.find(mark)) >= 0:
            self._layout = _ASKED_ONCE
            start += len(mark)
            end = raw.find(b"\r\n", start)
            return decoded((raw[start:end] if end >= 0 else raw[start:]).removeprefix(b" "))
        self._read()
        return self.get(name, default)

    def _read(self) -> Layout:
        source = self._source
        read = _layouts.read(source, self.name) if isinstance(source, bytes) else Layout.of(source)
        self._layout, self._values = read
        return read[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AmiMessage) and self.headers == other.headers

    def __hash__(self) -> int:
        return hash(self.headers)

    def __repr__(self) -> str:
        return f"AmiMessage({self._source!r})"


def _name_of(source: bytes | Headers) -> str:
    if isinstance(source, bytes):
        if name := _names[_head(source)]:
            return name
        source = AmiMessage(source, "").headers
    return next((value for name, value in source if name.lower() == "event"), "")


def _made(blocks: Sequence[bytes], names: Sequence[str]) -> Iterator[AmiMessage]:
    """What `map(AmiMessage, blocks, names)` gives, in two thirds of the time: no call of a function for each."""
    new = object.__new__
    for source, name in zip(blocks, names, strict=True):
        message = new(AmiMessage)
        message._source = source
        message._layout = None
        message.name = name
        yield message


def _trim(blocks: list[bytes], names: list[str]) -> None:
    """Take away a blank line too many, such as follows each TestEvent, from the event before which it stands."""
    place = 0
    for _ in range(names.count("")):
        place = names.index("", place)
        if blocks[place].startswith(_BLANK_AND_EVENT):
            blocks[place] = blocks[place][2:]
            names[place] = _names[_head(blocks[place])]
        place += 1


class AmiParser:
    """Feed bytes as they come; take whole messages. Keeps the rest for the next feed.

    `count` is given the names of the messages in each feed, "" for what is no event. `plain`: the last feed brought
    events only.
    """

    def __init__(self, count: Callable[[Sequence[str]], None] | None = None) -> None:
        self.plain = True
        self._count = count
        self._rest = bytearray()
        self._output = bytearray()  # of a command whose end mark has not come

    def feed(self, data: bytes) -> Iterator[AmiMessage]:
        """The messages that ended. A Problem when the peer sends no end of one for too long."""
        blocks = self._blocks(data)
        names = list(map(_names.__getitem__, map(_head, blocks)))
        if "" in names:
            _trim(blocks, names)
        self.plain = not self._output and "" not in names
        if self.plain:
            made = _made(blocks, names)
        else:
            messages = [message for pair in zip(blocks, names, strict=True) for message in self._each(*pair)]
            made, names = iter(messages), [message.name for message in messages]
        if self._count is not None:
            self._count(names)
        return made

    def _blocks(self, data: bytes) -> list[bytes]:
        rest = self._rest
        if rest and _END in rest[-3:] + data[:3]:  # the mark itself was cut
            data = bytes(rest) + data
            rest.clear()
        blocks = data.split(_END)
        last = blocks.pop()
        if rest and blocks:
            blocks[0] = bytes(rest) + blocks[0]
            rest.clear()
        rest += last
        if len(rest) + len(self._output) > LONGEST_MESSAGE:
            raise Problem("asterisk_not_ami", status=502)
        return blocks

    def _each(self, block: bytes, name: str) -> list[AmiMessage]:
        return [AmiMessage(block, name)] if name and not self._output else self._odd(block)

    def _odd(self, block: bytes) -> list[AmiMessage]:
        """Messages of a block that may begin with blank lines or the banner, or be a part of a command's output."""
        if self._output:
            self._output += _END + block
            if END_OF_OUTPUT not in block:
                return []
            block, self._output = bytes(self._output), bytearray()
            return [AmiMessage(block, "")]
        block = block.removeprefix(b"\r\n")
        if block.startswith(BANNER):
            banner, _, block = block.partition(b"\r\n")
            return [AmiMessage(banner, ""), *self._odd(block)]
        if block[: len(_FOLLOWS)].lower() == _FOLLOWS and END_OF_OUTPUT not in block:
            self._output += block
            return []
        return [AmiMessage(block)] if block else []
