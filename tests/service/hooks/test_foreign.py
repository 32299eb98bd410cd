"""Other people's code in processes of its own: it hangs, grows, raises and dies, and calls go on."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop
from structlog.testing import capture_logs

from callcenter.asterisk.ami.messages import AmiMessage
from callcenter.bus import Bus
from callcenter.calls.listener import Listener
from callcenter.db import Database
from callcenter.hooks.commands import _list
from callcenter.hooks.foreign import keeper as keeping
from callcenter.hooks.foreign.ami import AmiHooks
from callcenter.hooks.foreign.events import EventHooks
from callcenter.setting_groups import HooksSettings
from callcenter.tasks import Tasks
from tests.unit.calls.conversations import AGENTS, CALLER_ENDS, IN, LI_ANSWERS, MENU, NOON, RING_LI, conversation

from ..polling import until
from .conftest import call
from .foreign_code import install

# Soon taken for hanging; and one that a busy machine does not make hang.
QUICK, CALM = HooksSettings(answer_s=0.5), HooksSettings(answer_s=7.0, memory_mb=150)
LIMIT_S = 40.0


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the hooks write what they got."""
    monkeypatch.setenv("HOOK_OUT", str(tmp_path / "out.txt"))
    monkeypatch.setenv("CALLCENTER_AMI__SECRET", "not-for-them")
    monkeypatch.setattr(keeping, "PAUSES_S", (0.0,))
    return tmp_path / "out.txt"


