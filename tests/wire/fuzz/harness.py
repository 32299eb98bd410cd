"""What must hold of the parsers whatever the bytes are. Driven by hypothesis, and in `make fuzz` by atheris too."""

from __future__ import annotations

import asyncio
import itertools

from callcenter.asterisk.agi import AgiError, AgiHangup, AgiSession
from callcenter.asterisk.agi_lines import read_greeting
from callcenter.asterisk.ami.layouts import by_line
from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.errors import Problem

# Asked of each message: among them names that are absent, repeated, spelled otherwise, or none.
ASKED = (
    "Event",
    "event",
    "Uniqueid",
    "UNIQUEID",
    "Variable",
    "Value",
    "Output",
    "Response",
    "",
    "A: B",
    "X\r\nY",
    "张",
)


def parsed(*pieces: bytes) -> list[AmiMessage]:
    """The messages; the one error that a parser may raise ends them."""
    parser, messages = AmiParser(), []
    try:
        for piece in pieces:
            messages += parser.feed(piece)
    except Problem as problem:
        assert problem.code == "asterisk_not_ami"
    return messages


def check_ami(data: bytes, cuts: list[int]) -> None:
    """The same messages whatever the cuts, and each the same however it is asked."""
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    pieces = [data[begin:end] for begin, end in itertools.pairwise(places)]
    whole = parsed(data)
    assert [message.raw for message in parsed(*pieces)] == [message.raw for message in whole]
    for message in whole:
        assert AmiMessage(message.raw).name == message.name
        check_message(message.raw)


def check_message(raw: bytes) -> None:
    """However a message is asked, it says the same as when it is read line by line."""
    expected = tuple(by_line(raw))
    message = AmiMessage(raw)
    assert message.headers == expected
    assert list(message.values) == [value for _, value in expected]
    assert AmiMessage(message.raw) == message
    assert hash(AmiMessage(raw)) == hash(message)
    for name in (*ASKED, *(name for name, _ in expected)):
        first = [value for key, value in expected if key == name]
        alike = [value for key, value in expected if key.lower() == name.lower()]
        answer = [*first, *alike, "none"][0]
        assert AmiMessage(raw).get(name, "none") == answer, name  # the first question
        assert message.get(name, "none") == answer, name  # after all was read
        assert list(message.all(name)) == alike
    assert not (message.name and message.response)


def check_agi(data: bytes) -> None:
    """Greeting, then commands answered by the rest. No exception but those of the line."""
    asyncio.run(_converse(data))


async def _converse(data: bytes) -> None:
    reader = asyncio.StreamReader(limit=1 << 16)
    reader.feed_data(data)
    reader.feed_eof()
    try:
        session = AgiSession(reader, _Nowhere(), await read_greeting(reader))  # type: ignore[arg-type]
        assert isinstance(session.path, str)
        for _ in range(3):
            key = await session.wait_for_key(1)
            assert len(key) <= 1
            assert isinstance(await session.get_variable("A"), str)
            assert len(await session.read_digits(["/p"], 1, 4)) <= 4
    except (AgiHangup, AgiError):
        return


class _Nowhere:
    """Takes what is written."""

    def write(self, data: bytes) -> None:
        assert data.endswith(b"\n")
        assert data.count(b"\n") == 1

    async def drain(self) -> None:
        return
