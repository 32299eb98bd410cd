"""FastAGI: Asterisk connects for each call and does what the session asks, until one of both leaves."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from structlog.contextvars import bind_contextvars

from callcenter import metrics
from callcenter.asterisk.agi_call import CallNames, CallOf
from callcenter.asterisk.agi_lines import (
    AgiAnswer,
    AgiError,
    AgiHangup,
    escape_argument,
    quoted,
    read_answer,
    read_greeting,
    read_line,
    read_request,
)

__all__ = ["KEYS", "AgiAnswer", "AgiError", "AgiHangup", "AgiServer", "AgiSession", "Handler", "escape_argument"]

log = structlog.get_logger(__name__)

KEYS = "0123456789*#"
GREETING_LIMIT_S = 10.0
STOP_LIMIT_S = 5.0

_VARIABLE = re.compile(r"[A-Za-z_]\w*(\([\w,]*\))?")
_APPLICATION = re.compile(r"[A-Za-z]\w*")


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
        self.path, self.query = read_request(variables.get("agi_request", ""))

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
        return (await self.command("STREAM FILE", name, keys)).key

    async def wait_for_key(self, timeout_s: float) -> str:
        """The next key, or "" when none came in time."""
        return (await self.command("WAIT FOR DIGIT", str(int(timeout_s * 1000)))).key

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
        line = " ".join([name, *map(quoted, arguments)])
        try:
            self._writer.write(line.encode() + b"\n")
            await self._writer.drain()
            return await self._answer(name)
        except ConnectionError as error:
            raise AgiHangup from error

    async def _answer(self, command: str) -> AgiAnswer:
        while True:
            text = await read_line(self._reader)
            if text == "HANGUP":
                self._hung_up = True
                continue
            line = read_answer(text)
            if line is None:
                continue
            if line.more:
                await self._skip_usage(line.code)
            if line.code == "511" or (line.code == "200" and line.answer.result == "-1"):
                raise AgiHangup
            if line.code != "200":
                raise AgiError(f"{command}: {text}")
            return line.answer

    async def _skip_usage(self, code: str) -> None:
        while not (await read_line(self._reader)).startswith(f"{code} "):
            pass


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
                variables = await read_greeting(reader)
        except (AgiHangup, TimeoutError):
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
