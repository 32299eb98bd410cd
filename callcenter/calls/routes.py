"""What an agent adds to a call, and its playback, over HTTP. Lists and the call's page live in `desk`."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.calls.notes import Notes
from callcenter.calls.playback import Playback
from callcenter.calls.service import Calls
from callcenter.calls.shapes import DispositionChoice, NoteText, PeaksView, TranscriptView
from callcenter.rooms import Room
from callcenter.web.http import Context, Route


@dataclass(frozen=True)
class CallRoutes:
    """Handlers."""

    calls: Calls
    notes: Notes

    async def set_disposition(self, ctx: Context) -> None:
        await self.calls.set_disposition(ctx.path("id"), ctx.body.code, ctx.body.note)
        await self.notes.keep(ctx.path("id"), ctx.me.user_id, ctx.me.extension, ctx.body.note)

    async def keep_note(self, ctx: Context) -> None:
        await self.notes.keep(ctx.path("id"), ctx.me.user_id, ctx.me.extension, ctx.body.note)


def build(calls: Calls, notes: Notes, playback: Playback) -> Room:
    """The room's routes."""
    routes = CallRoutes(calls, notes)
    return Room(
        routes=[
            Route(
                "PUT",
                "/calls/{id}/disposition",
                routes.set_disposition,
                request=DispositionChoice,
                permission="desk",
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
