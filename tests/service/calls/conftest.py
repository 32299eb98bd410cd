"""What the tests of the ledger stand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from .stretch import Stretch


@pytest.fixture
def stretch(tmp_path: Path) -> Stretch:
    return Stretch(tmp_path / "log")
