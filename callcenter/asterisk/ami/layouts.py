"""How the headers of a message are told apart, quickly where such a message was seen before.

Asterisk's events of one kind have the same headers in the same order. A layout seen a few times becomes one regular
expression, which yields all values at once and matches nothing but exactly that layout; all else is read line by line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from callcenter.asterisk.encoding import decoded

BANNER = b"Asterisk Call Manager/"
END_OF_OUTPUT = b"--END COMMAND--"
_FOLLOWS = b"response: follows"
_OF_FOLLOWS = {"response", "privilege", "actionid", "message"}
_PLAIN_NAME = re.compile(r"[\w()./-]{1,64}", re.ASCII)
# To make the expression takes a millisecond or two: only for what comes again, and not without end for a peer that
# sends another layout each time.
_SEEN_BEFORE = 8
_MOST_LAYOUTS = 500
_MOST_OF_EVENT = 24
_MOST_COUNTED = 2000
_MOST_NAMES = 90

Matches = Callable[[str], "re.Match[str] | None"]


class Layout:
    """Names of headers in order. `places` finds the first of a name as it is spelled, else in lower case."""

    __slots__ = ("names", "places")

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.places: dict[str, int] = {}
        for place, name in enumerate(names):
            self.places.setdefault(name, place)
        for place, name in enumerate(names):
            self.places.setdefault(name.lower(), place)

    @classmethod
    def of(cls, headers: Sequence[tuple[str, str]]) -> tuple[Layout, Sequence[str]]:
        """Layout and values of these headers."""
        return cls([name for name, _ in headers]), [value for _, value in headers]

    @property
    def plain(self) -> bool:
        """Fit for an expression."""
        return len(self.names) < _MOST_NAMES and all(map(_PLAIN_NAME.fullmatch, self.names))

    def expression(self) -> Matches:
        """What matches exactly a message of this layout, and yields its values."""
        # The possessive `*+` gives nothing back, and so keeps no place to go back to: a fifth faster.
        return re.compile("\r\n".join(f"{re.escape(name)}: ([^\r]*+)" for name in self.names)).fullmatch


class Layouts:
    """The layouts learned, by the event's name; for each event in the order in which they were learned."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[Matches, Layout]]] = {}
        self._seen: dict[tuple[str, ...], int] = {}
        self._learned = 0

    def read(self, raw: bytes, event: str) -> tuple[Layout, Sequence[str]]:
        """Layout and values of a message without its closing blank line; `event` is its name."""
        known = self._known.get(event)
        if known is None:
            return self._by_line(raw, event)
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            return self._by_line(raw, event)
        matches, layout = known[0]
        if found := matches(text):
            return layout, found.groups()
        # To see that an expression does not fit takes as long as to see that it does.
        lines = raw.count(b"\n") + 1
        for matches, layout in known[1:]:
            if lines == len(layout.names) and (found := matches(text)):
                return layout, found.groups()
        return self._by_line(raw, event)

    def _by_line(self, raw: bytes, event: str) -> tuple[Layout, Sequence[str]]:
        layout, values = Layout.of(by_line(raw))
        if event and self._learned < _MOST_LAYOUTS:
            self._learn(event, layout)
        return layout, values

    def _learn(self, event: str, layout: Layout) -> None:
        if len(self._seen) >= _MOST_COUNTED:
            self._seen.clear()
        seen = self._seen[layout.names] = self._seen.get(layout.names, 0) + 1
        if seen < _SEEN_BEFORE or not layout.plain:
            return
        known = self._known.setdefault(event, [])
        if len(known) < _MOST_OF_EVENT and all(other.names != layout.names for _, other in known):
            known.append((layout.expression(), layout))
            self._learned += 1


def by_line(raw: bytes) -> list[tuple[str, str]]:
    """Headers of any message. Lines that are none become `Output`, the banner `Banner`."""
    if raw.startswith(BANNER):
        return [("Banner", decoded(raw))]
    follows = raw[: len(_FOLLOWS)].lower() == _FOLLOWS
    headers: list[tuple[str, str]] = []
    for line in raw.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon and b" " not in name and not (follows and _is_output(headers, name)):
            headers.append((decoded(name), decoded(value.removeprefix(b" "))))
        elif line and line != END_OF_OUTPUT:
            headers.append(("Output", decoded(line)))
    return headers


def _is_output(headers: Sequence[tuple[str, str]], name: bytes) -> bool:
    """In a command's raw answer: whether what looks like a header is a line of output."""
    return headers[-1:] != [] and (headers[-1][0] == "Output" or decoded(name).lower() not in _OF_FOLLOWS)