@pytest.fixture
def have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install a distribution with these hooks."""

    def installed(**hooks: str) -> None:
        install(tmp_path / "site", **hooks)
        monkeypatch.syspath_prepend(str(tmp_path / "site"))

    return installed


def user_event(what: str) -> AmiMessage:
    return AmiMessage(f"Event: UserEvent\r\nUserEvent: {what}".encode())


def new_channel(number: int, name: str = "Li") -> AmiMessage:
    return AmiMessage(f"Event: Newchannel\r\nUniqueid: 17.{number}\r\nCallerIDName: {name}".encode())


def lines(out: Path) -> list[str]:
    return out.read_text().splitlines() if out.exists() else []


async def come(so: Callable[[], bool]) -> None:
    async def come_true() -> bool:
        return so()

    await until(come_true, LIMIT_S)


@contextlib.asynccontextmanager
async def running(hooks: AmiHooks | EventHooks) -> AsyncIterator[None]:
    keepers = hooks.keepers if isinstance(hooks, AmiHooks) else [each.keeper for each in hooks.hooks]
    for each in keepers:
        each.pauses_s = (0.0,)
    tasks = Tasks()
    tasks.start("hooks", hooks.run())
    await come(lambda: all(each.running for each in keepers))
    yield
    await tasks.stop()


async def test_a_listener_hears_what_asterisk_says(have: Callable[..., None], out: Path) -> None:
    have(recorder="foreign_listeners:recorder")
    hooks = AmiHooks(CALM)
    with capture_logs() as log:
        async with running(hooks):
            hooks.feed("pbx", AmiMessage(b"Response: Success\r\nUniqueid: 1"))
            hooks.feed("pbx", new_channel(1, "李"))
            await come(lambda: bool(lines(out)))
    assert lines(out) == ["pbx Newchannel 17.1 李"]
    assert any(each["event"] == "hook_printed" for each in log)


@pytest.mark.parametrize(
    ("what", "reason"),
    [("hang", "hung"), ("spin", "hung"), ("grow", "grew"), ("exit", "exited"), ("crash", "exited")],
)
async def test_one_that_misbehaves_begins_anew(have: Callable[..., None], out: Path, what: str, reason: str) -> None:
    have(recorder="foreign_listeners:Recorder")
    hooks = AmiHooks(QUICK if reason == "hung" else CALM)
    (keeper,) = hooks.keepers
    with capture_logs() as log:
        async with running(hooks):
            hooks.feed("pbx", user_event(what))
            await come(lambda: keeper.restarts == 1)
            await come(lambda: keeper.running)
            hooks.feed("pbx", new_channel(2))
            await come(lambda: "pbx Newchannel 17.2 Li" in lines(out))
    assert [each["reason"] for each in log if each["event"] == "hook_ended"] == [reason]
    # What it had in hand is lost to it, and counted.
    assert keeper.dropped == 1
    with pytest.raises(ProcessLookupError):
        os.kill(int(lines(out)[0].split()[0]), 0)


async def test_one_that_raises_is_told_and_goes_on(have: Callable[..., None], out: Path) -> None:
    have(recorder="foreign_listeners:recorder")
    hooks = AmiHooks(CALM)
    (keeper,) = hooks.keepers
    with capture_logs() as log:
        async with running(hooks):
            for _each in range(20):
                hooks.feed("pbx", user_event("raise"))
            hooks.feed("pbx", new_channel(1))
            await come(lambda: "pbx Newchannel 17.1 Li" in lines(out))
    assert (keeper.restarts, keeper.dropped) == (0, 0)
    told = [each for each in log if each["event"] == "hook_failed"]
    assert told[0]["reason"] == "RuntimeError: of the hook's own making"
    assert len(told) == 5


async def test_one_that_cannot_be_loaded_says_why(have: Callable[..., None], out: Path) -> None:
    have(absent="foreign_listeners:nothing", number="foreign_listeners:OUT")
    hooks = AmiHooks(QUICK)
    tasks = Tasks()
    with capture_logs() as log:
        tasks.start("hooks", hooks.run())
        await come(lambda: len([each for each in log if each["event"] == "hook_broken"]) >= 2)
        await tasks.stop()
    reasons = {each["hook"]: each["reason"] for each in log if each["event"] == "hook_broken"}
    assert "nothing" in reasons["absent"]
    assert "TypeError" in reasons["number"]


async def test_what_waits_for_one_that_hangs_is_bounded(have: Callable[..., None], out: Path) -> None:
    have(recorder="foreign_listeners:recorder")
    hooks = AmiHooks(CALM)
    (keeper,) = hooks.keepers
    async with running(hooks):
        hooks.feed("pbx", user_event("hang"))
        slowest = 0.0
        for number in range(15_000):
            begun = time.perf_counter()
            hooks.feed("pbx", new_channel(number))
            slowest = max(slowest, time.perf_counter() - begun)
        assert keeper.dropped >= 15_000 - keeping._MOST_WAITING
        assert len(keeper._waiting) <= keeping._MOST_WAITING
        assert slowest < 0.5
    assert keeper.dropped + len(keeper._waiting) == 15_001


async def test_without_any_nothing_is_started(have: Callable[..., None]) -> None:
    have(recorder="foreign_listeners:recorder", plain="foreign_events:plain")
    assert AmiHooks(HooksSettings(enabled=())).keepers == []
    assert EventHooks(HooksSettings(enabled=("recorder",))).subscribers() == []
    tasks = Tasks()
    tasks.start("hooks", AmiHooks(HooksSettings(enabled=())).run())
    waiting = asyncio.create_task(tasks.wait())
    done, _pending = await asyncio.wait({waiting}, timeout=0.05)
    assert not done
    waiting.cancel()
    await tasks.stop()


def test_the_command_lists_them(have: Callable[..., None], capsys: pytest.CaptureFixture[str], out: Path) -> None:
    have(recorder="foreign_listeners:recorder", plain="foreign_events:plain")
    assert _list(None) == 0  # type: ignore[arg-type]
    assert "  on   plain  foreign_events:plain  (foreign-hooks 1.0)" in capsys.readouterr().out


def test_a_name_that_is_not_installed_is_told(
    have: Callable[..., None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    have(recorder="foreign_listeners:recorder", plain="foreign_events:plain")
    monkeypatch.setenv("CALLCENTER_HOOKS__ENABLED", '["plian", "recorder"]')
    assert _list(None) == 1  # type: ignore[arg-type]
    told = capsys.readouterr()
    assert "  off  plain" in told.out and "plian" in told.err and "recorder" not in told.err
    with capture_logs() as lines:
        EventHooks(HooksSettings(enabled=("plian",)))
    assert lines == [{"event": "hook_not_installed", "log_level": "error", "hook": "plian", "installed": "plain"}]


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_the_ledger_goes_on(db: Database, have: Callable[..., None], out: Path) -> None:
    """A call is written while a listener hangs, grows and dies in turn on what both of them hear."""
    have(recorder="foreign_listeners:recorder")
    hooks = AmiHooks(QUICK)
    (keeper,) = hooks.keepers
    ear = Listener(db, "pbx", AGENTS, lambda raw: f"+86{raw}", lambda: NOON)
    await ear.load()
    tasks, ended = Tasks(), asyncio.Event()
    db.after_commit(lambda events: ended.set() if events[-1][1].type == "CallEnded" else None)
    tasks.start("ledger", ear.run())
    async with running(hooks):
        for message in conversation(IN + MENU + RING_LI + LI_ANSWERS + CALLER_ENDS):
            ear.feed(message)
            hooks.feed("pbx", AmiMessage((("Event", message.name), *message.headers.items())))
            hooks.feed("pbx", user_event("hang"))
        async with asyncio.timeout(LIMIT_S):
            await ended.wait()
        await come(lambda: keeper.restarts >= 2)
    await tasks.stop()


async def emit(db: Database, *ids: str) -> None:
    async with db.transaction() as work:
        for each in ids:
            work.emit(call(call_id=each))


@contextlib.asynccontextmanager
async def reading(db: Database, hooks: EventHooks) -> AsyncIterator[None]:
    """As a worker does it."""
    bus, tasks = Bus(db), Tasks()
    await hooks.begin(bus)
    async with running(hooks):
        for subscriber in hooks.subscribers():
            tasks.start(subscriber.durable, bus.run_durable(subscriber))
        yield
        await tasks.stop()


async def test_events_from_the_journal_and_none_of_the_past(db: Database, have: Callable[..., None], out: Path) -> None:
    have(plain="foreign_events:plain")
    await emit(db, "before")
    async with reading(db, EventHooks(CALM)):
        await emit(db, "call-1", "call-2")
        await come(lambda: len(lines(out)) == 2)
    # What happens while nobody is there comes afterwards.
    await emit(db, "call-3")
    async with reading(db, EventHooks(CALM)):
        await come(lambda: "CallStarted call-3" in lines(out))
    # At least once: whoever ends between taking an event and noting it gets it again.
    assert list(dict.fromkeys(lines(out))) == ["CallStarted call-1", "CallStarted call-2", "CallStarted call-3"]


async def test_one_may_be_asynchronous_and_keep_what_it_likes(
    db: Database, have: Callable[..., None], out: Path
) -> None:
    have(waiting="foreign_events:Waiting")
    async with reading(db, EventHooks(CALM)):
        await emit(db, "call-1", "call-2")
        await come(lambda: len(lines(out)) == 2)
    assert lines(out) == ["1 CallStarted", "2 CallStarted"]


async def test_an_event_at_which_it_dies_comes_again(db: Database, have: Callable[..., None], out: Path) -> None:
    have(dying="foreign_events:dies_once")
    async with reading(db, EventHooks(CALM)):
        await emit(db, "call-1", "call-2", "call-3")
        await come(lambda: "call-3" in lines(out))
    assert lines(out) == ["call-1", "call-2", "call-2", "call-3"]


async def test_one_that_is_never_taken_is_passed_over(db: Database, have: Callable[..., None], out: Path) -> None:
    have(poisoned="foreign_events:poisoned")
    with capture_logs() as log:
        async with reading(db, EventHooks(CALM)):
            await emit(db, "call-1", "call-2", "call-3")
            await come(lambda: "call-3" in lines(out))
    assert lines(out) == ["call-1", "call-2", "call-2", "call-2", "call-3"]
    assert [each["event"] for each in log].count("hook_event_passed_over") == 1


DOOMED = """
import asyncio
from callcenter.setting_groups import HooksSettings
from callcenter.hooks.foreign.ami import AmiHooks
from callcenter.asterisk.ami.messages import AmiMessage

