"""What every test stands on."""

from __future__ import annotations

import gc

import pytest


def pytest_collection(session: pytest.Session) -> None:
    """No garbage collection while test files are rewritten.

    CPython before 3.11.9 now and then fails with "AST constructor recursion depth mismatch" when it collects in
    the middle of building a syntax tree (CPython issue 106905).
    """
    gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tests run as the service does."""
    gc.enable()
