"""A captured conversation that a listener hears in parts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from callcenter.asterisk.ami.messages import AmiMessage, AmiParser
from callcenter.calls.audit import Audit
from callcenter.calls.gaps import newest
from callcenter.calls.listener import Listener
from callcenter.calls.model import CallRow, LedgerGapRow
from callcenter.calls.pbx import FakePbxState
from callcenter.calls.ports import ChannelSeen
from callcenter.calls.recompute import Recomputer
from callcenter.calls.unheard import CallFiles
from callcenter.db import Database, JournalRow
from tests.wire import conversations, filing
from tests.wire.ledger_lines import AGENTS

NAME = "answered"
ZONE = ZoneInfo("Asia/Shanghai")


class Stretch:
    """A conversation that is heard in parts and written to files as a whole, as the real Asterisk does."""

    def __init__(self, folder: Path, name: str = NAME) -> None:
        self.conversation = conversations.read(name)
        self.messages: list[AmiMessage] = [
            message for raw in self.conversation.raw for message in AmiParser().feed(raw)
        ]
        self.folder = folder
        folder.mkdir()

    def at(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(self.conversation.started + seconds, UTC)

    def between(self, since: float, until: float) -> list[AmiMessage]:
        def seconds(message: AmiMessage) -> float:
            return float(message.get("Timestamp")) - self.conversation.started

        return [message for message in self.messages if since <= seconds(message) < until]

    def alive(self, seconds: float) -> list[ChannelSeen]:
        """What Asterisk would show at a moment."""
        found: dict[str, ChannelSeen] = {}
        for message in self.between(0, seconds):
            uniqueid = message.get("Uniqueid")
            match message.name:
                case "Newchannel":
                    names = (message.get("Channel"), uniqueid, message.get("Linkedid"))
                    found[uniqueid] = ChannelSeen(*names, "Up", message.get("CallerIDNum"), message.get("Exten"), "")
                case "BridgeEnter":
                    found[uniqueid] = replace(found[uniqueid], bridge_id=message.get("BridgeUniqueid"))
                case "BridgeLeave":
                    found[uniqueid] = replace(found[uniqueid], bridge_id="")
                case "Hangup":
                    del found[uniqueid]
        return list(found.values())

    def write_files(self, until: float = 1e9) -> None:
        filing.write(self.conversation, self.folder, self.at(until))


async def ear(db: Database, stretch: Stretch, *, now: float = 3600.0, files: bool = True) -> Listener:
    found = Listener(
        db, "pbx", AGENTS, lambda raw: raw or None, lambda: stretch.at(now),
        files=CallFiles(stretch.folder if files else None), late=timedelta(days=1),
    )  # fmt: skip
    await found.load()
    return found


async def hear(listener: Listener, messages: list[AmiMessage]) -> None:
    for message in messages:
        listener.feed(message)
    await listener.drain()


async def begin(db: Database, stretch: Stretch) -> Listener:
    """A listener that has been connected once, so that it knows until when it heard."""
    first = await ear(db, stretch)
    first.lost("process")
    await first.resync(FakePbxState(at=stretch.at(-1)))
    await first.drain()
    return first


async def again(
    db: Database, stretch: Stretch, seconds: float, *alive: ChannelSeen, boot: str = "boot-1", files: bool = True
) -> Listener:
    """Another process, connected so many seconds after the conversation's start."""
    found = await ear(db, stretch, now=seconds, files=files)
    found.lost("process")
    await found.resync(FakePbxState(boot, list(alive), stretch.at(seconds)))
    await found.drain()
    return found


async def calls(db: Database) -> list[CallRow]:
    async with db.read() as session:
        return list(await session.scalars(select(CallRow).order_by(CallRow.id)))


async def events(db: Database) -> list[str]:
    async with db.read() as session:
        return [row.type for row in await session.scalars(select(JournalRow).order_by(JournalRow.seq))]


async def gaps(db: Database) -> list[LedgerGapRow]:
    return list(reversed(await newest(db, 10)))


WHOLE = ["CallStarted", "CallClassified", "CallQueued", "CallRinging", "CallAnswered", "CallAgentLeft", "CallEnded"]


def outcome(call: CallRow) -> tuple[object, ...]:
    return call.outcome, call.end_cause, call.queue, call.extension, call.gap


async def differences(db: Database) -> list[object]:
    found = await Recomputer(db, lambda raw: raw or None).run([call.id for call in await calls(db)], write=False)
    assert found.without == []
    return [*found.differences]


async def disagreements(db: Database, stretch: Stretch) -> list[object]:
    audit = Audit(db, AGENTS, {"pbx": stretch.folder}, ZONE, lambda: stretch.at(3600))
    checked = await audit.check("pbx", stretch.at(-600), stretch.at(600))
    return [*checked.disagreements]
