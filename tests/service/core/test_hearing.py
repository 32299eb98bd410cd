"""How well Asterisk is heard, from the process that hears it to who keeps the system."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path

from callcenter import app
from callcenter.app.hearing import READ_BY, Ear, Health, tell
from callcenter.app.hooked import HookShown
from callcenter.app.worker import WorkDuty
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.bus import JournalCursor, Subscriber
from callcenter.config import load
from callcenter.db import Database
from callcenter.events.complaints import TicketCrmChanged
from callcenter.events.people import StaffChanged
from callcenter.link import LocalLink
from callcenter.tasks import end
from callcenter.web.health import HealthChecks, Unwell
from callcenter.web.http import Context
from tests.service.polling import until

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)


def test_an_ear_counts_and_takes_one_sample_a_beat() -> None:
    connected = False
    ear = Ear("south", lambda: connected, lambda: 7)
    assert ear.look(NOON).connected_since is None
    connected = True
    for seconds in (1.5, 0.0, 90.0):
        ear.heard(AmiMessage((("Event", "Hangup"), ("Timestamp", str(time.time() - seconds)))))
    told = ear.look(NOON)
    assert told.connected_since == NOON
    assert told.lag_s is not None and 1.5 <= told.lag_s < 60
    assert told.events_per_s > 0 and told.unwritten == 7
    quiet = ear.look(datetime(2026, 11, 2, 4, 1, tzinfo=UTC))
    assert (quiet.events_per_s, quiet.lag_s, quiet.connected_since) == (0, None, NOON)


def test_what_the_workers_read_is_known(tmp_path: Path) -> None:
    process = app.of_kind("worker", load(data_dir=tmp_path))
    duty = next(duty for duty in process.duties if isinstance(duty, WorkDuty))
    read = {each.durable: each.types for each in duty.subscribers if isinstance(each, Subscriber)}
    assert {name: set(types) for name, types in read.items()} == {name: set(types) for name, types in READ_BY.items()}


async def test_health_tells_what_is_heard_what_is_unwell_and_who_is_behind(db: Database) -> None:
    link, checks = LocalLink(), HealthChecks("web")

    async def away() -> None:
        raise Unwell("servers_not_connected", servers="north")

    checks.add("redis", away)
    there = HookShown(name="dashboard", kind="events", package="ours 1.0", state="on")
    off = HookShown(name="old", kind="events", package="ours 1.0", state="off")
    health = Health(db, link, checks, [there, off])
    async with db.transaction() as work:
        work.emit(StaffChanged(at=NOON))
        work.emit(StaffChanged(at=NOON))
        work.emit(TicketCrmChanged(at=NOON, ticket_id="t1", state="sent"))
    async with db.transaction() as work:
        places = {"complaints.crm": 0, "foreign": 1, "hooks.event.dashboard": 0, "hooks.webhooks": 3}
        # Places of hooks that are switched off, and gone.
        places |= {"hooks.event.old": 0, "hooks.event.gone": 0}
        work.session.add_all(JournalCursor(name=name, seq=seq) for name, seq in places.items())
    shown = await health.show(Context(None, None))  # type: ignore[arg-type]
    assert shown.hearing is None
    (redis,) = shown.parts
    assert (redis.name, redis.ok, redis.detail, redis.params) == (
        "redis", False, "servers_not_connected", {"servers": "north"}
    )  # fmt: skip
    assert [(reader.subscriber, reader.hook, reader.events) for reader in shown.journal] == [
        ("complaints.crm", None, 1),
        ("foreign", None, 2),
        # What nobody outside is given is not waited for.
        ("hooks.event.dashboard", "dashboard", 1),
        ("hooks.webhooks", None, 0),
    ]
    assert shown.hooks == [there, off]

    telling = asyncio.create_task(tell(link, [Ear("south", lambda: True, lambda: 0)], lambda: NOON))

    async def heard() -> bool:
        shown = await health.show(Context(None, None))  # type: ignore[arg-type]
        return shown.hearing is not None and [each.name for each in shown.hearing.servers] == ["south"]

    await until(heard)
    await end(telling)
