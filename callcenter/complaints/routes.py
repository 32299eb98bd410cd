"""Tickets over HTTP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.complaints import model
from callcenter.complaints.categories import Category as TreeCategory
from callcenter.complaints.categories import Kind
from callcenter.complaints.ports import People
from callcenter.complaints.service import NewTicket, TicketFilter, Tickets
from callcenter.errors import Problem
from callcenter.events.complaints import CrmState
from callcenter.rooms import Room
from callcenter.web.http import Context, Items, Page, Route
from callcenter.web.paging import PageQuery, cut
from callcenter.web.text import ONE_LINE, SEVERAL_LINES
from callcenter.words import explain, preferred

Status = Literal["open", "closed"]


class Crm(BaseModel):
    """How the ticket fares on its way to the firm's own CRM. `last_error` is in the reader's language."""

    state: CrmState
    attempts: int
    last_error: str | None
    last_error_remedy: str | None
    external_id: str | None
    url: str | None
    next_try_at: AwareDatetime | None


class TicketRow(BaseModel):
    """A ticket as the screens show it."""

    id: str
    version: int
    number: str
    kind: Kind
    category: str | None
    summary: str
    status: Status
    customer_id: str | None
    customer_name: str | None
    caller_number: str | None
    call_id: str | None
    owner_id: str
    owner_name: str | None
    created_at: AwareDatetime
    crm: Crm


class NewTicketBody(BaseModel):
    """A ticket to open: three fields a person fills in, and what the screen knows by itself."""

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    category: Annotated[str, Field(max_length=64), ONE_LINE] | None = None
    summary: Annotated[str, SEVERAL_LINES]
    call_id: Annotated[str, Field(max_length=36), ONE_LINE] | None = None
    customer_id: Annotated[str, Field(max_length=36), ONE_LINE] | None = None
    caller_number: Annotated[str, Field(max_length=64), ONE_LINE] | None = None


class TicketQuery(PageQuery):
    """Filters of the list. `q` looks in number, facts, caller's number and customer."""

    q: str | None = None
    kind: Kind | None = None
    status: Status | None = None
    customer_id: str | None = None
    call_id: str | None = None


class Category(BaseModel):
    """One thing a ticket can be about, named in the reader's language."""

    code: str
    kinds: list[Kind]
    name: str
    children: list[Category]


@dataclass(frozen=True)
class TicketShapes:
    """Rows of the database → what the screens get. The desk uses it as well."""

    tickets: Tickets
    people: People

    async def shaped(self, rows: Sequence[model.TicketRow], language: str) -> list[TicketRow]:
        """The rows in the same order, with the names of customers and owners."""
        customers = await self.tickets.customers.names({row.customer_id for row in rows if row.customer_id})
        owners = await self.people.names({row.owner_id for row in rows})
        return [_ticket(row, customers, owners, language) for row in rows]


@dataclass(frozen=True)
class TicketRoutes:
    """Handlers of the ticket resource."""

    tickets: Tickets
    shapes: TicketShapes

    async def page(self, ctx: Context) -> Page[TicketRow]:
        query: TicketQuery = ctx.query
        wanted = TicketFilter(query.q, query.kind, query.status, query.customer_id, query.call_id)
        rows = await self.tickets.page(wanted, query.cursor, query.limit + 1)
        shown, cursor = cut(rows, query.limit, lambda row: row.id)
        return Page[TicketRow](items=await self.shapes.shaped(shown, _language(ctx)), next_cursor=cursor)

    async def show(self, ctx: Context) -> TicketRow:
        return await self._one(ctx, await self.tickets.get(ctx.path("id")))

    async def open(self, ctx: Context) -> TicketRow:
        body: NewTicketBody = ctx.body
        wanted = NewTicket(**body.model_dump())
        key = ctx.request.headers.get("Idempotency-Key")
        return await self._one(ctx, await self.tickets.open(wanted, ctx.me.user_id, key))

    async def retry(self, ctx: Context) -> TicketRow:
        return await self._one(ctx, await self.tickets.retry_crm(ctx.path("id")))

    async def categories(self, ctx: Context) -> Items[Category]:
        language = _language(ctx)
        return Items[Category](items=[_category(root, language) for root in self.tickets.categories.roots])

    async def _one(self, ctx: Context, row: model.TicketRow) -> TicketRow:
        return (await self.shapes.shaped([row], _language(ctx)))[0]


def _language(ctx: Context) -> str:
    request: web.Request = ctx.request
    return preferred(request.headers.get("Accept-Language", ""))


def _category(category: TreeCategory, language: str) -> Category:
    children = [_category(child, language) for child in category.children]
    return Category(code=category.code, kinds=list(category.kinds), name=category.label(language), children=children)


def _ticket(row: model.TicketRow, customers: Mapping[str, str], owners: Mapping[str, str], language: str) -> TicketRow:
    columns = {name: getattr(row, name) for name in TicketRow.model_fields if hasattr(row, name)}
    return TicketRow(
        **columns,
        customer_name=customers.get(row.customer_id or ""),
        owner_name=owners.get(row.owner_id),
        crm=_crm(row, language),
    )


def _crm(row: model.TicketRow, language: str) -> Crm:
    words = None
    if row.crm_last_error is not None:
        kept = row.crm_last_error
        words = explain(Problem.of(kept["code"], kept["field"], kept["params"]), language)
    state: CrmState = row.crm_state  # type: ignore[assignment]  # only crm_flow and service write it
    return Crm(
        state=state,
        attempts=row.crm_attempts,
        last_error=words.title if words else None,
        last_error_remedy=words.remedy if words else None,
        external_id=row.crm_external_id,
        url=row.crm_url,
        next_try_at=row.crm_next_try_at,
    )


def build(tickets: Tickets, people: People) -> Room:
    """The room's routes."""
    routes = TicketRoutes(tickets, TicketShapes(tickets, people))
    ticket, read, write = "/tickets/{id}", "tickets.read", "tickets.write"
    return Room(
        routes=[
            Route("GET", "/tickets", routes.page, query=TicketQuery, response=Page[TicketRow], permission=read),
            Route(
                "POST", "/tickets", routes.open, request=NewTicketBody, response=TicketRow, permission=write, status=201
            ),
            Route("GET", "/tickets/categories", routes.categories, response=Items[Category], permission=read),
            Route("GET", ticket, routes.show, response=TicketRow, permission=read),
            Route("POST", ticket + "/crm/retry", routes.retry, response=TicketRow, permission=write),
        ]
    )
