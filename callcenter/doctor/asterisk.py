"""What Asterisk says of itself to the least of its manager users. Only actions that change nothing."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from callcenter.asterisk.ami import ActionFailed, AmiClient, AmiMessage, NotConnected, tls
from callcenter.asterisk.ami.messages import BANNER
from callcenter.clock import Clock
from callcenter.errors import Problem
from callcenter.setting_groups import AmiSettings

REACH_LIMIT_S = 3.0
LIMIT_S = 8.0
# What the dialplan, the recordings and the service itself stand on.
MODULES = (
    "app_dial", "app_mixmonitor", "app_playback", "app_queue", "app_stack", "chan_pjsip", "format_wav",
    "func_channel", "func_strings", "func_timeout", "pbx_config", "res_agi", "res_manager_devicestate",
)  # fmt: skip


@dataclass(frozen=True)
class AsteriskFacts:
    """`commands` are the actions that our user may run and loaded modules offer. A module is None where func_module,
    which could tell, is not loaded. `numbers` says of each public number whether the dialplan has it."""

    version: str
    commands: frozenset[str]
    queues: frozenset[str]
    modules: Mapping[str, bool | None] = field(default_factory=dict)
    numbers: Mapping[str, bool | None] = field(default_factory=dict)
    off_s: float | None = None

    @property
    def major(self) -> int | None:
        """20 of `20.7.0`, `certified/20.7-cert1` or Debian's `20.7.0~dfsg`; None for a build without a number."""
        found = re.search(r"\b(\d+)\.\d", self.version)
        return int(found[1]) if found else None


async def ask_asterisk(access: AmiSettings, numbers: Sequence[str], clock: Clock) -> AsteriskFacts:
    """Connect, ask, leave. A `Problem` says what is in the way."""
    try:
        await _reach(access)
        async with asyncio.timeout(LIMIT_S), _connected(access) as client:
            return await _ask(client, numbers, clock)
    except (OSError, NotConnected) as reason:
        # A time-out is one of these, and says nothing by itself.
        said = str(reason) or f"> {REACH_LIMIT_S:g} s"
        raise Problem("doctor_asterisk_unreachable", **_place(access), reason=said) from reason
    except ActionFailed as reason:
        raise Problem(
            "doctor_asterisk_refuses", user=access.user, reason=str(reason), host=access.host, port=access.port
        ) from reason


def _place(access: AmiSettings) -> dict[str, Any]:
    """Where a server is sought, and who says so."""
    settings = {f"{name}_setting": access.setting(name) for name in ("host", "port")}
    return {"host": access.host, "port": access.port, **settings}


async def _reach(access: AmiSettings) -> None:
    """Whether a manager interface listens there: it speaks first."""
    async with asyncio.timeout(REACH_LIMIT_S):
        secure = await tls.context(access) if access.tls else None
        with tls.told(access):
            reader, writer = await asyncio.open_connection(access.host, access.port, ssl=secure)
    try:
        async with asyncio.timeout(REACH_LIMIT_S):
            heard = await reader.read(len(BANNER))
    except TimeoutError:
        heard = b""
    finally:
        writer.close()
    if not heard or not BANNER.startswith(heard):
        raise Problem("asterisk_not_ami", **_place(access))


@contextlib.asynccontextmanager
async def _connected(access: AmiSettings) -> AsyncIterator[AmiClient]:
    client = AmiClient(access, on_message=lambda _message: None)
    running = asyncio.create_task(client.run(), name="doctor ami")
    ready = asyncio.create_task(client.wait_connected(), name="doctor ami ready")
    try:
        await asyncio.wait({running, ready}, timeout=LIMIT_S / 2, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        if not ready.done():
            # Logged in, but not told that Asterisk is booted: without `read = system` it never is.
            raise Problem("doctor_asterisk_not_booted", user=access.user, host=access.host, port=access.port)
        yield client
    finally:
        running.cancel()
        ready.cancel()
        await asyncio.gather(running, ready, return_exceptions=True)


async def _ask(client: AmiClient, numbers: Sequence[str], clock: Clock) -> AsteriskFacts:
    listed = await client.action("ListCommands")
    before = clock()
    pong = await client.action("Ping")
    off = _time(pong, before + (clock() - before) / 2)
    commands = frozenset(name for name, _value in listed.headers) - {"Response", "ActionID"}
    return AsteriskFacts(
        version=await _version(client, commands),
        commands=commands,
        queues=await _queues(client, commands),
        modules={name: await _yes(client, f"IFMODULE({name}.so)") for name in MODULES},
        numbers={number: await _yes(client, f"DIALPLAN_EXISTS(callcenter-inbound,{number},1)") for number in numbers},
        off_s=off,
    )


async def _version(client: AmiClient, commands: frozenset[str]) -> str:
    if "CoreSettings" not in commands:
        return ""
    return (await client.action("CoreSettings")).get("AsteriskVersion")


async def _queues(client: AmiClient, commands: frozenset[str]) -> frozenset[str]:
    if "QueueStatus" not in commands:
        return frozenset()
    rows = await client.list_action("QueueStatus")
    return frozenset(row.get("Queue") for row in rows if row.name == "QueueParams")


async def _yes(client: AmiClient, function: str) -> bool | None:
    """What a dialplan function answers, read only; None where that function is not there or not allowed."""
    try:
        said = (await client.action("Getvar", Variable=function)).get("Value")
    except ActionFailed:
        return None
    return {"1": True, "0": False}.get(said)


def _time(pong: AmiMessage, now: datetime) -> float | None:
    """Asterisk's clock minus ours, in seconds."""
    try:
        theirs = datetime.fromtimestamp(float(pong.get("Timestamp")), UTC)
    except (ValueError, OverflowError):
        return None
    return (theirs - now).total_seconds()
