"""What every test stands on."""

from __future__ import annotations

import gc
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
import structlog

_LOGGERS = (None, "dbos", "callcenter", "recordings", "crm_adapter")


def pytest_collection(session: pytest.Session) -> None:
    """No garbage collection while test files are rewritten.

    CPython before 3.11.9 now and then fails with "AST constructor recursion depth mismatch" when it collects in
    the middle of building a syntax tree (CPython issue 106905).
    """
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests run as the service does."""
    gc.enable()


@pytest.fixture(autouse=True)
def log_left_as_found() -> Iterator[None]:
    """The log belongs to the whole process: after a test that ran a command, the others get theirs back."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger, logger.handlers[:], logger.level, logger.propagate) for logger in loggers]
    hooks = sys.excepthook, threading.excepthook
    yield
    if structlog.is_configured():
        for logger, handlers, level, propagate in before:
            logger.handlers[:], logger.propagate = handlers, propagate
            logger.setLevel(level)
        sys.excepthook, threading.excepthook = hooks
        logging.captureWarnings(False)
        structlog.reset_defaults()
