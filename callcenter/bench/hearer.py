"""One client of the manager interface that hears a stream to its end and does nothing with it.

Run as `python -m callcenter.bench.hearer KIND PORT`; prints JSON: the seconds it took, how many events its listener was
given, and by how many MB the process grew after its first second.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import uvloop
from pydantic import SecretStr

from callcenter.asterisk.ami import AmiClient, AmiMessage
from callcenter.bench.sender import BREATH_S, MANY
from callcenter.calls.tracker import CallTracker, wanted
from callcenter.clock import utc_now
from callcenter.events.calls import CallEnded
from callcenter.setting_groups import AmiSettings

_FOR_EVER_S = 1e6
_WARM_S = 1.0
_AGENTS = {str(extension): f"user-{extension}" for extension in range(1001, 1009)}


@dataclass
class Heard:
    """`events` includes FullyBooted; `warm_mb` is the size of the process after a while, `grown_mb` what came later."""

    seconds: float = 0.0
    events: int = 0
    warm_mb: float = 0.0
    grown_mb: float = 0.0
    calls: int = 0


async def _raw(port: int, heard: Heard) -> None:
    """The floor: bytes read from the socket, not looked at."""
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    class Reader(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            transport.write(b"Action: Login\r\nUsername: raw\r\n\r\n")

        def data_received(self, data: bytes) -> None:
            pass

        def connection_lost(self, exc: Exception | None) -> None:
            done.set_result(None)

    await asyncio.get_running_loop().create_connection(Reader, "127.0.0.1", port)
    await done


async def _ours(port: int, user: str, on_message: Callable[[AmiMessage], None], heard: Heard) -> None:
    gone = asyncio.Event()
    access = AmiSettings(port=port, user=user, secret=SecretStr("bench"))
    client = AmiClient(access, on_message=on_message, on_lost=gone.set, ping_s=_FOR_EVER_S)
    running = asyncio.create_task(client.run(), name="client")
    warm = asyncio.create_task(_weigh(heard), name="weigh")
    await gone.wait()
    running.cancel()
    warm.cancel()
    await asyncio.gather(running, warm, return_exceptions=True)


async def _lazy(port: int, heard: Heard) -> None:
    count = 0

    def listener(message: AmiMessage) -> None:
        nonlocal count
        count += 1

    await _ours(port, "lazy", listener, heard)
    heard.events = count


async def _parse(port: int, heard: Heard) -> None:
    count = 0

    def listener(message: AmiMessage) -> None:
        nonlocal count
        if message.values:
            count += 1

    await _ours(port, "parse", listener, heard)
    heard.events = count


async def _tracked(port: int, heard: Heard) -> None:
    tracker, count = CallTracker("bench", _AGENTS), 0

    def dispatch(event: object) -> None:
        heard.calls += isinstance(event, CallEnded)

    def listener(message: AmiMessage) -> None:
        nonlocal count
        count += 1
        if wanted(message):
            for _call, events in tracker.apply(message, utc_now()):
                for event in events:
                    dispatch(event)

    await _ours(port, MANY, listener, heard)
    heard.events = count


async def _asterisk_ami(port: int, heard: Heard) -> None:
    from asterisk.ami import AMIClient

    gone, loop, count = asyncio.Event(), asyncio.get_running_loop(), 0

    def listener(event: object, source: object) -> None:
        nonlocal count
        count += 1

    def disconnected(**_: object) -> None:
        loop.call_soon_threadsafe(gone.set)

    client = AMIClient(port=port, on_disconnect=disconnected)
    client.add_event_listener(listener)
    client.login("asterisk-ami", "bench")
    await gone.wait()
    heard.events = count


async def _panoramisk(port: int, heard: Heard) -> None:
    from panoramisk import Manager

    gone, count = asyncio.Event(), 0

    def listener(_manager: object, event: object) -> None:
        nonlocal count
        count += 1

    manager = Manager(
        port=port,
        username="panoramisk",
        secret="bench",
        ping_delay=10**6,
        on_disconnect=lambda *_: gone.set(),
        loop=asyncio.get_running_loop(),
    )
    manager.register_event("*", listener)
    await manager.connect()
    await gone.wait()
    heard.events = count


KINDS: dict[str, Callable[[int, Heard], Awaitable[None]]] = {
    "raw": _raw,
    "lazy": _lazy,
    "parse": _parse,
    "tracked": _tracked,
    "asterisk_ami": _asterisk_ami,
    "panoramisk": _panoramisk,
}


async def _weigh(heard: Heard) -> None:
    await asyncio.sleep(_WARM_S)
    heard.warm_mb = _size_mb()


def _size_mb() -> float:
    """What the process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _hear(kind: str, port: int) -> Heard:
    heard = Heard()
    begun = time.monotonic()
    await KINDS[kind](port, heard)
    heard.seconds = time.monotonic() - begun - BREATH_S
    heard.grown_mb = _size_mb() - (heard.warm_mb or _size_mb())
    return heard


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(uvloop.run(_hear(sys.argv[1], int(sys.argv[2]))))) + "\n")
