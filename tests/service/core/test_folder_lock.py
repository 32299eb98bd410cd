"""One process per folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.app import Service
from callcenter.config import load
from callcenter.errors import Problem
from callcenter.folder_lock import FolderLock


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    first = FolderLock(tmp_path)
    first.take("callcenter demo at http://127.0.0.1:8080")
    with pytest.raises(Problem, match="folder_in_use") as refusal:
        FolderLock(tmp_path).take("another")
    assert "demo at http://127.0.0.1:8080, pid" in str(refusal.value.params["holder"])
    first.release()
    FolderLock(tmp_path).take("another")


async def test_a_second_service_leaves_the_first_alone(tmp_path: Path) -> None:
    settings = load(data_dir=tmp_path, web={"port": 0}, agi={"port": 0}, ami={"port": 1})
    first = FolderLock(tmp_path)
    first.take("callcenter serve")
    with pytest.raises(Problem, match="folder_in_use"):
        await Service(settings).start()
