"""The desk socket lives as long as the session that opened it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from callcenter.db import Database
from callcenter.desk.hub import SIGNED_OUT

from .browser import Browser
from .fakes import START
from .house import House


@pytest.fixture
async def house(db: Database) -> AsyncIterator[House]:
    async with House(db) as house:
        yield house


async def closed_with(tab: Browser) -> int | None:
    """The code with which the server closes a tab that gets nothing more."""
    await asyncio.wait_for(tab.socket.receive(), 5)
    return tab.socket.close_code


async def sign_out(house: House, token: str) -> None:
    who = await house.identify(token)
    assert who is not None
    house.over.add(token)
    await house.session_over(who)


async def test_signing_out_closes_the_tabs_of_that_session_and_no_other(house: House) -> None:
    async with house.browser("1001") as tab, house.browser("1001") as second, house.browser("1001-other") as other:
        await sign_out(house, "1001")
        await (await house.call()).ring("1001")
        assert [await closed_with(each) for each in (tab, second)] == [SIGNED_OUT, SIGNED_OUT]
        await other.until("pop_opened")
        assert house.left == []


async def test_who_signs_out_of_his_last_browser_leaves_the_queues(house: House) -> None:
    async with house.browser("1001") as tab:
        await sign_out(house, "1001")
        assert await closed_with(tab) == SIGNED_OUT
    assert house.left == ["user-1001"]


async def test_a_session_that_runs_out_is_closed(house: House) -> None:
    house.session_ends = START + timedelta(milliseconds=50)
    async with house.browser("1001") as tab:
        house.over.add("1001")
        assert await closed_with(tab) == SIGNED_OUT
    assert house.left == ["user-1001"]


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, Exception("gone")), ConnectionRefusedError()])
async def test_a_session_is_not_over_because_the_database_does_not_answer(db: Database, error: Exception) -> None:
    async with House(db, look_again_s=0.01) as house, house.browser("1001") as tab:
        house.unanswered = [error]
        house.over.add("1001")
        assert await closed_with(tab) == SIGNED_OUT, "it was told why, so the question was asked again"
        assert house.unanswered == []
