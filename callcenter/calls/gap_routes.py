"""Times in which Asterisk was not heard, for those who keep the system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import AwareDatetime, BaseModel

from callcenter.calls import gaps
from callcenter.db import Database
from callcenter.web.http import Context, Page, Route
from callcenter.web.paging import PageQuery, cut


class GapView(BaseModel):
    """A gap. `ended_at` is null while it lasts; `closed_by` says from where what was not heard was filled in, null when
    it was not. `found`: calls that nobody had heard of; `ended`: calls that ended meanwhile; `call_ids`: calls that may
    still lack something. `lag_s`: the greatest delay of late events."""

    id: str
    server: str
    why: Literal["link", "process", "restart", "buffer", "late"]
    began_at: AwareDatetime
    ended_at: AwareDatetime | None
    closed_by: Literal["files", "snapshot"] | None
    found: int
    ended: int
    call_ids: list[str]
    lag_s: float | None


@dataclass(frozen=True)
class GapRoutes:
    """Handlers."""

    db: Database

    async def page(self, ctx: Context) -> Page[GapView]:
        rows = await gaps.newest(self.db, ctx.query.limit + 1, ctx.query.cursor)
        shown, cursor = cut(rows, ctx.query.limit, lambda row: row.id)
        calls = await gaps.calls_of(self.db, [row.id for row in shown])
        views = [GapView.model_validate({**vars(row), "call_ids": calls.get(row.id, [])}) for row in shown]
        return Page(items=views, next_cursor=cursor)


def gap_routes(db: Database) -> list[Route]:
    """The routes."""
    page = GapRoutes(db).page
    return [
        Route("GET", "/ledger/gaps", page, query=PageQuery, response=Page[GapView], permission="system.read"),
    ]
