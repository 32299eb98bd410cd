"""FastAGI: Asterisk connects for each call and does what the session asks, until one of both leaves."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import structlog
from structlog.contextvars import bind_contextvars

from callcenter import metrics
from callcenter.asterisk.agi_call import CallNames, CallOf

log = structlog.get_logger(__name__)

KEYS = "0123456789*#"
GREETING_LIMIT_S = 10.0
GREETING_LINES = 300
STOP_LIMIT_S = 5.0

_ANSWER = re.compile(r"(?P<code>\d{3})(?P<more>[ -])(?:result=(?P<result>-?\w*))?\s*(?P<rest>.*)", re.S)
_VARIABLE = re.compile(r"[A-Za-z_]\w*(\([\w,]*\))?")
_APPLICATION = re.compile(r"[A-Za-z]\w*")


class AgiHangup(Exception):
    """The caller has hung up, or Asterisk is gone. Ends the session; nothing more can be said to him."""


class AgiError(Exception):
    """Asterisk does not accept a command (a fault of ours)."""


@dataclass(frozen=True)
class AgiAnswer:
    """`result` as Asterisk gives it; `data` is what stood in brackets after it."""

    result: str
    data: str


class AgiSession:
    """One call. Sounds are absolute paths without extension, times seconds.

    Every command raises AgiHangup when the caller has left.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, variables: Mapping[str, str]
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._hung_up = False
        self.variables = variables
        address = urlsplit(variables.get("agi_request", ""))
        self.path = address.path.strip("/")
        self.query = dict(parse_qsl(address.query))

    @property
    def unique_id(self) -> str:
        """Asterisk's id of the caller's channel."""
        return self.variables.get("agi_uniqueid", "")

    async def answer(self) -> None:
        await self.command("ANSWER")

    async def hang_up(self) -> None:
        await self.command("HANGUP")

    async def stream_file(self, name: str) -> None:
        """Play to the end; keys do not interrupt. A sound that is missing is silence."""
        await self.command("STREAM FILE", name, "")

    async def stream_until_key(self, name: str, keys: str = KEYS) -> str:
        """Play until one of `keys` is pressed; the key, or "" at the end of the sound."""
        return _key(await self.command("STREAM FILE", name, keys))

    async def wait_for_key(self, timeout_s: float) -> str:
        """The next key, or "" when none came in time."""
        return _key(await self.command("WAIT FOR DIGIT", str(int(timeout_s * 1000))))

    async def read_digits(
        self, prompts: Sequence[str], timeout_s: float, max_digits: int, terminators: str = "#"
    ) -> str:
        """Play until a key is pressed, then collect up to `max_digits` keys.

        A key of `terminators` ends the input and is no part of it. "" when nothing came within `timeout_s`
        after the last prompt; between two keys the same time is allowed.
        """
        key = ""
        for prompt in prompts:
            key = await self.stream_until_key(prompt)
            if key:
                break
        digits = ""
        while True:
            key = key or await self.wait_for_key(timeout_s)
            if not key or key in terminators:
                return digits
            digits += key
            if len(digits) >= max_digits:
                return digits
            key = ""

    async def set_variable(self, name: str, value: str) -> None:
        """Set a variable, or a function such as CHANNEL(language). The value is taken as it is, never evaluated."""
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"not a variable's name: {name!r}")
        await self.command("SET VARIABLE", name, value)

    async def get_variable(self, name: str) -> str:
        """Its value; "" when it is not set."""
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"not a variable's name: {name!r}")
        return (await self.command("GET VARIABLE", name)).data

    async def execute(self, application: str, *arguments: str) -> AgiAnswer:
        """Run a dialplan application. Arguments are escaped: none can become two, or be evaluated."""
        if not _APPLICATION.fullmatch(application):
            raise ValueError(f"not an application's name: {application!r}")
        return await self.command("EXEC", application, ",".join(map(escape_argument, arguments)))

    async def command(self, name: str, *arguments: str) -> AgiAnswer:
        """Send one command with quoted arguments and wait for its answer."""
        if self._hung_up:
            raise AgiHangup
        line = " ".join([name, *map(_quoted, arguments)])
        try:
            self._writer.write(line.encode() + b"\n")
            await self._writer.drain()
            return await self._answer(name)
        except (ConnectionError, asyncio.IncompleteReadError) as error:
            raise AgiHangup from error

    async def _answer(self, command: str) -> AgiAnswer:
        while True:
            line = await self._line()
            if line == "HANGUP":
                self._hung_up = True
                continue
            found = _ANSWER.fullmatch(line)
            if found is None:
                continue
            if found["more"] == "-":
                await self._skip_usage(found["code"])
            if found["code"] == "511":
                raise AgiHangup
            if found["code"] != "200":
                raise AgiError(f"{command}: {line}")
            result = found["result"] or ""
            if result == "-1":
                raise AgiHangup
            return AgiAnswer(result, _bracketed(found["rest"]))

    async def _skip_usage(self, code: str) -> None:
        while not (await self._line()).startswith(f"{code} "):
            pass

    async def _line(self) -> str:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise AgiHangup
        return line[:-1].decode("utf-8", "replace")


