"""Several processes may believe that they write the ledger: one does, and each write is in it once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal, get_args
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select, text

from callcenter.calls import batch as module
from callcenter.calls.listener import Listener
from callcenter.calls.model import CallLegRow, CallRow
from callcenter.calls.term import TermOver
from callcenter.db import Database, JournalRow
from tests.service.polling import until
from tests.unit.calls.conversations import AGENTS, CALLER_ENDS, IN, LI_ANSWERS, MENU, NOON, RING_LI, conversation

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)


async def ear(db: Database) -> Listener:
    found = Listener(db, "pbx", AGENTS, lambda raw: f"+86{raw}", lambda: NOON)
    await found.load()
    return found


def feed(listener: Listener, table: str) -> None:
    for line in conversation(table):
        listener.feed(line)


async def journal(db: Database) -> list[str]:
    async with db.read() as session:
        return [row.type for row in await session.scalars(select(JournalRow).order_by(JournalRow.seq))]


async def test_who_began_last_writes_and_the_other_learns_it(db: Database) -> None:
    first = await ear(db)
    feed(first, IN + MENU)
    await first.drain()
    second = await ear(db)
    before = await journal(db)
    feed(first, RING_LI)
    with pytest.raises(TermOver):
        await first.drain()
    assert await journal(db) == before
    feed(second, RING_LI + LI_ANSWERS + CALLER_ENDS)
    await second.drain()
    async with db.read() as session:
        call = (await session.scalars(select(CallRow))).one()
    assert call.outcome == "answered"


Cut = Literal["kept", "lost", "late"]


class Cable:
    """TCP between the service and its database. `cuts` breaks it when the next commits are under way: each is kept,
    lost, or `late`: it goes on when nobody waits for it any more, at `go_on`."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self.cuts: list[Cut] = []
        self.cut, self.go_on = asyncio.Event(), asyncio.Event()

    @contextlib.asynccontextmanager
    async def laid(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._to)
        answers = asyncio.create_task(_copy(there, writer.write))
        tasks = [answers, asyncio.create_task(self._watch(reader, writer, back, there, answers))]
        watching = tasks[1]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if answers.cancelled():  # the watcher is at the commit: let it end what it does
            await watching
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        writer.close()
        back.close()

    async def _watch(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamWriter,
        there: asyncio.StreamReader,
        answers: asyncio.Task[None],
    ) -> None:
        """Carry what the service says. Armed, the commit itself arrives or not, its answer in no case."""
        while data := await reader.read(1 << 16):
            if self.cuts and b"COMMIT;" in data:
                answers.cancel()
                await asyncio.gather(answers, return_exceptions=True)
                cut = self.cuts.pop(0)
                if cut == "late":
                    writer.close()
                    self.cut.set()
                    await self.go_on.wait()
                if cut != "lost":
                    back.write(data)
                    await back.drain()
                    await there.read(1 << 16)
                self.cut.set()
                return
            back.write(data)


async def waits_for_the_term(db: Database) -> bool:
    """Whether the next try waits for what the last one still does."""
    waiting = text("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with db.read() as session:
        return bool(await session.scalar(waiting))


async def _copy(reader: asyncio.StreamReader, write: Callable[[bytes], None]) -> None:
    while data := await reader.read(1 << 16):
        write(data)


@pytest.mark.parametrize("cut", get_args(Cut))
async def test_a_commit_whose_end_nobody_heard_is_in_the_ledger_once(
    cut: Cut, db: Database, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RETRY_S", 0.01)
    address = urlsplit(url)
    assert address.hostname and address.port
    cable = Cable(address.hostname, address.port)
    async with cable.laid() as port:
        cabled = Database(url.replace(str(address.port), str(port)))
        listener = await ear(cabled)
        feed(listener, IN + MENU + RING_LI)
        await listener.drain()
        cable.cuts.append(cut)
        # What is read over the carrier's shoulder must be the ledger's commit, so nothing else is under way.
        feed(listener, LI_ANSWERS)
        writing = asyncio.create_task(listener.drain())
        await cable.cut.wait()
        if cut == "late":
            await until(lambda: waits_for_the_term(db))
            cable.go_on.set()
        await asyncio.wait_for(writing, 20)
        feed(listener, CALLER_ENDS)
        await asyncio.wait_for(listener.drain(), 20)
        await cabled.close()
    events = await journal(db)
    assert sorted(set(events)) == sorted(events), events
    assert {"CallAnswered", "CallEnded"} <= set(events)
    async with db.read() as session:
        call = (await session.scalars(select(CallRow))).one()
        legs = await session.scalar(select(func.count()).select_from(CallLegRow))
    assert (call.outcome, call.end_cause, legs) == ("answered", "normal", 2)


async def test_a_database_that_is_away_keeps_nobody_from_hearing(db: Database, url: str) -> None:
    """What is heard meanwhile is written when it is back; nothing is dropped."""
    address = urlsplit(url)
    assert address.hostname and address.port
    cable = Cable(address.hostname, address.port)
    async with cable.laid() as port:
        cabled = Database(url.replace(str(address.port), str(port)))
        listener = await ear(cabled)
        await cabled.engine.dispose()
    writing: Awaitable[None]
    feed(listener, IN + MENU + RING_LI + LI_ANSWERS)
    writing = asyncio.create_task(listener.drain())
    feed(listener, CALLER_ENDS)
    await asyncio.sleep(0)
    assert await journal(db) == []
    server = await asyncio.start_server(cable._carry, "127.0.0.1", port)
    async with server:
        await asyncio.wait_for(writing, 20)
        await asyncio.wait_for(listener.drain(), 20)
        await cabled.close()
    assert (await journal(db))[-1] == "CallEnded"
