"""Webhooks over HTTP, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from callcenter.events import CATALOGUE
from callcenter.hooks import model
from callcenter.hooks.catalogue import OFFERED
from callcenter.hooks.checks import Wanted
from callcenter.hooks.deliveries import Deliveries, DeliveryFilter, Range
from callcenter.hooks.secrets import old_until
from callcenter.hooks.service import Endpoints
from callcenter.hooks.shapes import (
    Attempt,
    Counts,
    Delivery,
    DeliveryDetail,
    DeliveryQuery,
    EventType,
    Replayed,
    ReplayRequest,
    Webhook,
    WebhookDraft,
    WebhookWithSecret,
    delivery_shape,
)
from callcenter.web.http import Context, Items, Page, Route
from callcenter.web.paging import PageQuery, cut
from callcenter.web.versions import version_of

PERMISSION = "webhooks"


@dataclass(frozen=True)
class WebhookRoutes:
    """Handlers of the webhook resource."""

    endpoints: Endpoints
    deliveries: Deliveries

    async def page(self, ctx: Context) -> Page[Webhook]:
        query: PageQuery = ctx.query
        rows = await self.endpoints.page(query.cursor, query.limit + 1)
        shown, cursor = cut(rows, query.limit, lambda row: row.id)
        return Page[Webhook](items=await self._shaped(shown), next_cursor=cursor)

    async def event_types(self, _ctx: Context) -> Items[EventType]:
        rooms = {name: CATALOGUE[name].__module__.rpartition(".")[2] for name in OFFERED}
        return Items[EventType](items=[EventType(type=name, room=rooms[name]) for name in OFFERED])

    async def create(self, ctx: Context) -> WebhookWithSecret:
        key = ctx.request.headers.get("Idempotency-Key")
        row = await self.endpoints.create(_wanted(ctx.body), ctx.me.user_id, key)
        return await self._with_secret(row)

    async def show(self, ctx: Context) -> Webhook:
        return (await self._shaped([await self.endpoints.get(ctx.path("id"))]))[0]

    async def update(self, ctx: Context) -> Webhook:
        version = version_of(ctx.request)
        row = await self.endpoints.update(ctx.path("id"), _wanted(ctx.body), version, ctx.me.user_id)
        return (await self._shaped([row]))[0]

    async def delete(self, ctx: Context) -> None:
        await self.endpoints.delete(ctx.path("id"), version_of(ctx.request), ctx.me.user_id)

    async def rotate(self, ctx: Context) -> WebhookWithSecret:
        row = await self.endpoints.rotate(ctx.path("id"), version_of(ctx.request), ctx.me.user_id)
        return await self._with_secret(row)

    async def test(self, ctx: Context) -> Delivery:
        endpoint = await self.endpoints.get(ctx.path("id"))
        key = ctx.request.headers.get("Idempotency-Key")
        return delivery_shape(await self.deliveries.test(endpoint, ctx.me.user_id, key))

    async def replay(self, ctx: Context) -> Replayed:
        body: ReplayRequest = ctx.body
        endpoint = await self.endpoints.get(ctx.path("id"))
        key = ctx.request.headers.get("Idempotency-Key")
        wanted = Range(body.event_seq, body.since, body.until, body.missing)
        return Replayed(count=await self.deliveries.replay(endpoint, wanted, ctx.me.user_id, key))

    async def delivery_page(self, ctx: Context) -> Page[Delivery]:
        query: DeliveryQuery = ctx.query
        wanted = DeliveryFilter(query.endpoint_id, query.state, query.type)
        rows = await self.deliveries.page(wanted, query.cursor, query.limit + 1)
        shown, cursor = cut(rows, query.limit, lambda row: row.id)
        return Page[Delivery](items=[delivery_shape(row) for row in shown], next_cursor=cursor)

    async def delivery(self, ctx: Context) -> DeliveryDetail:
        row, payload = await self.deliveries.one(ctx.path("id"))
        attempts = [Attempt(**each) for each in reversed(row.tries)]
        return DeliveryDetail(delivery=delivery_shape(row), attempts=attempts, payload=payload)

    async def resend(self, ctx: Context) -> Delivery:
        return delivery_shape(await self.deliveries.resend(ctx.path("id"), ctx.me.user_id))

    async def _with_secret(self, row: model.EndpointRow) -> WebhookWithSecret:
        return WebhookWithSecret(webhook=(await self._shaped([row]))[0], secret=row.secret)

    async def _shaped(self, rows: Sequence[model.EndpointRow]) -> list[Webhook]:
        counts = await self.deliveries.counts([row.id for row in rows])
        now = self.endpoints.clock()
        return [
            Webhook(
                **{name: getattr(row, name) for name in Webhook.model_fields if hasattr(row, name)},
                old_secret_until=old_until(row.old_secrets, now),
                deliveries=Counts(**counts.get(row.id, {})),
            )
            for row in rows
        ]

    def routes(self) -> list[Route]:
        """All of it. What is fixed stands before what has an id in its place."""
        return [replace(route, permission=PERMISSION) for route in (*self._of_deliveries(), *self._of_endpoints())]

    def _of_deliveries(self) -> list[Route]:
        every, one = "/webhooks/deliveries", "/webhooks/deliveries/{id}"
        return [
            Route("GET", every, self.delivery_page, query=DeliveryQuery, response=Page[Delivery]),
            Route("GET", one, self.delivery, response=DeliveryDetail),
            Route("POST", one + "/resend", self.resend, response=Delivery),
        ]

    def _of_endpoints(self) -> list[Route]:
        every, one = "/webhooks", "/webhooks/{id}"
        return [
            Route("GET", every, self.page, query=PageQuery, response=Page[Webhook]),
            Route("POST", every, self.create, request=WebhookDraft, response=WebhookWithSecret, status=201),
            Route("GET", every + "/event-types", self.event_types, response=Items[EventType]),
            Route("GET", one, self.show, response=Webhook),
            Route("PATCH", one, self.update, request=WebhookDraft, response=Webhook),
            Route("DELETE", one, self.delete),
            Route("POST", one + "/secret", self.rotate, response=WebhookWithSecret),
            Route("POST", one + "/test", self.test, response=Delivery),
            Route("POST", one + "/replay", self.replay, request=ReplayRequest, response=Replayed),
        ]


def _wanted(body: WebhookDraft) -> Wanted:
    return Wanted(body.url, tuple(body.event_types), body.description, body.enabled)
