"""A desk hears of its web process though nothing happens, so that silence means a lost one."""

from __future__ import annotations

from callcenter.db import Database

from .house import House


async def test_a_quiet_desk_hears_beats_which_change_nothing(db: Database) -> None:
    async with House(db, beat_s=0.01) as house, house.browser("1001") as tab:
        await tab.beat(3)
        assert tab.kinds == ["snapshot"]


async def test_beats_stand_between_the_messages_and_lose_none(db: Database) -> None:
    async with House(db, beat_s=0.001) as house, house.browser("1001") as tab:
        call = await (await house.call()).ring("1001")
        await tab.shows({call.id: "ringing"})
        await tab.beat(tab.beats + 3)
        await call.answer("1001")
        await tab.shows({call.id: "talking"})
        await call.end()
        await tab.shows({call.id: "ended"})
        assert tab.beats >= 3
