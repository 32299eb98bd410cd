"""What an agent adds to a call, and its playback, over HTTP. Lists and the call's page live in `desk`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import cast

from callcenter.calls import gaps
from callcenter.calls.last_heard import closing
from callcenter.calls.model import LedgerGapRow
from callcenter.calls.notes import Notes
from callcenter.calls.playback import Playback
from callcenter.calls.service import Calls
from callcenter.calls.shapes import DispositionChoice, GapView, NoteText, PeaksView, TranscriptView
from callcenter.rooms import Room
from callcenter.web.http import Context, Page, Route
from callcenter.web.paging import PageQuery, cut


@dataclass(frozen=True)
class CallRoutes:
    """Handlers. `servers` are the names of those that are set up."""

    calls: Calls
    notes: Notes
    servers: Collection[str]

    async def set_disposition(self, ctx: Context) -> None:
        await self.calls.set_disposition(ctx.path("id"), ctx.body.code, ctx.body.note)
        await self.notes.keep(ctx.path("id"), ctx.me.user_id, ctx.me.extension, ctx.body.note)

    async def keep_note(self, ctx: Context) -> None:
        await self.notes.keep(ctx.path("id"), ctx.me.user_id, ctx.me.extension, ctx.body.note)

    async def gaps(self, ctx: Context) -> Page[GapView]:
        rows = await gaps.newest(self.calls.db, ctx.query.limit + 1, ctx.query.cursor)
        page, cursor = cut(rows, ctx.query.limit, lambda row: row.id)
        marked = await gaps.calls_of(self.calls.db, [row.id for row in page])
        return Page(items=[self._gap(row, marked.get(row.id, [])) for row in page], next_cursor=cursor)

    def _gap(self, row: LedgerGapRow, calls: list[str]) -> GapView:
        return GapView(
            id=row.id,
            server=row.server,
            why=cast(gaps.Why, row.why),
            since=row.began_at,
            to=row.ended_at,
            closed_by=closing(row, self.servers),
            found=row.found,
            ended=row.ended,
            holds=row.holds,
            calls=calls,
            lag_s=row.lag_s,
        )


def build(calls: Calls, notes: Notes, playback: Playback, servers: Collection[str]) -> Room:
    """The room's routes."""
    routes = CallRoutes(calls, notes, servers)
    return Room(
        routes=[
            Route(
                "PUT",
                "/calls/{id}/disposition",
                routes.set_disposition,
                request=DispositionChoice,
                permission="desk",
            ),
            Route(
                "GET", "/ledger/gaps", routes.gaps, query=PageQuery, response=Page[GapView], permission="system.read"
            ),
            Route("PUT", "/calls/{id}/note", routes.keep_note, request=NoteText, permission="desk"),
            Route(
                "GET",
                "/calls/{id}/recording/peaks",
                playback.peaks,
                response=PeaksView,
                permission="calls.read",
            ),
            Route(
                "GET",
                "/calls/{id}/recording/{side}.wav",
                playback.sound,
                permission="calls.read",
            ),
            Route(
                "GET",
                "/calls/{id}/transcript",
                playback.transcript,
                response=TranscriptView,
                permission="calls.read",
            ),
        ]
    )
