"""Webhooks: every endpoint takes what it is sent, and somebody sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Row, and_, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.doctor.finding import Finding, error, ok, warning
from callcenter.hooks.model import DeliveryRow, EndpointRow

CHECK = "webhooks"
# A receiver that is being restarted is nobody's trouble.
_LONG = timedelta(minutes=30)
_UNSENT = timedelta(minutes=2)


@dataclass(frozen=True)
class EndpointFacts:
    """One endpoint. `name` says nothing that is secret. Of what waits for it: how many, and since when the oldest does;
    `due` is since when the one that has waited longest could be sent, None while there is none."""

    name: str
    enabled: bool
    off_reason: str | None
    off_at: datetime | None
    failing_since: datetime | None
    waiting: int
    oldest: datetime | None
    due: datetime | None


@dataclass(frozen=True)
class WebhookFacts:
    """All endpoints, and whether anything is being sent at this moment."""

    endpoints: tuple[EndpointFacts, ...]
    sending: bool
    now: datetime


async def ask_webhooks(session: AsyncSession, now: datetime) -> WebhookFacts | None:
    """None where there are no tables yet: then nothing more can be asked in this transaction."""
    waits = and_(DeliveryRow.endpoint_id == EndpointRow.id, DeliveryRow.state == "pending")
    figures = (func.count(DeliveryRow.id), func.min(DeliveryRow.created_at), func.min(DeliveryRow.next_try_at))
    query = select(EndpointRow, *figures).outerjoin(DeliveryRow, waits).group_by(EndpointRow.id)
    claims = select(func.count()).where(DeliveryRow.claim.is_not(None), DeliveryRow.next_try_at > now)
    try:
        rows = (await session.execute(query.order_by(EndpointRow.id))).all()
        return WebhookFacts(tuple(map(_facts, rows)), bool(await session.scalar(claims)), now)
    except SQLAlchemyError:
        return None


def judge_webhooks(facts: WebhookFacts) -> list[Finding]:
    """One finding for each endpoint that wants somebody; and one when nobody sends."""
    found = [each for endpoint in facts.endpoints for each in _of(endpoint, facts.now)]
    overdue = [each for each in facts.endpoints if each.enabled and each.due and facts.now - each.due > _UNSENT]
    if overdue and not facts.sending:
        found.append(error(CHECK, "doctor_webhooks_unsent", count=sum(each.waiting for each in overdue)))
    on = sum(each.enabled for each in facts.endpoints)
    return found or [ok(CHECK, "doctor_webhooks_good", on=on, off=len(facts.endpoints) - on)]


def _of(endpoint: EndpointFacts, now: datetime) -> Iterator[Finding]:
    if endpoint.off_reason is not None:
        code = "doctor_webhook_gone" if endpoint.off_reason == "gone" else "doctor_webhook_off"
        yield error(CHECK, code, name=endpoint.name, since=_time(endpoint.off_at), waiting=endpoint.waiting)
    elif endpoint.enabled and endpoint.failing_since and now - endpoint.failing_since > _LONG:
        since = _time(endpoint.failing_since)
        yield warning(CHECK, "doctor_webhook_failing", name=endpoint.name, since=since, waiting=endpoint.waiting)
    elif endpoint.enabled and endpoint.oldest and now - endpoint.oldest > _LONG:
        since = _time(endpoint.oldest)
        yield warning(CHECK, "doctor_webhook_slow", name=endpoint.name, since=since, waiting=endpoint.waiting)


def _facts(row: Row[EndpointRow, int, datetime | None, datetime | None]) -> EndpointFacts:
    endpoint, waiting, oldest, due = row
    return EndpointFacts(
        # A token may stand in the path.
        name=endpoint.description or urlsplit(endpoint.url).netloc,
        enabled=endpoint.enabled,
        off_reason=endpoint.off_reason,
        off_at=endpoint.off_at,
        failing_since=endpoint.failing_since,
        waiting=waiting,
        oldest=oldest,
        due=due,
    )


def _time(at: datetime | None) -> str:
    return at.isoformat(sep=" ", timespec="minutes") if at is not None else "-"
