"""The process of one hook: `python -m callcenter.hooks.foreign.child GROUP NAME SOCKET MEMORY_MB`.

It is given messages or events one after the other and says of each whether it was taken. It ends with the service.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import inspect
import json
import os
import resource
import signal
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

from asterisk.ami import EventListener

from callcenter.asterisk.ami.listener import to_event
from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.events import parse
from callcenter.hooks.foreign.discovery import AMI, entry_point
from callcenter.hooks.foreign.frames import BROKEN, DONE, FAILED, READY, Frames, framed, read_message

Take = Callable[[bytes], Any]
_LONGEST_REASON = 500
_NICE = 10
_KILLED_FIRST = "1000"
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
# Beyond what it may hold: room for what is allocated and never used.
_SPARE_MB = 1024


def main(arguments: list[str]) -> None:
    """Until the service closes the socket."""
    group, name, descriptor, memory_mb = arguments
    _be_modest(int(memory_mb))
    link = socket.socket(fileno=int(descriptor))
    try:
        take = _load(group, name)
    except Exception as error:
        link.sendall(framed(BROKEN, _reason(error)))
        return
    link.sendall(framed(READY))
    try:
        asyncio.run(_serve(link, take))
    finally:
        # It asked to end: the service learns it now, and not when the interpreter has tidied up.
        link.shutdown(socket.SHUT_RDWR)


async def _serve(link: socket.socket, take: Take) -> None:
    loop, waiting = asyncio.get_running_loop(), asyncio.Queue[bytes]()

    def read() -> None:
        # A thread of its own sees the end of the service although the hook hangs.
        frames = Frames()
        with contextlib.suppress(OSError):
            while data := link.recv(65536):
                for _kind, payload in frames.feed(data):
                    loop.call_soon_threadsafe(waiting.put_nowait, payload)
        os._exit(0)

    threading.Thread(target=read, name="service", daemon=True).start()
    while True:
        payload = await waiting.get()
        try:
            result = take(payload)
            if inspect.isawaitable(result):
                await result
        except Exception as error:
            link.sendall(framed(FAILED, _reason(error)))
        else:
            link.sendall(framed(DONE))


def _load(group: str, name: str) -> Take:
    loaded = entry_point(group, name).load()
    return _listener(loaded) if group == AMI else _event_hook(loaded)


def _listener(loaded: Any) -> Take:
    """An EventListener, its class, or a callable without arguments that makes one."""
    listener = loaded if isinstance(loaded, EventListener) else loaded()
    if not isinstance(listener, EventListener):
        raise TypeError(f"{loaded!r} gives no asterisk.ami.EventListener")

    def take(payload: bytes) -> Any:
        server, raw = read_message(payload)
        return listener(event=to_event(AmiMessage(raw)), source=server)

    return take


def _event_hook(loaded: Any) -> Take:
    """A callable that takes an event, or a class without arguments whose objects are such."""
    hook = loaded() if isinstance(loaded, type) else loaded
    if not callable(hook):
        raise TypeError(f"{loaded!r} cannot be called")

    def take(payload: bytes) -> Any:
        event = json.loads(payload)
        return hook(parse(event["type"], event))

    return take


def _be_modest(memory_mb: int) -> None:
    """Last in the queue for the processor, first to go when memory runs out, gone when the service is."""
    os.nice(_NICE)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as score:  # noqa: PTH123
        score.write(_KILLED_FIRST)
    limit = (2 * memory_mb + _SPARE_MB) * 2**20
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def _reason(error: BaseException) -> bytes:
    return f"{type(error).__name__}: {error}"[:_LONGEST_REASON].encode("utf-8", "replace")


if __name__ == "__main__":
    main(sys.argv[1:])
