"""What came of an attempt is written down: taken, to be tried again, or given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from callcenter import metrics
from callcenter.clock import Clock
from callcenter.db import Database, Transaction
from callcenter.events.hooks import WebhookChanged
from callcenter.hooks import store
from callcenter.hooks.model import NO_EVENT, DeliveryRow, EndpointRow
from callcenter.hooks.post import Answer
from callcenter.hooks.schedule import KEPT_TRIES, given_up, next_try

log = structlog.get_logger(__name__)
LOST = Answer(0, error="event_gone")


@dataclass(frozen=True)
class Outcomes:
    """Writes only where the claim still holds: whoever took it over says what became of it."""

    db: Database
    clock: Clock
    off_after: timedelta
    chance: Callable[[], float]

    async def record(self, sent: DeliveryRow, at: datetime, answer: Answer) -> None:
        """Of an attempt that began `at`."""
        test = sent.event_seq == NO_EVENT
        async with self.db.transaction() as work:
            # The endpoint first, always: whoever deletes one goes the same way.
            if not test:
                since = None if answer.error is None else at
                await store.mark_failing(work.session, sent.endpoint_id, since)
            delivery = await store.claimed(work.session, sent.id, sent.claim or "")
            if delivery is None:
                return
            again = self._again(delivery, answer, test)
            _write(delivery, at, answer, again, self.clock())
            if answer.error is not None and not test:
                await self._switch_off(work, delivery.endpoint_id, answer)
        _count(delivery, answer)

    async def lost(self, delivery_id: str, claim: str) -> None:
        """The journal does not have the event any more."""
        async with self.db.transaction() as work:
            delivery = await store.claimed(work.session, delivery_id, claim)
            if delivery is None:
                return
            _write(delivery, self.clock(), LOST, None, self.clock())
        _count(delivery, LOST)

    def _again(self, delivery: DeliveryRow, answer: Answer, test: bool) -> datetime | None:
        if answer.error in (None, "gone") or test:
            return None
        return next_try(delivery.attempts + 1, self.clock(), self.chance(), answer.retry_after_s)

    async def _switch_off(self, work: Transaction, endpoint_id: str, answer: Answer) -> None:
        endpoint = await work.session.get_one(EndpointRow, endpoint_id, with_for_update=True)
        now = self.clock()
        gone = answer.error == "gone"
        if not endpoint.enabled or not (gone or given_up(endpoint.failing_since, now, self.off_after)):
            return
        reason = "gone" if gone else "failing"
        endpoint.enabled, endpoint.off_reason, endpoint.off_at = False, reason, now
        endpoint.version += 1
        work.emit(WebhookChanged(at=now, endpoint_id=endpoint_id, change="switched_off", reason=reason))
        log.error("webhook_switched_off", endpoint_id=endpoint_id, reason=reason)


def _write(delivery: DeliveryRow, at: datetime, answer: Answer, again: datetime | None, now: datetime) -> None:
    delivery.claim = None
    delivery.attempts += 1
    delivery.last_status, delivery.last_error = answer.status, answer.error
    delivery.tries = [*delivery.tries, _kept(at, answer)][-KEPT_TRIES:]
    delivery.next_try_at = again
    if again is None:
        delivery.state, delivery.finished_at = "delivered" if answer.error is None else "failed", now


def _kept(at: datetime, answer: Answer) -> dict[str, Any]:
    return {
        "at": at.isoformat(),
        "ms": answer.ms,
        "status": answer.status,
        "error": answer.error,
        "excerpt": answer.excerpt,
    }


def _count(delivery: DeliveryRow, answer: Answer) -> None:
    result = "deferred" if delivery.state == "pending" else delivery.state
    metrics.WEBHOOKS.labels(result).inc()
    told = {"delivery_id": delivery.id, "endpoint_id": delivery.endpoint_id, "event_type": delivery.event_type}
    if answer.error is None:
        log.debug("webhook_delivered", **told, status=answer.status)
    else:
        log.warning("webhook_not_delivered", **told, status=answer.status, error=answer.error, result=result)
