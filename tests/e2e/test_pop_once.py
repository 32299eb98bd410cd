"""Pops in Chromium, with a played Asterisk: two agents rung at once, a family on one number, a call handed on."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import expect

from callcenter.bench.conversation import Conversation, read
from callcenter.bench.manager import Manager
from callcenter.clock import utc_now
from callcenter.config import load
from callcenter.customers.numbers import PhoneRegion
from callcenter.customers.service import Customers
from callcenter.customers.shapes import CustomerDraft, PhoneDraft
from callcenter.db import Database
from callcenter.demo.seed import EXTENSIONS
from callcenter.programs import Program

from .conftest import FirstDay
from .screens import Screen, Screens

FAMILY, KNOWN = "13700137000", "13800138001"


@dataclass
class Played:
    """The service, a played Asterisk and two agents at their desks."""

    manager: Manager
    first: Screen
    second: Screen
    calls: int = 0

    def ring(self, caller: str, *extensions: str) -> Conversation:
        """A call that rings at these phones."""
        self.calls += 1
        told = read().rung_at(self.calls, caller, extensions, time.time())
        self.manager.say(told.arriving + told.ringing)
        return told

    def ring_also(self, caller: str, extension: str) -> None:
        """The last call rings at another phone as well: its agent hands it on."""
        one, two = (
            read().rung_at(self.calls, caller, phones, time.time()) for phones in (["1001"], ["1001", extension])
        )
        self.manager.say(two.arriving[len(one.arriving) :] + two.ringing[len(one.ringing) :])


@pytest.fixture
async def played(first_day: FirstDay, tmp_path: Path) -> AsyncIterator[Played]:
    shutil.copytree(first_day.data, tmp_path / "data")
    manager = Manager(EXTENSIONS)
    settings = {
        "CALLCENTER_DATA_DIR": str(tmp_path / "data"),
        "CALLCENTER_AGI__PORT": "0",
        "CALLCENTER_AMI__PORT": str(await manager.start()),
        "CALLCENTER_AMI__SECRET": "played",
    }
    await family(tmp_path / "data")
    service = Program("serve", "serve", tmp_path, settings)
    await service.start()
    try:
        async with Screens.opened() as screens:
            both = [await screens.screen(service.url) for _ in range(2)]
            for screen, username in zip(both, ("agent", "agent2"), strict=True):
                await screen.sign_in(username, first_day.passwords[username])
                await screen.at_desk()
            yield Played(manager, *both)
    finally:
        service.stop()
        await manager.stop()


async def family(folder: Path) -> None:
    """Two who share a number, and of whom nothing else is known."""
    settings = load(data_dir=folder)
    db = Database(settings.database_url)
    customers = Customers(db, utc_now, PhoneRegion(area_code=settings.firm.area_code))
    for name in ("刘洋", "刘建国"):
        await customers.create(CustomerDraft(name=name, phones=[PhoneDraft(raw=FAMILY, label="手机")]))
    await db.close()


async def test_of_two_who_are_rung_the_loser_is_told_who_has_the_call(played: Played) -> None:
    told = played.ring(KNOWN, "1001", "1002")
    for screen in (played.first, played.second):
        await expect(screen.one("pop-caller-name")).to_have_text("张伟")
    played.manager.say(told.talking)
    await expect(played.first.pop).to_have_attribute("data-state", "talking")
    await expect(played.second.pop).to_have_count(0)
    await expect(played.second.one("last-closed")).to_have_attribute("data-reason", "answered_elsewhere")
    await played.first.page.reload()
    await expect(played.first.pop).to_have_attribute("data-state", "talking")
    opened = [message for message in played.first.told if message["type"] == "pop_opened"]
    assert len(opened) == 1


async def test_nobody_is_taken_for_granted_where_nothing_tells_them_apart(played: Played) -> None:
    played.ring(FAMILY, "1001")
    screen = played.first
    await expect(screen.one("pop-candidate")).to_have_count(2)
    for candidate in await screen.one("pop-candidate").all():
        await expect(candidate).to_have_attribute("aria-pressed", "false")
    await expect(screen.one("pop-open-customer")).to_have_count(0)
    await screen.one("pop-candidate").first.click()
    await expect(screen.one("pop-open-customer")).to_be_visible()
    await expect(screen.one("pop-reason").first).to_have_attribute("data-reason", "chosen")


async def test_what_the_first_agent_writes_is_on_the_seconds_screen_while_he_writes(played: Played) -> None:
    first, second = played.first, played.second
    told = played.ring(KNOWN, "1001")
    played.manager.say(told.talking)
    await expect(first.pop).to_have_attribute("data-state", "talking")
    await first.one("disposition-note").fill("厨房漏水，客户要求今天上门")
    played.ring_also(KNOWN, "1002")
    await expect(second.pop).to_have_attribute("data-state", "ringing")
    await expect(second.one("pop-colleague")).to_contain_text("厨房漏水，客户要求今天上门")
    await expect(second.one("pop-colleague")).to_contain_text("陈静")
    await first.one("disposition-note").fill("厨房漏水，客户要求今天五点前上门，已道歉")
    await expect(second.one("pop-colleague")).to_contain_text("五点前上门，已道歉")
    await first.page.reload()
    await expect(first.one("disposition-note")).to_have_value("厨房漏水，客户要求今天五点前上门，已道歉")
