"""`callcenter demo`: the main job, to be seen and clicked."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shlex
import signal
import socket
import time
from pathlib import Path

from pydantic import SecretStr

from callcenter.asterisk import ports
from callcenter.asterisk.secrets import load_or_make
from callcenter.demo.robots import Robots
from callcenter.demo.seed import EXTENSIONS, PEOPLE, seed
from callcenter.demo.stage import Stage
from callcenter.folder_lock import FolderLock

_PORT = 8080
_EVERY_S = 20.0


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `demo`."""
    demo = subparsers.add_parser("demo", help="the service with an Asterisk of its own and robot callers")
    demo.add_argument("--folder", type=Path, default=Path("var/demo"), help="where it keeps everything")
    demo.add_argument("--port", type=int, default=0, help=f"of the screens; by default {_PORT} if it is free")
    demo.add_argument("--calls", type=int, default=None, help="robot calls in all; 0: none; by default without end")
    demo.set_defaults(run=_demo)


def _demo(arguments: argparse.Namespace) -> int:
    return asyncio.run(_run(arguments))


async def _run(arguments: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    begun = time.monotonic()
    stage = Stage(arguments.folder, EXTENSIONS, web_port=arguments.port or _free_port())
    lock = FolderLock(stage.folder)
    lock.take(f"callcenter demo at {stage.url}")
    await _clear(stage)
    passwords = load_or_make(stage.folder / "logins.json", [person.username for person in PEOPLE])
    _say("preparing the database")
    filled = await seed(stage.settings(), passwords)
    _say(
        "filled it with users, customers and their history" if filled else f"last time's data are kept ({stage.folder})"
    )
    robots = Robots(stage, _say)
    try:
        _say(f"starting Asterisk {stage.asterisk.tree.version} and the service (log: {stage.log})")
        await stage.start()
        _say("registering the robot agents' phones: they pick up after some seconds")
        await robots.pick_up(EXTENSIONS)
        _welcome(stage, passwords, time.monotonic() - begun)
        await _act(robots, arguments.calls, stop)
    finally:
        _say("ending every process")
        await robots.hang_up()
        await stage.stop()
        lock.release()
    return 0


async def _clear(stage: Stage) -> None:
    """A demo that was killed may have left its service behind, which is named, or its Asterisk, which knows nothing of
    our menu server, and is ended."""
    service = FolderLock(stage.settings().data_dir)
    service.take("callcenter demo")
    service.release()
    await stage.asterisk.stop()


async def _act(robots: Robots, calls: int | None, stop: asyncio.Event) -> None:
    acting = asyncio.create_task(robots.call_for_ever(_EVERY_S, calls), name="robots")
    await stop.wait()
    acting.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await acting


def _free_port() -> int:
    return (
        _PORT if ports.is_free("127.0.0.1", _PORT, socket.SOCK_STREAM) else ports.free("127.0.0.1", socket.SOCK_STREAM)
    )


def _say(text: str) -> None:
    print(f"\033[36m▸ {text}\033[0m", flush=True)


def _welcome(stage: Stage, passwords: dict[str, SecretStr], seconds: float) -> None:
    print(f"\n  Open      {stage.url}      (up after {seconds:.0f} s; Ctrl-C ends everything)\n")
    for person in PEOPLE:
        phone = f"phone {person.extension}" if person.extension else "no phone"
        password = passwords[person.username].get_secret_value()
        print(f"  {person.username:<11} {password:<26} {person.name}, {person.role}, {phone}")
    print(
        "\n  Sign in as agent and stay on 工作台 (Desk): a robot caller rings within the minute, and the pop shows"
        "\n  who it is before the phone is picked up. Fill in the three fields of the ticket while they talk. Some"
        "\n  seconds after hang-up, 通话记录 (Calls) has the recording and, a little later, its words. As admin look"
        "\n  at 系统状态 (System): how well Asterisk is heard, and when it was not."
        f"\n\n  Commands for this demo, in another terminal, after   . {_settings(stage)}"
        "\n    .venv/bin/callcenter ledger check      is the record of every call right, beside Asterisk's files"
        "\n    .venv/bin/callcenter ledger gaps       when was Asterisk not heard, and how was it closed"
        f"\n    .venv/bin/callcenter pbx calls --count 5 --key 1 --server {stage.sip.host}:{stage.sip.port}\n",
        flush=True,
    )


def _settings(stage: Stage) -> Path:
    """A file for a shell with the settings of the running demo, among them its secrets."""
    path = stage.folder / "settings.sh"
    path.touch(mode=0o600)
    lines = (f"export {name}={shlex.quote(value)}\n" for name, value in stage.environment().items())
    path.write_text("".join(lines), encoding="utf-8")
    return path
