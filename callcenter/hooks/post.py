"""One attempt to deliver: a signed POST."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import aiohttp

from callcenter.hooks.connecting import NotAllowed
from crm_adapter.webhook.failures import retry_after_seconds
from crm_adapter.webhook.signing import sign, signed_headers

LONGEST_EXCERPT = 500
_GONE = 410


@dataclass(frozen=True)
class Answer:
    """What came of an attempt.

    `error` is None when it was taken, else: gone, redirected, refused (any other status), timeout, unreachable,
    forbidden (nothing is sent to the address that its name stands for).
    `excerpt` is the beginning of what the receiver wrote, or why there is no answer.
    """

    ms: int
    status: int | None = None
    error: str | None = None
    excerpt: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Letter:
    """What is sent: where to, under which id, signed with which secrets."""

    url: str
    message_id: str
    secrets: Sequence[str]
    body: bytes

    def headers(self, now: datetime) -> dict[str, str]:
        """With one signature for each secret, parted by spaces."""
        stamp = int(now.timestamp())
        headers = signed_headers(self.secrets[0], self.message_id, stamp, self.body)
        signatures = [sign(secret, self.message_id, stamp, self.body) for secret in self.secrets]
        return {**headers, "webhook-signature": " ".join(signatures), "content-type": "application/json"}


async def post(http: aiohttp.ClientSession, letter: Letter, now: datetime, timeout_s: float) -> Answer:
    """Send it once. Whatever the receiver does is an answer."""
    begun = time.monotonic()
    status, retry_after, excerpt, error = None, None, "", None
    try:
        async with http.post(
            letter.url,
            data=letter.body,
            headers=letter.headers(now),
            # A redirect would carry callers' numbers to an address that nobody set.
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
        ) as response:
            status, error = response.status, judged(response.status)
            retry_after = retry_after_seconds(response.headers.get("retry-after"), now)
            excerpt = _text(await response.content.read(4 * LONGEST_EXCERPT))
    except TimeoutError:
        # Also one that begins to answer and does not end: that it was taken is not known.
        error = "timeout"
    except (aiohttp.ClientError, OSError, ValueError) as failure:
        error = "forbidden" if _not_allowed(failure) else "unreachable"
        excerpt = _text(str(failure).encode()) or type(failure).__name__
    ms = round((time.monotonic() - begun) * 1000)
    return Answer(ms, status, error, excerpt, retry_after if error == "refused" else None)


def judged(status: int) -> str | None:
    """None for a success."""
    if 200 <= status < 300:
        return None
    if status == _GONE:
        return "gone"
    return "redirected" if 300 <= status < 400 else "refused"


def _not_allowed(failure: Exception) -> bool:
    return isinstance(failure, aiohttp.ClientConnectorError) and isinstance(failure.os_error, NotAllowed)


def _text(answer: bytes) -> str:
    """In one line, without what a database refuses."""
    text = " ".join(answer.decode("utf-8", "replace").replace("\0", "").split())
    return text[:LONGEST_EXCERPT]
