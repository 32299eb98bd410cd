"""Where webhooks are sent: only where they may be, and never on to somewhere else."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from callcenter.errors import Problem
from callcenter.hooks.checks import Wanted
from callcenter.hooks.connecting import connect
from callcenter.hooks.reach import Reach

from .conftest import Hooks, Receiver, call


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_looked_at_again_when_connecting(hooks: Hooks, address: str, receiver: Receiver, host: str) -> None:
    """A name that stood for something else when it was registered; the operator took back what he had allowed."""
    await hooks.endpoint(address.replace("127.0.0.1", host))
    await hooks.happen(call())
    async with connect(Reach()) as http:
        await hooks.sender.begin_due(http)
        await hooks.sender.idle()
    row = await hooks.row()
    assert (row.state, row.last_error, receiver.heard) == ("pending", "forbidden", [])
    assert row.tries[0]["excerpt"]
    hooks.clock.move(minutes=1)
    await hooks.send()
    assert (await hooks.row()).state == "delivered"


async def test_one_that_is_no_longer_allowed_can_be_switched_off(hooks: Hooks, address: str) -> None:
    endpoint = await hooks.endpoint(address)
    hooks.endpoints.reach._networks.clear()
    with pytest.raises(Problem, match="webhook_address_own"):
        await hooks.endpoints.update(endpoint.id, Wanted(address, ("CallEnded",)), 1, "admin-1")
    off = Wanted(address, ("CallStarted",), enabled=False)
    assert not (await hooks.endpoints.update(endpoint.id, off, 1, "admin-1")).enabled
    with pytest.raises(Problem, match="webhook_address_own"):
        await hooks.endpoint(address, enabled=False)


async def test_redirects_are_not_followed(hooks: Hooks, receive: Callable[[Receiver], Any]) -> None:
    there, other = Receiver(), Receiver()
    there.answers.append(web.Response(status=307, headers={"location": await receive(other)}))
    await hooks.endpoint(await receive(there))
    await hooks.happen(call())
    await hooks.send()
    row = await hooks.row()
    assert (row.state, row.last_status, row.last_error, other.heard) == ("pending", 307, "redirected", [])


async def test_nobody_listens_there(hooks: Hooks) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        await hooks.endpoint(f"http://127.0.0.1:{unheard.getsockname()[1]}/")
        await hooks.happen(call())
        await hooks.send()
    row = await hooks.row()
    assert (row.last_status, row.last_error) == (None, "unreachable")
    assert row.tries[0]["excerpt"]