async def main():
    hooks = AmiHooks(HooksSettings(answer_s=7))
    hooks.feed("pbx", AmiMessage(b"Event: UserEvent\\r\\nUserEvent: spin"))
    await hooks.run()

asyncio.run(main())
"""


async def test_it_ends_with_the_service(have: Callable[..., None], out: Path, tmp_path: Path) -> None:
    """Also with one that is killed while the hook spins."""
    have(recorder="foreign_listeners:recorder")
    path = os.pathsep.join([str(tmp_path / "site"), *filter(None, sys.path)])
    service = await asyncio.create_subprocess_exec(sys.executable, "-c", DOOMED, env={**os.environ, "PYTHONPATH": path})
    try:
        await come(lambda: bool(lines(out)))
        hook = int(lines(out)[0].split()[0])
        os.kill(hook, 0)
    finally:
        service.send_signal(signal.SIGKILL)
        await service.wait()

    def gone() -> bool:
        # Whoever adopts it may leave it as a zombie, which runs no more.
        with contextlib.suppress(OSError):
            return Path(f"/proc/{hook}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return True

    await come(gone)


def test_on_the_loop_of_the_service(have: Callable[..., None], out: Path) -> None:
    """uvloop starts processes in a way of its own."""
    have(recorder="foreign_listeners:recorder")

    async def act() -> None:
        hooks = AmiHooks(QUICK)
        async with running(hooks):
            hooks.feed("pbx", user_event("hang"))
            await come(lambda: hooks.keepers[0].restarts == 1)
            hooks.feed("pbx", new_channel(1))
            await come(lambda: "pbx Newchannel 17.1 Li" in lines(out))

    uvloop.run(act())