Handler = Callable[[AgiSession], Awaitable[None]]


class AgiServer:
    """Listens for Asterisk and hands each call to `handler`. Port 0: a free one, read back from `port`.

    What is logged for a call carries `uniqueid` and, once `call_of` knows it, `call_id`. No caller waits for that.
    """

    def __init__(self, host: str, port: int, handler: Handler, call_of: CallOf | None = None) -> None:
        self._host = host
        self._port = port
        self._handler = handler
        self._names = CallNames(call_of)
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        if self._server is None:
            return self._port
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self._port)

    async def stop(self, limit_s: float = STOP_LIMIT_S) -> None:
        """No new calls; those in the menu may finish within `limit_s`, then the dialplan takes them on."""
        if self._server is None:
            return
        self._server.close()
        if self._sessions:
            _, late = await asyncio.wait(self._sessions, timeout=limit_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        task.set_name("agi session")
        self._sessions.add(task)
        try:
            await self._handle(reader, writer)
        except asyncio.CancelledError:
            if self._server is not None and self._server.is_serving():
                raise  # not our stop: somebody else cancels us
        finally:
            self._sessions.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(GREETING_LIMIT_S):
                variables = await _greeting(reader)
        except (AgiHangup, TimeoutError, ConnectionError, ValueError):
            metrics.AGI_SESSIONS.labels("no_greeting").inc()
            log.info("agi.no_greeting")
            return
        await self._named(AgiSession(reader, writer, variables))

    async def _named(self, session: AgiSession) -> None:
        """The session and the search for its call in one context: what one binds the other's lines carry."""
        context = contextvars.copy_context()
        context.run(bind_contextvars, uniqueid=session.unique_id)
        naming = asyncio.create_task(self._names.bind(session.unique_id), name="agi call id", context=context)
        try:
            await asyncio.create_task(self._converse(session), name="agi session", context=context)
        finally:
            naming.cancel()
            await asyncio.wait({naming})

    async def _converse(self, session: AgiSession) -> None:
        begun, result = time.monotonic(), "stopped"
        try:
            with metrics.AGI_RUNNING.track_inprogress():
                await self._handler(session)
            result = "done"
        except AgiHangup:
            result = "hangup"
            log.info("agi.caller_left")
        except Exception:
            result = "failed"
            log.exception("agi.handler_failed", path=session.path)
        finally:
            metrics.AGI_SESSIONS.labels(result).inc()
            metrics.AGI_SECONDS.observe(time.monotonic() - begun)


async def _greeting(reader: asyncio.StreamReader) -> dict[str, str]:
    """The variables Asterisk sends first, up to the blank line. AgiHangup if it never comes."""
    variables: dict[str, str] = {}
    for _ in range(GREETING_LINES):
        line = await reader.readline()
        if not line.endswith(b"\n"):
            raise AgiHangup
        text = line[:-1].decode("utf-8", "replace")
        if not text:
            return variables
        name, _, value = text.partition(": ")
        variables[name] = value
    raise AgiHangup


def escape_argument(text: str) -> str:
    """One argument of a dialplan application, safe whatever it holds. ValueError for what cannot be escaped."""
    if re.search(r"[\x00-\x1f]|\$[{\[]", text):
        raise ValueError("control characters and expressions cannot be arguments")
    return re.sub(r'([\\,"()\[\]|])', r"\\\1", text)


def _quoted(text: str) -> str:
    if any(character in text for character in "\r\n\0"):
        raise ValueError("a line break would begin another command")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _key(answer: AgiAnswer) -> str:
    code = int(answer.result or 0) if answer.result.isdigit() else 0
    return chr(code) if code else ""


def _bracketed(text: str) -> str:
    start, end = text.find("("), text.rfind(")")
    return text[start + 1 : end] if 0 <= start < end else ""
