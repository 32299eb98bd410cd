"""Our FastAGI server against a scripted Asterisk: each line it receives, each answer it gives."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from callcenter.asterisk.agi import AgiError, AgiHangup, AgiServer, AgiSession, Handler, escape_argument

GREETING = (
    b"agi_network: yes\nagi_request: agi://127.0.0.1:4573/main?lang=zh&x=1\nagi_uniqueid: cc-1.2\n"
    b"agi_callerid: 13800138000\nagi_calleridname: \xff: odd\n\n"
)


class Line:
    """Asterisk's end of one session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def expect(self, command: str, answer: str = "200 result=0") -> None:
        line = (await asyncio.wait_for(self.reader.readline(), 5)).decode().rstrip("\n")
        assert line == command
        self.writer.write(answer.encode() + b"\n")

    async def closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(), 5) == b""


@contextlib.asynccontextmanager
async def call(handler: Handler, greeting: bytes = GREETING) -> AsyncIterator[Line]:
    server = AgiServer("127.0.0.1", 0, handler)
    await server.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(greeting)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await server.stop(0.1)


async def test_variables_path_and_query_are_read() -> None:
    found: list[object] = []

    async def handler(session: AgiSession) -> None:
        found.extend([session.path, session.query, session.unique_id, session.variables["agi_calleridname"]])

    async with call(handler) as line:
        assert await line.closed()
    assert found == ["main", {"lang": "zh", "x": "1"}, "cc-1.2", "\ufffd: odd"]


async def test_a_key_stops_the_prompts_and_is_the_answer() -> None:
    digits: list[str] = []

    async def handler(session: AgiSession) -> None:
        digits.append(await session.read_digits(["/p/a", "/p/b", "/p/c"], 4, 1, terminators=""))

    async with call(handler) as line:
        await line.expect('STREAM FILE "/p/a" "0123456789*#"', "200 result=0 endpos=800")
        await line.expect('STREAM FILE "/p/b" "0123456789*#"', "200 result=35 endpos=90")
        assert await line.closed()
    assert digits == ["#"]


async def test_digits_end_at_terminator_or_silence() -> None:
    digits: list[str] = []

    async def handler(session: AgiSession) -> None:
        digits.append(await session.read_digits([], 2.5, 5, "#"))
        digits.append(await session.read_digits([], 1, 5, "#"))

    async with call(handler) as line:
        for answer in ("49", "50", "35"):
            await line.expect('WAIT FOR DIGIT "2500"', f"200 result={answer}")
        await line.expect('WAIT FOR DIGIT "1000"', "200 result=55")
        await line.expect('WAIT FOR DIGIT "1000"', "200 result=0")
        assert await line.closed()
    assert digits == ["12", "7"]


async def test_variables_go_out_quoted_and_come_back_whole() -> None:
    values: list[str] = []

    async def handler(session: AgiSession) -> None:
        await session.set_variable("CC_NOTE", 'say "hi" \\ ${EXTEN}')
        await session.set_variable("CHANNEL(language)", "en")
        values.append(await session.get_variable("A"))
        values.append(await session.get_variable("B"))

    async with call(handler) as line:
        await line.expect('SET VARIABLE "CC_NOTE" "say \\"hi\\" \\\\ ${EXTEN}"')
        await line.expect('SET VARIABLE "CHANNEL(language)" "en"')
        await line.expect('GET VARIABLE "A"', "200 result=1 (x (y) z)")
        await line.expect('GET VARIABLE "B"', "200 result=0")
        assert await line.closed()
    assert values == ["x (y) z", ""]


@pytest.mark.parametrize(
    "ending", ["200 result=-1", "511 Command Not Permitted on a dead channel or intercept routine", "HANGUP"]
)
async def test_hang_up_ends_the_session_by_its_own_exception(ending: str) -> None:
    ends: list[str] = []

    async def handler(session: AgiSession) -> None:
        try:
            await session.stream_file("/p/a")
            await session.stream_file("/p/b")
        except AgiHangup:
            ends.append("hangup")
            raise

    async with call(handler) as line:
        await line.expect('STREAM FILE "/p/a" ""', ending)
        if ending == "HANGUP":
            line.writer.write(b"200 result=0\n")
        assert await line.closed()
    assert ends == ["hangup"]


async def test_a_line_that_breaks_in_a_command_is_a_hang_up() -> None:
    ends: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def handler(session: AgiSession) -> None:
        try:
            await session.answer()
        except AgiHangup:
            ends.set_result("hangup")

    async with call(handler) as line:
        await line.reader.readline()
        line.writer.write(b"200 res")
        line.writer.close()
        assert await asyncio.wait_for(ends, 5) == "hangup"


async def test_a_peer_that_leaves_before_the_blank_line_is_forgotten() -> None:
    called: list[AgiSession] = []

    async def handler(session: AgiSession) -> None:
        called.append(session)

    async with call(handler, b"agi_network: yes\n") as line:
        line.writer.write_eof()
        assert await line.closed()
    assert called == []


async def test_endless_greetings_are_cut_off() -> None:
    async def handler(session: AgiSession) -> None:
        raise AssertionError

    async with call(handler, b"agi_arg: x\n" * 400) as line:
        with contextlib.suppress(ConnectionError):
            assert await line.closed()


async def test_a_refused_command_is_our_fault_not_a_hang_up() -> None:
    errors: list[str] = []

    async def handler(session: AgiSession) -> None:
        try:
            await session.command("SAY DIGITS")
        except AgiError as error:
            errors.append(str(error))
        await session.answer()

    async with call(handler) as line:
        await line.expect(
            "SAY DIGITS",
            "520-Invalid command syntax.  Proper usage follows:\nUsage: SAY DIGITS x\n520 End of proper usage.",
        )
        await line.expect("ANSWER")
        assert await line.closed()
    assert len(errors) == 1


async def test_stop_ends_sessions_that_linger() -> None:
    waiting = asyncio.Event()
    ends: list[str] = []

    async def handler(session: AgiSession) -> None:
        waiting.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    async with call(handler):
        await asyncio.wait_for(waiting.wait(), 5)
    assert ends == ["cancelled"]


@pytest.mark.parametrize("value", ["a\nEXEC System x", "a\r", "a\0b"])
async def test_a_line_break_cannot_begin_another_command(value: str) -> None:
    session = AgiSession(asyncio.StreamReader(), None, {})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="line break"):
        await session.set_variable("X", value)
    with pytest.raises(ValueError, match="not a variable"):
        await session.set_variable("X SHELL(y)", "1")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [("plain 张", "plain 张"), ("a,b", "a\\,b"), ('q"(x)', 'q\\"\\(x\\)'), ("\\", "\\\\"), ("cost $5", "cost $5")],
)
def test_an_argument_stays_one_argument(text: str, escaped: str) -> None:
    assert escape_argument(text) == escaped


@pytest.mark.parametrize("text", ["${SHELL(x)}", "$[1+1]", "a\nb"])
def test_an_argument_that_would_be_evaluated_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be arguments"):
        escape_argument(text)
