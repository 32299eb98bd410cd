"""The log of a process: one line per event, in UTC, with the call that it is about.

Whoever works for a call binds its id (`of_call`); it then stands on every line that is written meanwhile, also on those
of libraries. Numbers and secrets are masked in every line, wherever it comes from.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import structlog
from structlog.contextvars import bound_contextvars
from structlog.typing import EventDict, Processor, WrappedLogger

from callcenter.masking import masked
from callcenter.setting_groups import LogSettings

if TYPE_CHECKING:
    from types import TracebackType

_FIRST = ("timestamp", "level", "event", "process", "pid")
# These write at the level of the settings, everybody else only what is wrong: libraries tell too much, among it the
# values of SQL statements.
_OURS = ("callcenter", "recordings", "crm_adapter")
# It would write by itself, and in another form, unless it has a handler already.
_STUBBORN = "dbos"


def configure(settings: LogSettings, process: str, stream: TextIO | None = None) -> None:
    """Have everything that this process logs written to `stream` (standard error) in one form.

    `process` is web, ami, agi, worker or serve. Errors that nobody caught are logged as well.
    """
    out = stream or sys.stderr
    people = settings.format == "console" or (settings.format == "auto" and out.isatty())
    level = logging.getLevelName(settings.level.upper())
    handler = logging.StreamHandler(out)
    handler.addFilter(_no_error)
    handler.setFormatter(_formatter(_to_people(out) if people else _to_machines(), process))
    _direct(handler, level)
    structlog.configure(
        processors=[*_common(process), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    logging.captureWarnings(True)
    sys.excepthook = _died
    threading.excepthook = _thread_died


@contextmanager
def of_call(call_id: str | None) -> Iterator[None]:
    """Every line written meanwhile carries the call's id. None: the work is for no call."""
    if call_id is None:
        yield
        return
    with bound_contextvars(call_id=call_id):
        yield


def _common(process: str) -> list[Processor]:
    def where(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {**event, "process": process, "pid": os.getpid()}

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        where,
    ]


def _formatter(renderers: list[Processor], process: str) -> logging.Formatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_common(process),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.StackInfoRenderer(),
            structlog.processors.format_exc_info,
            lambda _logger, _method, event: masked(event),
            *renderers,
        ],
    )


def _to_machines() -> list[Processor]:
    return [_in_order, structlog.processors.JSONRenderer(ensure_ascii=False)]


def _to_people(out: TextIO) -> list[Processor]:
    plain = structlog.dev.plain_traceback
    return [_visible, structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)]


def _in_order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {name: event.pop(name) for name in _FIRST if name in event} | dict(event)


def _visible(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What a caller sent must neither begin a line of its own nor command the terminal."""
    return {name: value if name in ("exception", "stack") else _printable(value) for name, value in event.items()}


def _printable(value: object) -> object:
    if not isinstance(value, str) or value.isprintable():
        return value
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in value)


def _no_error(record: logging.LogRecord) -> bool:
    """A task that is called off while it gives a connection back is no error, though SQLAlchemy's pool says so."""
    cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not (cancelled and record.name.startswith("sqlalchemy.pool"))


def _direct(handler: logging.Handler, level: int) -> None:
    for name in (None, _STUBBORN):
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(max(level, logging.WARNING))
    logging.getLogger(_STUBBORN).propagate = False
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def _died(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger(__name__).critical("process_died", exc_info=(kind, error, trace))


def _thread_died(what: threading.ExceptHookArgs) -> None:
    if what.exc_value is not None:
        exc_info = (what.exc_type, what.exc_value, what.exc_traceback)
        structlog.get_logger(__name__).error("thread_died", thread=getattr(what.thread, "name", ""), exc_info=exc_info)
