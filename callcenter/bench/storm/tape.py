"""What Asterisk says and writes down of one call, moment by moment. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from callcenter.asterisk import manager_events
from callcenter.bench.storm.channel import Channel, cel_row, headers, message

File = Literal["cel", "cdr", "queue_log"]
# Number of the call, extension, for the which time.
RingKey = tuple[int, str, int]
_SENT, _VARIABLES = frozenset(manager_events.EVENTS), re.compile(manager_events.VARIABLES)
# Messages of one moment follow each other at this distance.
_TICK_S = 0.000_01


@dataclass(frozen=True)
class Happening:
    """One thing, at `at` seconds from the beginning. `ami`: the message; `line`: what is written to `file`; `channel`:
    how a channel stands from now on, `gone`: that it is no more; `ring`: which phone begins to ring."""

    at: float
    ami: bytes = b""
    file: File | None = None
    line: str = ""
    channel: Channel | None = None
    gone: bool = False
    ring: RingKey | None = None


@dataclass
class Tape:
    """Takes down what happens, at the moment that `at` was set to last. `began`: seconds since 1970."""

    began: float
    at: float = 0.0
    happenings: list[Happening] = field(default_factory=list)

    def stamp(self, at: float) -> str:
        """A moment as Asterisk writes it."""
        return f"{self.began + at:.6f}"

    def says(
        self,
        event: str,
        channel: Channel | None,
        *parts: str,
        dest: Channel | None = None,
        first: str = "",
        ring: RingKey | None = None,
    ) -> None:
        """A message, if our configuration has Asterisk send it; `channel` stands like this from now on. Headers in
        `first` come before the channel's."""
        told = b""
        if event in _SENT:
            own, other = headers(channel) if channel else "", headers(dest, "Dest") if dest else ""
            told = message(event, self.stamp(self.at), first, own, other, *parts)
        self._add(ami=told, channel=channel, ring=ring)

    def sets(self, channel: Channel, name: str, value: str) -> None:
        """A channel variable is set; of most of them Asterisk says nothing to us."""
        told = b""
        if _VARIABLES.search(name):
            told = message("VarSet", self.stamp(self.at), headers(channel), f"Variable: {name}\r\nValue: {value}\r\n")
        self._add(ami=told, channel=channel)

    def hangs_up(self, channel: Channel, cause: int, text: str, source: str = "", dialled: str = "") -> None:
        """A channel ends, in the messages and in the CEL."""
        extra = f'{{"hangupcause":{cause},"hangupsource":"{source}","dialstatus":"{dialled}"}}'
        self.cel("HANGUP", channel, extra)
        self.cel("CHAN_END", channel)
        told = message("Hangup", self.stamp(self.at), headers(channel), f"Cause: {cause}\r\nCause-txt: {text}\r\n")
        self._add(ami=told, channel=channel, gone=True)

    def cel(self, event: str, channel: Channel, extra: str = "") -> None:
        """A line of the CEL."""
        self._add(file="cel", line=cel_row(event, self.stamp(self.at), channel, extra))

    def cdr(self, line: str) -> None:
        """A line of the CDR."""
        self._add(file="cdr", line=line)

    def queue_log(self, uniqueid: str, queue: str, agent: str, event: str, *data: object) -> None:
        """A line of the queue_log; its time is in whole seconds."""
        rest = "".join(f"|{each}" for each in data)
        self._add(file="queue_log", line=f"{int(self.began + self.at)}|{uniqueid}|{queue}|{agent}|{event}{rest}")

    def _add(
        self,
        ami: bytes = b"",
        file: File | None = None,
        line: str = "",
        channel: Channel | None = None,
        gone: bool = False,
        ring: RingKey | None = None,
    ) -> None:
        self.happenings.append(Happening(self.at, ami, file, line, channel, gone, ring))
        self.at += _TICK_S
