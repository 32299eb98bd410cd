"""`callcenter pbx ...`: a private Asterisk, a test call, configuration for an Asterisk of one's own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

# The rest is imported where it is used: `pbx install` runs before every make target and must be quick.
from callcenter.arguments import number, whole
from callcenter.asterisk.install import install
from callcenter.errors import Problem

if TYPE_CHECKING:
    from callcenter.asterisk.local import LocalAsterisk
    from callcenter.asterisk.phones import Caller, SipServer
    from callcenter.asterisk.sipp import Calls

_SERVER = re.compile(r"(?P<host>[A-Za-z0-9_.-]{1,255})(:(?P<port>\d{1,5}))?")


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pbx = commands.add_parser("pbx", help="a private Asterisk: install, start, stop, call; configuration for your own")
    actions = pbx.add_subparsers(required=True, metavar="ACTION")
    fetch = actions.add_parser("install", help="fetch a private Asterisk, phones and sound tools; needs no root")
    fetch.add_argument("--update", action="store_true", help="look for a newer version")
    fetch.set_defaults(run=_install)
    actions.add_parser("start", help="start the private Asterisk").set_defaults(run=_start)
    actions.add_parser("run", help="run it in the foreground, until SIGTERM; for a container").set_defaults(run=_run)
    actions.add_parser("stop", help="stop it").set_defaults(run=_stop)
    status = actions.add_parser("status", help="whether it runs, and where")
    status.add_argument("--json", action="store_true")
    status.set_defaults(run=_status)
    _call_parser(actions)
    _calls_parser(actions)
    render = actions.add_parser("render", help="write the include files for an Asterisk of your own")
    render.add_argument("--to", type=Path, required=True, metavar="DIR")
    render.set_defaults(run=_render)


def _call_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    call = actions.add_parser("call", help="dial in as a caller, with real sound and keys")
    call.add_argument("--from", dest="caller", default="13800138000", metavar="NUMBER")
    call.add_argument("--to", default="02088886666", metavar="NUMBER")
    call.add_argument("--keys", default="", help="keys to press in the menu, such as 1 or 92")
    call.add_argument("--keys-after", type=float, default=8.0, metavar="S", help="seconds after the answer")
    call.add_argument("--say", type=Path, metavar="FILE", help="sound file to speak")
    call.add_argument("--say-after", type=float, default=18.0, metavar="S", help="seconds after the answer")
    call.add_argument("--hold", type=float, default=3.0, metavar="S", help="stay so long after the last word")
    call.add_argument("--server", metavar="HOST:PORT", help="SIP server; the private Asterisk if not given")
    call.set_defaults(run=_call)


def _calls_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    calls = actions.add_parser("calls", help="many callers at once, to see what an Asterisk bears")
    count, rate, first, seconds = whole(1, 100_000), number(0.1, 100), whole(0, 10**20), number(0, 3600)
    calls.add_argument("--count", type=count, default=20, metavar="N", help="how many, each with its own number")
    calls.add_argument("--per-second", type=rate, default=1.0, metavar="N", help="how many begin in a second")
    calls.add_argument("--from", dest="first", type=first, default=13100000000, metavar="NUMBER", help="the first's")
    calls.add_argument("--to", type=_number, default="02088886666", metavar="NUMBER")
    calls.add_argument("--key", default="", choices=list("0123456789"), help="a key to press in the menu")
    calls.add_argument("--key-after", type=seconds, default=8.0, metavar="S", help="seconds after the answer")
    calls.add_argument("--hold", type=seconds, default=20.0, metavar="S", help="stay so long after the key")
    calls.add_argument("--server", metavar="HOST:PORT", help="SIP server; the private Asterisk if not given")
    calls.set_defaults(run=_calls)


def _number(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,32}", text):
        raise argparse.ArgumentTypeError(f"not a number of digits: {text}")
    return text


def _say(line: str) -> None:
    print(line, flush=True)


def _pbx() -> LocalAsterisk:
    from callcenter.asterisk.configured import load
    from callcenter.asterisk.local import LocalAsterisk

    return LocalAsterisk(load())


def _install(arguments: argparse.Namespace) -> int:
    tree = install(_say, update=arguments.update)
    print(f"Asterisk {tree.version}: {tree.root}")
    return 0


def _start(_arguments: argparse.Namespace) -> int:
    install(_say)
    pbx = _pbx()
    asyncio.run(pbx.start())
    status = pbx.status()
    print(f"Asterisk {status.version} runs (pid {status.pid}): SIP {status.sip_port}/udp, AMI {status.ami_port}/tcp")
    print(f"phones' passwords: {pbx.settings.directory / 'secrets.json'}")
    return 0


def _run(_arguments: argparse.Namespace) -> int:
    install(_say)
    asyncio.run(_in_foreground(_pbx()))
    return 0


async def _in_foreground(pbx: LocalAsterisk) -> None:
    """Until SIGTERM or SIGINT ends it; its own end is a `Problem`."""
    if (pid := pbx.pid()) is not None:
        raise Problem("asterisk_already_runs", pid=pid)
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await pbx.start(to_log=False)
    print(
        f"Asterisk {pbx.tree.version} runs: SIP {pbx.settings.sip_port}/udp, AMI {pbx.settings.ami.port}/tcp",
        flush=True,
    )
    stopping = asyncio.create_task(stop.wait(), name="signal")
    dying = asyncio.create_task(pbx.ended(), name="asterisk")
    await asyncio.wait({stopping, dying}, return_when=asyncio.FIRST_COMPLETED)
    await pbx.stop()
    stopping.cancel()
    if (status := await dying) and not stop.is_set():
        raise Problem("asterisk_died", exit_status=status)


def _stop(_arguments: argparse.Namespace) -> int:
    asyncio.run(_pbx().stop())
    print("Asterisk is stopped")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    status = _pbx().status()
    if arguments.json:
        print(json.dumps(asdict(status)))
    elif status.running:
        print(
            f"Asterisk {status.version} runs (pid {status.pid}): SIP {status.sip_port}/udp, AMI {status.ami_port}/tcp"
        )
    else:
        print("Asterisk does not run. Start it: callcenter pbx start")
    return 0 if status.running else 3


def _render(arguments: argparse.Namespace) -> int:
    from callcenter.asterisk.configured import load
    from callcenter.asterisk.render import render_includes

    for path in render_includes(load(), arguments.to):
        print(path)
    print("How to include them: docs/asterisk.md")
    return 0


def _call(arguments: argparse.Namespace) -> int:
    asyncio.run(_make_call(arguments))
    return 0


def _calls(arguments: argparse.Namespace) -> int:
    from callcenter.asterisk.sipp import ManyCall, ManyCallers

    after = arguments.key_after if arguments.key else 0.0
    calls = [
        ManyCall(str(arguments.first + place), arguments.to, arguments.hold, arguments.key, after)
        for place in range(arguments.count)
    ]
    server = _server(arguments.server)
    longest_s = arguments.count / arguments.per_second + after + arguments.hold
    print(f"{arguments.count} callers to {arguments.to} at {server.host}:{server.port}: {longest_s:.0f} s", flush=True)
    with _folder() as home:
        made = asyncio.run(ManyCallers(home, server).make(calls, arguments.per_second))
        hung_up = sum(not call.left for call in made.answered)
        print(f"{made.created} calls: {len(made.answered)} answered, {hung_up} of them ended by the other side")
        if problem := _trouble(made, arguments.to, server, home):
            raise problem
    return 0


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A folder that stays only if a `Problem` sends somebody there."""
    home, named = Path(tempfile.mkdtemp(prefix="callcenter-calls-")), False
    try:
        yield home
    except Problem as problem:
        named = "folder" in problem.params
        raise
    finally:
        if not named:
            shutil.rmtree(home, ignore_errors=True)


