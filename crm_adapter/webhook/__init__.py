"""Tickets to any system that can receive a signed HTTP POST."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
from pydantic import ValidationError

from crm_adapter.ports import CrmError, ExternalTicket, ForeignRecord, TicketDraft
from crm_adapter.webhook.failures import failure
from crm_adapter.webhook.messages import CustomerAnswer, CustomerQuery, read_ticket_answer, ticket_message
from crm_adapter.webhook.signing import is_message_id, signed_headers

LARGEST_ANSWER = 64 * 1024
_DETAIL_LENGTH = 200


def _utc_now() -> datetime:
    return datetime.now(UTC)


class WebhookCrm:
    """Posts each ticket, signed, to `url`; asks `lookup_url` about callers when there is one.

    A time-out or a broken connection leaves open whether the ticket arrived: sending the same draft again is
    safe, because its `idempotency_key` travels as `webhook-id`.
    """

    remote = True

    def __init__(
        self,
        url: str,
        secret: str,
        *,
        timeout_s: float = 10.0,
        lookup_url: str | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._url = url
        self._secret = secret
        self._timeout_s = timeout_s
        self._lookup_url = lookup_url
        self._now = now
        self._session: aiohttp.ClientSession | None = None

    async def create_ticket(self, draft: TicketDraft) -> ExternalTicket:
        if not is_message_id(draft.idempotency_key):
            raise CrmError(
                "crm_bad_key", permanent=True, field="idempotency_key", key=draft.idempotency_key[:_DETAIL_LENGTH]
            )
        answer = await self._post(self._url, draft.idempotency_key, ticket_message(draft))
        return read_ticket_answer(answer, draft)

    async def find_customer(self, number: str) -> list[ForeignRecord]:
        if self._lookup_url is None:
            return []
        query = CustomerQuery(timestamp=self._now(), number=number)
        answer = await self._post(self._lookup_url, f"lookup_{uuid4().hex}", query.model_dump_json().encode())
        try:
            return list(CustomerAnswer.model_validate_json(answer or b"{}").customers)
        except ValidationError as error:
            raise CrmError("crm_unreadable", permanent=True, detail=str(error.errors()[0]["msg"])) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, url: str, message_id: str, body: bytes) -> bytes:
        """One signed attempt; the answer's body when it is a success."""
        now = self._now()
        headers = signed_headers(self._secret, message_id, int(now.timestamp()), body)
        headers["content-type"] = "application/json"
        try:
            # A redirect would carry a customer's data to an address that nobody set.
            async with self._client().post(url, data=body, headers=headers, allow_redirects=False) as response:
                answer = await _read(response)
        except TimeoutError as error:
            raise CrmError("crm_timeout", permanent=False, seconds=self._timeout_s) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise CrmError("crm_unreachable", permanent=False, reason=str(error)[:_DETAIL_LENGTH]) from error
        if not 200 <= response.status < 300:
            raise failure(response.status, response.headers.get("retry-after"), _detail(answer), now)
        return answer

    def _client(self) -> aiohttp.ClientSession:
        """Opened at the first call, because it belongs to the loop that runs then."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timeout_s))
        return self._session


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """At most LARGEST_ANSWER bytes: a receiver gone wild must not fill our memory."""
    parts = bytearray()
    async for chunk in response.content.iter_chunked(8192):
        parts += chunk[: LARGEST_ANSWER - len(parts)]
        if len(parts) >= LARGEST_ANSWER:
            break
    return bytes(parts)


def _detail(answer: bytes) -> str:
    text = answer[: 4 * _DETAIL_LENGTH].decode("utf-8", "replace")
    return " ".join(text.split())[:_DETAIL_LENGTH]
