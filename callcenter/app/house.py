"""What the rooms of a process share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from callcenter.bus import Subscriber
from callcenter.calls.service import Calls
from callcenter.clock import utc_now
from callcenter.customers.numbers import PhoneRegion, parse
from callcenter.customers.service import Customers
from callcenter.db import DATABASE_ERRORS, told
from callcenter.events import Event
from callcenter.events.people import StaffChanged
from callcenter.process import Base
from callcenter.queues.service import Queues
from callcenter.wiring import Ledger, Staff
from crm_adapter.settings import make as make_crm
from recordings.store import FolderStore

log = structlog.get_logger(__name__)
_RETRY_S = 1.0


@dataclass
class House:
    """What the rooms stand on. The first of every process's duties: it ends last."""

    base: Base
    leads: bool
    # Extension → user id: one mapping that the rooms share and that is filled when the database is open.
    agents: dict[str, str] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        settings, db = self.base.settings, self.base.db
        self.region = PhoneRegion(area_code=settings.firm.area_code)
        self.calls = Calls(db)
        self.ledger, self.staff = Ledger(db), Staff(db)
        self.customers = Customers(db, utc_now, self.region)
        self.store = FolderStore(settings.store_dir)
        self.queues = Queues(
            db, utc_now, self.agents, self.calls.busy_agents, self.leads, lambda: self.base.bus.position
        )
        self.crm = make_crm(settings.crm)

    async def start(self) -> None:
        self.base.bus.add_live(Subscriber(self._staff_changed, (StaffChanged,)))
        await self.refresh_staff()
        self.base.tasks.start("staff", self._follow_staff())

    async def drain(self) -> None:
        """Nothing comes in here."""

    async def stop(self) -> None:
        await self.crm.close()

    async def refresh_staff(self) -> None:
        """A user or a queue may have been made, or changed."""
        phones = await self.staff.phones()
        for gone in self.agents.keys() - phones.keys():
            del self.agents[gone]
        self.agents.update(phones)
        await self.queues.refresh()

    def read_number(self, raw: str) -> str | None:
        """E.164; None for what is no number."""
        return parse(raw, self.region).e164

    async def _staff_changed(self, _event: Event) -> None:
        self._changed.set()

    async def _follow_staff(self) -> None:
        """Read again what changed, as soon as it can be read."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self.refresh_staff()
            except DATABASE_ERRORS as error:
                log.warning("staff_unread", reason=told(error))
                self._changed.set()
                await asyncio.sleep(_RETRY_S)
