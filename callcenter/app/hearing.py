"""How well Asterisk is heard: told by the process that hears it, shown by the web processes to people who keep it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ValidationError
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.app.hooked import HookShown, cursors_of, hooks_shown
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.bus import JournalCursor
from callcenter.clock import Clock
from callcenter.db import Database, JournalRow
from callcenter.events import Event
from callcenter.events.calls import CallEnded, CallNumberLearned, CallStarted
from callcenter.events.complaints import TicketCrmChanged, TicketOpened
from callcenter.events.recordings import RecordingStored
from callcenter.hooks.catalogue import OFFERED_TYPES
from callcenter.hooks.fan_out import CURSOR as WEBHOOKS
from callcenter.hooks.foreign.events import CURSORS
from callcenter.link import Link, LinkDown
from callcenter.rooms import Room
from callcenter.setting_groups import HooksSettings
from callcenter.web.health import HealthChecks
from callcenter.web.http import Context, Route

_KEY = "hearing"
_BEAT_S = 1.0
_STALE_S = 5.0


class ServerHearing(BaseModel):
    """One Asterisk server. `events_per_s` within the last second; `lag_s` from Asterisk's own time stamp to our reading
    it, null while nothing comes; `unwritten` messages are heard and wait for the ledger."""

    name: str
    connected: bool
    connected_since: AwareDatetime | None
    events_per_s: float
    lag_s: float | None
    unwritten: int


class Hearing(BaseModel):
    """What one process hears. `process` is its host and process id."""

    at: AwareDatetime
    process: str
    servers: list[ServerHearing]


class Part(BaseModel):
    """Something the answering process stands on: `database`, `redis`... `detail` is a code, filled in with `params`."""

    name: str
    ok: bool
    detail: str | None
    params: dict[str, str]


# What the durable readers of this product read; those that are not named read all there is.
READ_BY: Mapping[str, tuple[type[Event], ...]] = {
    "complaints.crm": (TicketOpened, TicketCrmChanged),
    "desk.caller": (CallStarted, CallNumberLearned),
    "recordings_of_calls": (CallEnded,),
    "transcripts_of_recordings": (RecordingStored,),
}


class Behind(BaseModel):
    """A reader of the journal and how many events it has yet to take. `hook` is the name of somebody else's one."""

    subscriber: str
    hook: str | None = None
    events: int


class SystemHealth(BaseModel):
    """`hearing` is null while no process hears Asterisk."""

    hearing: Hearing | None
    parts: list[Part]
    journal: list[Behind]
    hooks: list[HookShown]


@dataclass
class Ear:
    """Counts what comes from one server; costs next to nothing a message."""

    name: str
    connected: Callable[[], bool]
    unwritten: Callable[[], int]
    _count: int = 0
    _lag_s: float | None = None
    _since: datetime | None = None
    _looked: float = field(default_factory=time.monotonic)
    _sample: bool = True

    def heard(self, message: AmiMessage) -> None:
        """A message came. One in each beat is asked for its time."""
        self._count += 1
        if self._sample and (stamp := message.get("Timestamp")):
            self._sample = False
            with contextlib.suppress(ValueError):  # of another system's making
                self._lag_s = round(max(0.0, time.time() - float(stamp)), 3)

    def look(self, now: datetime) -> ServerHearing:
        """The figures since the last look."""
        passed, self._looked = time.monotonic() - self._looked, time.monotonic()
        connected = self.connected()
        self._since = (self._since or now) if connected else None
        told = ServerHearing(
            name=self.name,
            connected=connected,
            connected_since=self._since,
            events_per_s=round(self._count / max(passed, 0.001), 1),
            lag_s=self._lag_s,
            unwritten=self.unwritten(),
        )
        self._count, self._lag_s, self._sample = 0, None, True
        return told


async def tell(link: Link, ears: list[Ear], clock: Clock) -> None:
    """Until cancelled."""
    process = f"{socket.gethostname()} {os.getpid()}"
    while True:
        now = clock()
        hearing = Hearing(at=now, process=process, servers=[ear.look(now) for ear in ears])
        with contextlib.suppress(LinkDown):
            await link.put(_KEY, hearing.model_dump_json(), _STALE_S)
        await asyncio.sleep(_BEAT_S)


@dataclass
class Health:
    """Answers people who keep the system."""

    db: Database
    link: Link
    checks: HealthChecks
    hooks: list[HookShown]

    async def show(self, _ctx: Context) -> SystemHealth:
        findings = await self.checks.look()
        parts = [
            Part(name=name, ok=found.ok, detail=found.detail, params=dict(found.params))
            for name, found in findings.items()
        ]
        journal = await self._behind()
        return SystemHealth(hearing=await self._hearing(), parts=parts, journal=journal, hooks=self.hooks)

    async def _hearing(self) -> Hearing | None:
        try:
            return Hearing.model_validate_json(await self.link.get(_KEY) or "")
        except (LinkDown, ValidationError):  # nobody tells, or another version does
            return None

    async def _behind(self) -> list[Behind]:
        reading = cursors_of(self.hooks)
        async with self.db.read() as session:
            cursors = (await session.scalars(select(JournalCursor).order_by(JournalCursor.name))).all()
            return [
                Behind(subscriber=each.name, hook=reading.get(each.name), events=await _after(session, each))
                for each in cursors
                # The place of a hook that is off, or gone, is kept for when it comes back.
                if each.name in reading or not each.name.startswith(CURSORS)
            ]


async def _after(session: AsyncSession, cursor: JournalCursor) -> int:
    """How many events a reader has before it."""
    query = select(func.count()).select_from(JournalRow).where(JournalRow.seq > cursor.seq)
    hook = cursor.name == WEBHOOKS or cursor.name.startswith(CURSORS)
    if types := OFFERED_TYPES if hook else READ_BY.get(cursor.name):
        query = query.where(JournalRow.type.in_(kind.__name__ for kind in types))
    return await session.scalar(query) or 0


def build(db: Database, link: Link, checks: HealthChecks, settings: HooksSettings) -> Room:
    """The room."""
    health = Health(db, link, checks, hooks_shown(settings))
    return Room([Route("GET", "/system/health", health.show, response=SystemHealth, permission="system.read")])
