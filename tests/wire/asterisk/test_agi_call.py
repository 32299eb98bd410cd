"""A menu session's lines carry the call's id as soon as it is known, and no caller waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog

from callcenter import metrics
from callcenter.asterisk.agi import AgiHangup, AgiServer, AgiSession, Handler
from callcenter.asterisk.agi_call import CallOf

log = structlog.get_logger("callcenter.test")


class Said(list[dict[str, Any]]):
    """What is logged, with what is bound. `unknown` is set when the call could not be found."""

    def __init__(self) -> None:
        super().__init__()
        self.unknown = asyncio.Event()

    def keep(self, _logger: Any, method: str, event: Any) -> Any:
        """The log's only processor."""
        self.append({"level": method, **event})
        if event["event"] == "agi.call_unknown":
            self.unknown.set()
        raise structlog.DropEvent


@pytest.fixture
def said() -> Iterator[Said]:
    lines = Said()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, lines.keep])
    yield lines
    structlog.reset_defaults()


@contextlib.asynccontextmanager
async def menu(handler: Handler, call_of: CallOf | None) -> AsyncIterator[AgiServer]:
    server = AgiServer("127.0.0.1", 0, handler, call_of)
    await server.start()
    try:
        yield server
    finally:
        await server.stop(0.1)


async def call(server: AgiServer, uniqueid: str = "cc-1700000000.1") -> None:
    """One caller, until the menu lets him go."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"agi_request: agi://127.0.0.1/main\nagi_uniqueid: {uniqueid}\n\n".encode())
    await reader.read()
    writer.close()


def sessions(result: str) -> float:
    return metrics.REGISTRY.get_sample_value("callcenter_agi_sessions_total", {"result": result}) or 0.0


async def test_the_id_is_bound_when_the_ledger_has_it(said: Said) -> None:
    """The first answer comes too early, as it does in life."""
    asked: list[str] = []
    known = asyncio.Event()

    async def call_of(uniqueid: str) -> str | None:
        asked.append(uniqueid)
        known.set() if len(asked) > 1 else None
        return "call-1" if len(asked) > 1 else None

    async def handler(_session: AgiSession) -> None:
        log.info("greeted")
        await known.wait()
        log.info("chosen")

    async with menu(handler, call_of) as server:
        await call(server)
    assert [(line["event"], line["uniqueid"], line.get("call_id")) for line in said] == [
        ("greeted", "cc-1700000000.1", None),
        ("chosen", "cc-1700000000.1", "call-1"),
    ]
    assert asked == ["cc-1700000000.1"] * 2


async def test_callers_do_not_get_each_others_id(said: Said) -> None:
    both = asyncio.Barrier(2)

    async def call_of(uniqueid: str) -> str | None:
        return f"call of {uniqueid}"

    async def handler(session: AgiSession) -> None:
        await both.wait()
        log.info("menu", its=session.unique_id)

    async with menu(handler, call_of) as server:
        await asyncio.gather(call(server, "cc-1.1"), call(server, "cc-1.2"))
    assert len(said) == 2
    for line in said:
        assert line["uniqueid"] == line["its"]
        assert line["call_id"] == f"call of {line['its']}"


async def test_a_ledger_that_fails_or_hangs_is_said_once_and_stops_nobody(said: Said) -> None:
    async def failing(_uniqueid: str) -> str | None:
        raise OSError("database away")

    async def hanging(_uniqueid: str) -> str | None:
        await asyncio.Event().wait()
        return None

    async def handler(_session: AgiSession) -> None:
        await said.unknown.wait()
        log.info("served")

    for call_of in (failing, hanging):
        said.clear()
        said.unknown.clear()
        async with menu(handler, call_of) as server:
            await call(server)
            await call(server)
        assert [line["event"] for line in said] == ["agi.call_unknown", "served", "served"]
        assert "call_id" not in said[-1]


async def test_how_sessions_end_is_counted(said: Said) -> None:
    before = {result: sessions(result) for result in ("done", "hangup", "failed", "no_greeting", "stopped")}
    entered = asyncio.Event()

    async def handler(session: AgiSession) -> None:
        match session.unique_id:
            case "leaves":
                raise AgiHangup
            case "breaks":
                raise RuntimeError
            case "stays":
                entered.set()
                await asyncio.Event().wait()

    async with menu(handler, None) as server:
        for uniqueid in ("ends", "leaves", "breaks"):
            await call(server, uniqueid)
        _reader, mute = await asyncio.open_connection("127.0.0.1", server.port)
        mute.close()
        staying = asyncio.create_task(call(server, "stays"))
        await entered.wait()
        assert metrics.REGISTRY.get_sample_value("callcenter_agi_sessions_running") == 1
    await staying
    assert {result: sessions(result) - old for result, old in before.items()} == dict.fromkeys(before, 1)
    assert metrics.REGISTRY.get_sample_value("callcenter_agi_sessions_running") == 0
    assert [(line["event"], line["uniqueid"]) for line in said if line["level"] == "error"] == [
        ("agi.handler_failed", "breaks")
    ]
