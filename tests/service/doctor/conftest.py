from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from callcenter.asterisk.local import LocalAsterisk
from callcenter.servers import PrivateRedis
from tests.service.doctor.patient import Patient


@pytest.fixture
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Patient:
    for name in [name for name in os.environ if name.startswith("CALLCENTER_") and name != "CALLCENTER_ASTERISK_ROOT"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return Patient(tmp_path, monkeypatch)


@pytest.fixture
async def asterisk(patient: Patient) -> AsyncIterator[LocalAsterisk]:
    """The patient's own, running; it can tell which modules are loaded."""
    pbx = patient.asterisk()
    await pbx.start()
    await pbx.rx("module load func_module.so")
    yield pbx
    await pbx.stop()


@pytest.fixture
def redis() -> Iterator[PrivateRedis]:
    server = PrivateRedis.begin()
    yield server
    server.remove()
