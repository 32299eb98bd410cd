"""HTTP answers to errors: what may be tried again, and when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_adapter.webhook.failures import failure, retry_after_seconds

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "code", "permanent"),
    [
        (302, "crm_redirected", False),
        (400, "crm_rejected", True),
        (401, "crm_unauthorised", True),
        (403, "crm_unauthorised", True),
        (404, "crm_not_found", True),
        (408, "crm_busy", False),
        (409, "crm_busy", False),
        (410, "crm_not_found", True),
        (422, "crm_rejected", True),
        (429, "crm_busy", False),
        (500, "crm_failed", False),
        (503, "crm_busy", False),
    ],
)
def test_statuses(status: int, code: str, permanent: bool) -> None:
    error = failure(status, None, "why", NOW)
    assert (error.code, error.permanent, error.params) == (code, permanent, {"status": status, "detail": "why"})


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-3", None),
        ("0", 0.0),
        (" 30 ", 30.0),
        ("99999999", 86400.0),
        ("Tue, 03 Nov 2026 12:01:00 GMT", 60.0),
        ("Tue, 03 Nov 2026 12:01:00 -0000", 60.0),
        ("Tue, 03 Nov 2026 11:00:00 GMT", 0.0),
        ("Tue, 99 Nov 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


def test_a_permanent_failure_has_no_pause() -> None:
    assert failure(400, "30", "", NOW).retry_after_s is None
