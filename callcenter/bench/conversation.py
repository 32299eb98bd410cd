"""A call captured from the real Asterisk, told again and again with other people in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from callcenter.errors import Problem

CAPTURE = Path(__file__).resolve().parents[2] / "tests" / "wire" / "captures" / "answered.ami"
_END = b"\r\n\r\n"
_RECORDING = b"Event: MixMonitorStart"
_CALLER = b"13800138000"
_AGENT = b"1001"
_TIME = re.compile(rb"(?<=Timestamp: )\d+\.\d+")
_UNIQUE = re.compile(rb"(callcenter-\d+)\.(\d+)")
_CHANNEL = re.compile(rb"PJSIP/(trunk|1001)-[0-9a-f]{8}")
_PHONE = re.compile(rb"(?<=PJSIP/)1001\b(?!-)|(?<=: )1001(?=\r)|(?<=Agent )1001(?=\r)")
_BRIDGE = re.compile(rb"(?<=BridgeUniqueid: )[0-9a-f]{8}")
_CAUSE = re.compile(rb"Cause: \d+\r\nCause-txt: [^\r]*")
_ELSEWHERE = b"Cause: 26\r\nCause-txt: Answered elsewhere"
# So many phones at most ring for one call; the caller's channel is the first of its numbers, the phones' follow.
_LEGS = 1000


@dataclass(frozen=True)
class Conversation:
    """The manager's messages of one answered call: until the agent's phone rings, ringing, talking, hanging up."""

    arriving: bytes
    ringing: bytes
    talking: bytes
    ending: bytes

    def retold(self, number: int, caller: str, extension: str, now: float) -> Conversation:
        """The same call as the `number`-th, by another caller to another agent, with the phone ringing `now`."""
        return self.rung_at(number, caller, [extension], now)

    def rung_at(self, number: int, caller: str, extensions: Sequence[str], now: float) -> Conversation:
        """The same with several phones ringing at once. The first one's agent answers, the others' channels end."""
        first = _TIME.search(self.ringing)
        assert first is not None
        shift = now - float(first[0])
        whole, leg, hangup = self._parts()

        def told(part: bytes, place: int) -> bytes:
            return _retold(part, number, caller.encode(), extensions[place].encode(), shift, place + 1)

        others = range(1, len(extensions))
        lost = b"".join(told(_CAUSE.sub(_ELSEWHERE, hangup), place) for place in others)
        return Conversation(
            told(whole, 0) + b"".join(told(leg, place) for place in range(len(extensions))),
            b"".join(told(self.ringing, place) for place in range(len(extensions))),
            told(self.talking, 0) + lost,
            told(self.ending, 0),
        )

    def _parts(self) -> tuple[bytes, bytes, bytes]:
        """What arrives before the phone's channel is made, the making of it, its end."""
        made = self.arriving.index(b"Event: Newchannel", 1)
        ends = [message + _END for message in self.ending.split(_END) if message.startswith(b"Event: Hangup\r")]
        return self.arriving[:made], self.arriving[made:], next(end for end in ends if b"PJSIP/1001-" in end)


def read(path: Path = CAPTURE) -> Conversation:
    """The captured call, cut where things begin to happen. It is not recorded: there is no sound to collect."""
    if not path.is_file():
        raise Problem("bench_capture_missing", path=path)
    messages = [
        message for message in path.read_bytes().split(_END) if b"Event: " in message and _RECORDING not in message
    ]
    call = messages[_first(messages, b"Event: Newchannel") :]
    rings = _first(call, b"Event: Newstate", b"PJSIP/1001-", b"ChannelStateDesc: Ringing")
    picked_up = _first(call, b"Event: Newstate", b"PJSIP/1001-", b"ChannelStateDesc: Up")
    ends = _first(call, b"Event: HangupRequest")
    cuts = ((0, rings), (rings, picked_up), (picked_up, ends), (ends, len(call)))
    return Conversation(*(b"".join(message + _END for message in call[start:end]) for start, end in cuts))


def _first(messages: list[bytes], *wanted: bytes) -> int:
    return next(place for place, message in enumerate(messages) if all(text in message for text in wanted))


def _retold(part: bytes, number: int, caller: bytes, extension: bytes, shift: float, leg: int) -> bytes:
    part = _TIME.sub(lambda found: b"%.6f" % (float(found[0]) + shift), part)
    part = _UNIQUE.sub(lambda found: b"%s.%d" % (found[1], number * _LEGS + int(found[2]) * leg), part)
    part = _CHANNEL.sub(lambda found: b"PJSIP/%s-%08x" % (_named(found[1], extension), number), part)
    part = _PHONE.sub(extension, part)
    part = _BRIDGE.sub(b"%08x" % number, part)
    return part.replace(_CALLER, caller)


def _named(endpoint: bytes, extension: bytes) -> bytes:
    return extension if endpoint == _AGENT else endpoint
