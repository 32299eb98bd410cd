"""The log of a process, read back as a machine and as a person would."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import structlog

from callcenter import logs
from callcenter.setting_groups import LogSettings

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Lines:
    """Log as the process `ami`, in JSON; the lines so far."""
    stream = io.StringIO()
    logs.configure(LogSettings(level="info"), "ami", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


log = structlog.get_logger("callcenter.calls.listener")


@pytest.mark.parametrize(("error", "told"), [(asyncio.CancelledError(), 0), (OSError("gone"), 1)])
def test_a_task_that_is_called_off_is_no_error_of_the_pool(error: BaseException, told: int, lines: Lines) -> None:
    try:
        raise error
    except BaseException:
        logging.getLogger("sqlalchemy.pool.impl.AsyncAdaptedQueuePool").exception("Exception during reset or similar")
    assert len(lines()) == told


def test_a_line_says_when_where_and_what(lines: Lines) -> None:
    log.info("ledger_reconciled", calls=3)
    (line,) = lines()
    assert list(line)[:5] == ["timestamp", "level", "event", "process", "pid"]
    assert (line["level"], line["event"], line["process"], line["calls"]) == ("info", "ledger_reconciled", "ami", 3)
    assert line["logger"] == "callcenter.calls.listener"
    assert datetime.fromisoformat(line["timestamp"]).utcoffset() == timedelta(0)


def test_the_call_is_on_every_line_also_of_libraries(lines: Lines) -> None:
    with logs.of_call("call-1"):
        log.info("ours")
        logging.getLogger("sqlalchemy.pool").error("theirs, %s", "with values")
    log.info("afterwards")
    assert [(line["event"], line.get("call_id")) for line in lines()] == [
        ("ours", "call-1"),
        ("theirs, with values", "call-1"),
        ("afterwards", None),
    ]


def test_work_for_no_call_keeps_what_is_bound(lines: Lines) -> None:
    with logs.of_call("call-1"), logs.of_call(None):
        log.info("inside")
    assert lines()[0]["call_id"] == "call-1"


async def test_calls_at_the_same_time_do_not_mix(lines: Lines) -> None:
    async def work(call_id: str) -> None:
        with logs.of_call(call_id):
            await asyncio.sleep(0)
            await asyncio.to_thread(log.info, call_id)

    await asyncio.gather(*(work(f"call-{number}") for number in range(5)))
    assert all(line["call_id"] == line["event"] for line in lines())


def test_numbers_and_secrets_are_masked_in_errors_too(lines: Lines) -> None:
    try:
        raise ValueError("no such caller: 13800138000")
    except ValueError:
        log.exception("look_up_failed", number="13800138000", secret="s3cret")
    logging.getLogger("aiohttp.server").error("at redis://:s3cret@host for %s", "+8613800138000")
    text = json.dumps(lines())
    assert "13800138000" not in text and "s3cret" not in text
    assert "ValueError: no such caller: ***8000" in lines()[0]["exception"]


def test_libraries_say_what_is_wrong_and_no_more(lines: Lines) -> None:
    """Among the rest are the values of SQL statements, and a second access log."""
    for name in ("sqlalchemy.engine.Engine", "aiosqlite", "aiohttp.access", "dbos"):
        logging.getLogger(name).info("chatter")
        logging.getLogger(name).warning("trouble")
    assert [line["event"] for line in lines()] == ["trouble"] * 4


def test_the_level_of_the_settings_counts() -> None:
    stream = io.StringIO()
    logs.configure(LogSettings(level="error"), "web", stream)
    log.warning("unimportant")
    logging.getLogger("asyncio").warning("unimportant")
    assert stream.getvalue() == ""
    logs.configure(LogSettings(level="debug"), "web", stream)
    log.debug("everything")
    logging.getLogger("asyncio").debug("not of others")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["everything"]


def test_warnings_of_python_are_lines_too(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    assert "DeprecationWarning: old" in lines()[0]["event"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("format_", "stream", "people"),
    [
        ("auto", Terminal(), True),
        ("auto", io.StringIO(), False),
        ("json", Terminal(), False),
        ("console", io.StringIO(), True),
    ],
)
def test_for_people_on_a_terminal(format_: Any, stream: io.StringIO, people: bool) -> None:
    logs.configure(LogSettings(format=format_), "serve", stream)
    log.info("serving", url="http://127.0.0.1")
    assert stream.getvalue().startswith("{") is not people
    assert "serving" in stream.getvalue()


def test_nobody_writes_lines_of_his_own() -> None:
    for format_ in ("console", "json"):
        stream = io.StringIO()
        logs.configure(LogSettings(format=format_), "web", stream)  # type: ignore[arg-type]
        log.info("request", path="/a\n2026-11-22 forged\x1b[31m")
        logging.getLogger("aiohttp.server").error("bad path /a\nforged")
        assert len(stream.getvalue().splitlines()) == 2 and "\x1b" not in stream.getvalue()


_DYING = """
import sys, threading
import structlog
from callcenter import logs
from callcenter.setting_groups import LogSettings
logs.configure(LogSettings(), "worker")
import dbos._logger
dbos._logger.init_logger()
dbos._logger.dbos_logger.error("theirs")
thread = threading.Thread(target=lambda: 1 / 0, name="side")
thread.start(); thread.join()
raise RuntimeError("call of 13800138000")
"""


def test_also_the_last_words_of_a_process_are_lines() -> None:
    done = subprocess.run([sys.executable, "-c", _DYING], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["theirs", "thread_died", "process_died"]
    assert "ZeroDivisionError" in lines[1]["exception"] and "call of ***8000" in lines[2]["exception"]