def _trouble(made: Calls, dialled: str, server: SipServer, folder: Path) -> Problem | None:
    """What is to be said of calls that were refused, not answered, or broken off."""
    place = f"{server.host}:{server.port}"
    if made.silent == made.created:
        return Problem("asterisk_call_unanswered", number=dialled, server=place)
    refused = ", ".join(f"{status} × {count}" for status, count in sorted(made.refused.items()))
    if sum(made.refused.values()) == made.created:
        return Problem("asterisk_calls_refused", number=dialled, server=place, refused=refused)
    if not (refused or made.silent or made.broken):
        return None
    counts = {"silent": made.silent, "broken": made.broken, "count": made.created}
    return Problem.of("asterisk_calls_failed", None, {**counts, "refused": refused or "0", "folder": str(folder)})


async def _make_call(arguments: argparse.Namespace) -> None:
    from callcenter.asterisk.phones import Caller

    with tempfile.TemporaryDirectory(prefix="callcenter-call-") as home:
        caller = Caller(Path(home), arguments.caller, _server(arguments.server))
        try:
            await caller.dial(arguments.to)
            print(f"{arguments.caller} -> {arguments.to}: answered", flush=True)
            await _converse(caller, arguments)
        finally:
            await caller.stop()


async def _converse(caller: Caller, arguments: argparse.Namespace) -> None:
    """Keys, then words, then silence; ends earlier when the other side hangs up."""
    talking = asyncio.create_task(_talk(caller, arguments), name="caller talks")
    ended = asyncio.create_task(caller.wait_ended(limit_s=3600), name="caller listens")
    await asyncio.wait({talking, ended}, return_when=asyncio.FIRST_COMPLETED)
    print("the other side hung up" if ended.done() else "hanging up", flush=True)
    for task in (talking, ended):
        task.cancel()
    await asyncio.gather(talking, ended, return_exceptions=True)
    await caller.hang_up()


async def _talk(caller: Caller, arguments: argparse.Namespace) -> None:
    start = asyncio.get_running_loop().time()
    if arguments.keys:
        await caller.press_at([(arguments.keys_after, arguments.keys)])
        print(f"pressed {arguments.keys}", flush=True)
    if arguments.say:
        await asyncio.sleep(max(0.0, start + arguments.say_after - asyncio.get_running_loop().time()))
        length = await caller.say(arguments.say)
        print(f"speaking {arguments.say.name} ({length:.1f} s)", flush=True)
        await asyncio.sleep(length)
    await asyncio.sleep(arguments.hold)


def _server(text: str | None) -> SipServer:
    from callcenter.asterisk.phones import SipServer

    if text:
        found = _SERVER.fullmatch(text)
        if found is None or int(found["port"] or 5060) > 65535:
            raise Problem("asterisk_server_invalid", field="server", value=text)
        return SipServer(found["host"], int(found["port"] or 5060))
    pbx = _pbx()
    if not pbx.status().running:
        raise Problem("asterisk_not_running", detail=str(pbx.settings.directory))
    return SipServer(pbx.settings.bind, pbx.settings.sip_port)
