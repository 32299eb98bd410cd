"""Customers over HTTP."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from aiohttp import web
from pydantic import BaseModel

from callcenter.customers.import_commit import Importer, Outcome
from callcenter.customers.importing import LineError
from callcenter.customers.numbers import parse
from callcenter.customers.service import Customers
from callcenter.customers.shapes import Customer, CustomerCandidate, CustomerChange, CustomerDraft, CustomerRow
from callcenter.errors import Problem
from callcenter.rooms import Room
from callcenter.web.http import Context, Page, Route
from callcenter.web.paging import PageQuery, cut
from callcenter.web.versions import version_of
from callcenter.words import explain, preferred


class CustomerQuery(PageQuery):
    """`q`: part of a name, a number in any shape, its last digits, a room, or the number in the firm's books."""

    q: str | None = None


class LookupQuery(BaseModel):
    number: str


class Lookup(BaseModel):
    """Who has a number. `number` is its E.164 form, null where it has none."""

    number: str | None
    candidates: list[CustomerCandidate]


class ImportQuery(BaseModel):
    dry_run: bool = False


class ImportLineError(BaseModel):
    """What is wrong in one line, counted as an editor counts, in the reader's language."""

    line: int
    field: str | None
    code: str
    value: str
    title: str
    remedy: str


class ImportResult(BaseModel):
    """What an import did, or in a dry run would do. `ignored` are headings that mean nothing to us."""

    dry_run: bool
    rows: int
    created: int
    updated: int
    unchanged: int
    errors: list[ImportLineError]
    errors_left_out: int
    ignored: list[str]


@dataclass(frozen=True)
class CustomerRoutes:
    """Handlers of the customer resource."""

    customers: Customers

    async def page(self, ctx: Context) -> Page[CustomerRow]:
        query: CustomerQuery = ctx.query
        found = await self.customers.search(query.q, query.cursor, query.limit + 1)
        shown, cursor = cut(found, query.limit, lambda customer: customer.id)
        return Page[CustomerRow](items=shown, next_cursor=cursor)

    async def show(self, ctx: Context) -> Customer:
        return await self.customers.get(ctx.path("id"))

    async def create(self, ctx: Context) -> Customer:
        return await self.customers.create(ctx.body)

    async def update(self, ctx: Context) -> Customer:
        return await self.customers.update(ctx.path("id"), ctx.body, version_of(ctx.request))

    async def lookup(self, ctx: Context) -> Lookup:
        raw: str = ctx.query.number
        found = await self.customers.find_by_number(raw)
        return Lookup(number=parse(raw, self.customers.region).e164, candidates=found)

    async def load(self, ctx: Context) -> ImportResult:
        dry_run: bool = ctx.query.dry_run
        importer = Importer(self.customers.db, self.customers.clock, self.customers.region)
        outcome = await importer.run(await _uploaded(ctx.request), dry_run=dry_run)
        return result(outcome, dry_run, preferred(ctx.request.headers.get("Accept-Language", "")))


def result(outcome: Outcome, dry_run: bool, language: str) -> ImportResult:
    """An import's outcome in words."""
    return ImportResult(
        dry_run=dry_run,
        rows=outcome.rows,
        created=outcome.effects["created"],
        updated=outcome.effects["updated"],
        unchanged=outcome.effects["unchanged"],
        errors=list(_told(outcome.errors, language)),
        errors_left_out=outcome.errors_left_out,
        ignored=list(outcome.ignored),
    )


def _told(errors: Iterable[LineError], language: str) -> Iterable[ImportLineError]:
    for error in errors:
        params: dict[str, Any] = {"value": error.value, "line": error.line, **error.params}
        words = explain(Problem.of(error.code, error.field, params), language)
        yield ImportLineError(
            line=error.line,
            field=error.field,
            code=error.code,
            value=error.value,
            title=words.title,
            remedy=words.remedy,
        )


async def _uploaded(request: web.Request) -> BinaryIO:
    """The uploaded file; aiohttp has put a large one on the disk."""
    if not request.content_type.startswith("multipart/"):
        raise Problem("import_file_missing", field="file")
    part = (await request.post()).get("file")
    if isinstance(part, web.FileField):
        return cast(BinaryIO, part.file)
    if isinstance(part, str) and part:
        return io.BytesIO(part.encode())
    raise Problem("import_file_missing", field="file")


def build(customers: Customers) -> Room:
    """The room's routes. The time line of a customer belongs to the desk."""
    routes = CustomerRoutes(customers)
    one, read, write = "/customers/{id}", "customers.read", "customers.write"
    return Room(
        routes=[
            Route("GET", "/customers", routes.page, query=CustomerQuery, response=Page[CustomerRow], permission=read),
            Route(
                "POST",
                "/customers",
                routes.create,
                request=CustomerDraft,
                response=Customer,
                permission=write,
                status=201,
            ),
            Route("GET", "/customers/lookup", routes.lookup, query=LookupQuery, response=Lookup, permission=read),
            Route(
                "POST",
                "/customers/import",
                routes.load,
                query=ImportQuery,
                response=ImportResult,
                permission="customers.import",
            ),
            Route("GET", one, routes.show, response=Customer, permission=read),
            Route("PATCH", one, routes.update, request=CustomerChange, response=Customer, permission=write),
        ]
    )
