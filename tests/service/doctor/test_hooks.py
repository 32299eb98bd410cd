"""Faults of webhooks and of other people's code, each planted and found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import callcenter.app  # noqa: F401  # every room's tables
from callcenter.clock import utc_now
from callcenter.db import Database
from callcenter.hooks.checks import Wanted
from callcenter.hooks.model import DeliveryRow, EndpointRow
from callcenter.hooks.reach import Reach
from callcenter.hooks.service import Endpoints
from callcenter.hooks.store import new_trial
from tests.service.doctor.patient import Patient, shown
from tests.service.hooks.foreign_code import install

pytestmark = pytest.mark.service
DAY = timedelta(days=1)


def _endpoint(**changes: object) -> Callable[[EndpointRow, DeliveryRow], None]:
    def plant(endpoint: EndpointRow, _delivery: DeliveryRow) -> None:
        for name, value in changes.items():
            setattr(endpoint, name, value)

    return plant


def _delivery(**changes: object) -> Callable[[EndpointRow, DeliveryRow], None]:
    def plant(_endpoint: EndpointRow, delivery: DeliveryRow) -> None:
        for name, value in changes.items():
            setattr(delivery, name, value)

    return plant


NOW = utc_now()
OLD = NOW - timedelta(hours=2)
LATER = NOW + DAY
OFF = {"enabled": False, "off_at": OLD}


@pytest.mark.parametrize(
    ("plant", "found"),
    [
        (_delivery(), []),
        (_endpoint(enabled=False), []),
        (_endpoint(failing_since=NOW - timedelta(minutes=5)), []),
        (_endpoint(failing_since=OLD), ["webhooks warning webhook_failing"]),
        (_endpoint(**OFF, off_reason="failing"), ["webhooks error webhook_off"]),
        (_endpoint(**OFF, off_reason="gone"), ["webhooks error webhook_gone"]),
        (_endpoint(**OFF, failing_since=OLD), []),
        (_delivery(created_at=OLD, next_try_at=LATER), ["webhooks warning webhook_slow"]),
        (_delivery(created_at=OLD, state="failed", next_try_at=None), []),
        (_delivery(next_try_at=NOW - timedelta(minutes=5)), ["webhooks error webhooks_unsent"]),
        (_delivery(next_try_at=LATER, claim="a worker's"), []),
    ],
)
async def test_webhooks(
    db: Database, patient: Patient, plant: Callable[[EndpointRow, DeliveryRow], None], found: list[str]
) -> None:
    endpoints = Endpoints(db, utc_now, lambda: None, Reach())
    made = await endpoints.create(Wanted("https://crm.example.com/t0ken", ("CallEnded",)), "admin-1")
    async with db.transaction() as work:
        endpoint = await work.session.get_one(EndpointRow, made.id)
        delivery = DeliveryRow(**new_trial(made.id, utc_now(), "test:1"))
        work.session.add(delivery)
        plant(endpoint, delivery)
    patient.set(DATABASE__URL=db.url)
    assert await patient.examine("webhooks") == found
    assert "t0ken" not in shown(patient.found)
    if found:
        assert all(finding.words("en").remedy for finding in patient.found)
        assert "crm.example.com" in shown(patient.found) or found[0].endswith("unsent")


async def test_webhooks_without_tables(empty_url: str, patient: Patient) -> None:
    patient.set(DATABASE__URL=empty_url)
    (line,) = await patient.examine("webhooks")
    assert line.startswith("webhooks skipped")


async def test_a_hook_that_is_not_installed(patient: Patient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", recorder="foreign_listeners:recorder", plain="foreign_events:plain")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert await patient.examine("hooks") == []
    patient.set(HOOKS__ENABLED='["plain", "recordr"]')
    assert await patient.examine("hooks") == ["hooks warning hook_missing"]
    told = patient.found[0].words("en")
    assert "“recordr”" in told.title
    assert "Installed: recorder." in told.remedy
    patient.set(HOOKS__ENABLED='["zzz"]')
    await patient.examine("hooks")
    assert "Installed: plain, recorder." in patient.remedy("hook_missing")
    patient.set(HOOKS__ENABLED='["plain"]')
    assert await patient.examine("hooks") == []
    assert patient.found[0].params == {"names": "plain"}
