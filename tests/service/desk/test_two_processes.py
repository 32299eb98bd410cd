"""Desks on two web processes over one database: what a screen was told and what a fresh one is shown are the same."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from callcenter.db import Database
from callcenter.desk.hub import SIGNED_OUT
from callcenter.link import LocalLink
from tests.service.polling import until

from .browser import Browser
from .house import Door, House
from .line import Line
from .test_sessions import closed_with

pytestmark = pytest.mark.parametrize("kind", ["postgresql"], indirect=True)
# Families, strangers and somebody who withholds his number.
NUMBERS = ("13800138000", "13800138001", "13900000009", "anonymous")


@dataclass
class Two:
    """A house with two doors. The first one's is the house's own."""

    house: House
    doors: tuple[Door, Door]
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    calls: list[Line] = field(default_factory=list)
    customers: list[str] = field(default_factory=list)


@pytest.fixture
async def two(db: Database) -> AsyncIterator[Two]:
    link = LocalLink()
    async with House(db, link=link) as house:
        await house.customer("张伟", NUMBERS[0])
        customers = [await house.customer(name, NUMBERS[1]) for name in ("王芳", "王小明")]
        second = await Door.open(house, link)
        yield Two(house, (house.door, second), customers=customers)
        await second.close()


async def rings(two: Two) -> None:
    call = await two.house.call(two.chance.choice(NUMBERS))
    two.calls.append(call)
    await call.ring(*two.chance.sample(["1001", "1002"], two.chance.choice([1, 2])))


async def answers(two: Two) -> None:
    if two.calls:
        await two.chance.choice(two.calls).answer(two.chance.choice(["1001", "1002"]))


async def ends(two: Two) -> None:
    if two.calls:
        await two.calls.pop(two.chance.randrange(len(two.calls))).end(two.chance.choice(["answered", "abandoned"]))


async def complains(two: Two) -> None:
    number = f"202611-{two.chance.randrange(10**4):04}"
    call = two.chance.choice(two.calls).id if two.calls else None
    await two.house.ticket(number, two.chance.choice(two.customers), call_id=call)


async def is_recognised(two: Two) -> None:
    if two.calls:
        body = {"customer_id": two.chance.choice([*two.customers, None])}
        await two.house.send("PUT", f"/calls/{two.chance.choice(two.calls).id}/customer", body)


async def dismisses(two: Two) -> None:
    """At either door, whatever has ended on the screen."""
    async with shown(two, "1001", two.chance.choice(two.doors)) as tab:
        for call_id, pop in tab.pops.items():
            if pop["state"] == "ended":
                await two.house.send("POST", f"/desk/pops/{call_id}/dismiss")
                return


STEPS: tuple[Callable[[Two], Awaitable[None]], ...] = (rings, answers, ends, complains, is_recognised, dismisses)


@asynccontextmanager
async def shown(two: Two, who: str, door: Door) -> AsyncIterator[Browser]:
    async with two.house.browser(who, door) as tab:
        yield tab


def plain(pops: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a screen shows; the past calls of its candidates are as old as the look-up."""
    return {call_id: {key: value for key, value in pop.items() if key != "candidates"} for call_id, pop in pops.items()}


@pytest.mark.parametrize("seed", range(4))
async def test_old_state_and_events_are_what_a_fresh_screen_is_shown(two: Two, seed: int) -> None:
    two.chance.seed(seed)
    async with (
        two.house.browser("1001", two.doors[0]) as here,
        two.house.browser("1001", two.doors[1]) as there,
        two.house.browser("1002", two.doors[1]) as colleague,
    ):
        tabs = ((here, "1001"), (there, "1001"), (colleague, "1002"))
        for _turn in range(25):
            await two.chance.choice(STEPS)(two)
        for tab, who in tabs:
            for door in two.doors:

                async def agreed(tab: Browser = tab, who: str = who, door: Door = door) -> bool:
                    await tab.read_what_came()
                    async with shown(two, who, door) as fresh:
                        await fresh.read_what_came()
                        return plain(tab.pops) == plain(fresh.pops)

                await until(agreed)


async def test_a_desk_moves_to_another_process_in_mid_call(two: Two) -> None:
    async with two.house.browser("1001", two.doors[0]) as tab:
        call = await (await two.house.call(NUMBERS[0])).ring("1001")
        await tab.until("pop_opened")
        await call.answer("1001")
        await tab.shows({call.id: "talking"})
    async with two.house.browser("1001", two.doors[1]) as moved:
        await moved.shows({call.id: "talking"})
        assert moved.pops == tab.pops
        await call.end()
        await moved.shows({call.id: "ended"})


async def test_signing_out_at_one_door_closes_the_tabs_at_the_other(two: Two) -> None:
    async with two.house.browser("1001", two.doors[1]) as tab, two.house.browser("1001-other", two.doors[1]) as other:
        await two.house.ended("1001")
        assert await closed_with(tab) == SIGNED_OUT
        assert two.house.left == []  # he still sits at the other browser
        await two.house.ended("1001-other")
        assert await closed_with(other) == SIGNED_OUT

        async def left() -> bool:
            return set(two.house.left) == {"user-1001"}

        await until(left)
