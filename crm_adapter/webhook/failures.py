"""How an HTTP answer that is not a success becomes a `CrmError` (pure)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from crm_adapter.ports import CrmError

LONGEST_PAUSE_S = 24 * 3600.0
_TRANSIENT_4XX = (408, 409, 429)


def failure(status: int, retry_after: str | None, detail: str, now: datetime) -> CrmError:
    """The error for this answer; `detail` is what the other side wrote, for a person to read."""
    code = _code(status)
    permanent = 400 <= status < 500 and status not in _TRANSIENT_4XX
    pause = None if permanent else retry_after_seconds(retry_after, now)
    return CrmError(code, permanent=permanent, retry_after_s=pause, status=status, detail=detail)


def _code(status: int) -> str:
    if status in (401, 403):
        return "crm_unauthorised"
    if status in (404, 410):
        return "crm_not_found"
    if status in (*_TRANSIENT_4XX, 503):
        return "crm_busy"
    if 300 <= status < 400:
        return "crm_redirected"
    return "crm_rejected" if status < 500 else "crm_failed"


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Seconds asked for by a Retry-After header (number or date), at most a day; None when absent or unreadable."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_PAUSE_S)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_PAUSE_S)
