"""What an agent adds to a call, and its playback, over HTTP. Lists and the call's page live in `desk`."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.calls.playback import Playback
from callcenter.calls.service import Calls
from callcenter.calls.shapes import DispositionChoice, PeaksView, TranscriptView
from callcenter.rooms import Room
from callcenter.web.http import Context, Route


@dataclass(frozen=True)
class CallRoutes:
    """Handlers."""

    calls: Calls

    async def set_disposition(self, ctx: Context) -> None:
        await self.calls.set_disposition(ctx.path("id"), ctx.body.code, ctx.body.note)


def build(calls: Calls, playback: Playback) -> Room:
    """The room's routes."""
    routes = CallRoutes(calls)
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
