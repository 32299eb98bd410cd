"""An agent's presence and the queues, over HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from callcenter.errors import Problem
from callcenter.queues.service import Queues
from callcenter.queues.shapes import PresenceChoice, PresenceView, QueueLive
from callcenter.rooms import Room
from callcenter.web.http import Context, Items, Route
from callcenter.web.identity import Identity


@dataclass(frozen=True)
class QueueRoutes:
    """Handlers."""

    queues: Queues
    pause_reasons: Sequence[str]

    async def show(self, ctx: Context) -> PresenceView:
        return self._view(ctx.me)

    async def choose(self, ctx: Context) -> PresenceView:
        extension, choice = _phone(ctx.me), ctx.body
        reason = self._reason(choice)
        await self.queues.presence.choose(ctx.me.user_id, extension, choice.state, reason)
        return self._view(ctx.me)

    async def end_wrapup(self, ctx: Context) -> PresenceView:
        await self.queues.presence.end_wrapup(ctx.me.user_id, _phone(ctx.me))
        return self._view(ctx.me)

    async def live(self, ctx: Context) -> Items[QueueLive]:
        return Items[QueueLive](items=self.queues.live())

    def _view(self, me: Identity) -> PresenceView:
        return self.queues.view(me.user_id, me.extension)

    def _reason(self, choice: PresenceChoice) -> str | None:
        if choice.state != "paused":
            return None
        if choice.reason not in self.pause_reasons:
            known = ", ".join(self.pause_reasons)
            raise Problem("pause_reason_unknown", field="reason", value=choice.reason or "", reasons=known)
        return choice.reason


def _phone(me: Identity) -> str:
    if me.extension is None:
        raise Problem("no_phone", status=409, username=me.username)
    return me.extension


def build(queues: Queues, pause_reasons: Sequence[str]) -> Room:
    """The room's routes."""
    routes = QueueRoutes(queues, pause_reasons)
    return Room(
        routes=[
            Route("GET", "/presence", routes.show, response=PresenceView, permission="desk"),
            Route(
                "PUT",
                "/presence",
                routes.choose,
                request=PresenceChoice,
                response=PresenceView,
                permission="desk",
            ),
            Route("POST", "/presence/end-wrapup", routes.end_wrapup, response=PresenceView, permission="desk"),
            Route("GET", "/queues", routes.live, response=Items[QueueLive], permission="desk"),
        ]
    )
