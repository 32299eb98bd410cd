"""The desk over HTTP: its socket, the list of calls, one call, a customer's time line."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.desk.call_detail import CallDetails
from callcenter.desk.call_list import CallList
from callcenter.desk.call_shapes import CallDetail, CallQuery, CallRow
from callcenter.desk.caller import Callers
from callcenter.desk.screen_pop import ScreenPop
from callcenter.desk.socket import DeskSocket
from callcenter.desk.timeline import CustomerEvent, CustomerTimeline
from callcenter.events.calls import PopDismissed
from callcenter.web.http import Context, Items, Page, Route
from callcenter.web.paging import cut
from callcenter.words import preferred


class CallerChoice(BaseModel):
    """Who calls; null takes the choice back."""

    model_config = ConfigDict(extra="forbid")
    customer_id: str | None


@dataclass(frozen=True)
class DeskRoutes:
    """Handlers of what is read across rooms."""

    calls: CallList
    details: CallDetails
    timeline: CustomerTimeline
    callers: Callers
    screen_pop: ScreenPop
    db: Database
    clock: Clock

    async def page(self, ctx: Context) -> Page[CallRow]:
        query: CallQuery = ctx.query
        rows = await self.calls.page(query, ctx.me.user_id)
        shown, cursor = cut(rows, query.limit, lambda row: row.id)
        return Page[CallRow](items=shown, next_cursor=cursor)

    async def show(self, ctx: Context) -> CallDetail:
        language = preferred(ctx.request.headers.get("Accept-Language", ""))
        return await self.details.show(ctx.path("id"), language)

    async def choose_customer(self, ctx: Context) -> None:
        await self.callers.choose(ctx.path("id"), ctx.body.customer_id)

    async def customer_timeline(self, ctx: Context) -> Items[CustomerEvent]:
        return Items[CustomerEvent](items=await self.timeline.show(ctx.path("id")))

    async def dismiss(self, ctx: Context) -> None:
        """The journal tells all his tabs, in whichever process they are."""
        extension, call_id = ctx.me.extension, ctx.path("id")
        if extension and self.screen_pop.may_dismiss(extension, call_id):
            async with self.db.transaction() as work:
                work.emit(PopDismissed(at=self.clock(), call_id=call_id, extension=extension))


def routes_of(desk: DeskRoutes, socket: DeskSocket) -> list[Route]:
    """The routes as data."""
    read = "calls.read"
    return [
        Route("GET", "/desk", socket.serve, permission="desk"),
        Route("POST", "/desk/pops/{id}/dismiss", desk.dismiss, permission="desk"),
        Route("GET", "/calls", desk.page, query=CallQuery, response=Page[CallRow], permission=read),
        Route("GET", "/calls/{id}", desk.show, response=CallDetail, permission=read),
        Route("PUT", "/calls/{id}/customer", desk.choose_customer, request=CallerChoice, permission="desk"),
        Route(
            "GET",
            "/customers/{id}/timeline",
            desk.customer_timeline,
            response=Items[CustomerEvent],
            permission="customers.read",
        ),
    ]
