"""What the tests of a real Asterisk stand on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from callcenter.asterisk import ports
from callcenter.asterisk.local import LocalAsterisk
from callcenter.asterisk.settings import AgiSettings, AmiSettings, PbxSettings, PhoneAccount, PublicNumber
from tests.service.asterisk.stage import Opened, Stage, make_prompts


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    async with contextlib.AsyncExitStack() as stack:

        async def open_stage(agi_port: int | None = None, **changes: object) -> Stage:
            return await stack.enter_async_context(_stage(tmp_path, agi_port, **changes))

        yield open_stage


@contextlib.asynccontextmanager
async def _stage(home: Path, agi_port: int | None, **changes: object) -> AsyncIterator[Stage]:
    dead = ports.free("127.0.0.1", socket.SOCK_STREAM)
    settings = PbxSettings(
        directory=home / "pbx",
        spool=home / "spool",
        prompts=make_prompts(home / "prompts"),
        sip_port=0,
        ami=AmiSettings(port=0, secret=SecretStr("not a secret")),
        ami_events="all",
        agi=(AgiSettings(port=agi_port or dead),),
        agents=tuple(PhoneAccount(extension=number, password=SecretStr("p-" + number)) for number in ("1001", "1002")),
        numbers=(
            PublicNumber(number="02088886666", queue="complaint"),
            PublicNumber(number="02088886667", entry="queue", queue="complaint"),
        ),
    ).model_copy(update=changes)
    pbx = LocalAsterisk(settings)
    await pbx.start()
    stage = Stage(pbx, home)
    running = asyncio.create_task(stage.ami.run(), name="ami")
    try:
        await asyncio.wait_for(stage.ami.wait_connected(), 10)
        yield stage
    finally:
        for phone in stage.phones:
            await phone.stop()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await pbx.stop()
        assert pbx.pid() is None
