"""Sign-in, who am I, sign-out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from callcenter.accounts.service import Accounts
from callcenter.rooms import Room
from callcenter.setting_groups import FirmSettings
from callcenter.web.http import Context, Route
from callcenter.web.identity import PERMISSIONS, Identity, Role
from callcenter.web.server import COOKIE

PAUSE_REASONS = ["break", "meal", "training", "meeting", "paperwork", "other"]


class Credentials(BaseModel):
    username: Annotated[str, Field(max_length=64)]
    password: Annotated[str, Field(max_length=200)]


class LanguageChoice(BaseModel):
    language: Literal["zh-CN", "en"]


class Me(BaseModel):
    """The signed-in user, and what his screens need to know of the firm."""

    class User(BaseModel):
        id: str
        username: str
        name: str
        role: Role
        extension: str | None
        language: str

    class Firm(BaseModel):
        name: str
        timezone: str

    user: User
    permissions: list[str]
    csrf: str
    firm: Firm
    pause_reasons: list[str]


@dataclass(frozen=True)
class AccountRoutes:
    """Handlers of the session resource."""

    accounts: Accounts
    firm: FirmSettings
    signed_in: Callable[[], Awaitable[None]]
    signed_out: Callable[[Identity], Awaitable[None]]
    https_only: bool

    async def sign_in(self, ctx: Context) -> web.Response:
        token = await self.accounts.sign_in(ctx.body.username.strip(), ctx.body.password, ctx.request.remote or "")
        identity = await self.accounts.identify(token)
        assert identity is not None
        await self.signed_in()
        response = web.Response(body=self._me(identity).model_dump_json(), content_type="application/json")
        secure = self.https_only or ctx.request.secure
        response.set_cookie(COOKIE, token, httponly=True, samesite="Strict", secure=secure, path="/")
        return response

    async def show(self, ctx: Context) -> Me:
        return self._me(ctx.me)

    async def sign_out(self, ctx: Context) -> web.Response:
        await self.accounts.sign_out(ctx.request.cookies[COOKIE])
        await self.signed_out(ctx.me)
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/")
        return response

    async def choose_language(self, ctx: Context) -> Me:
        await self.accounts.set_language(ctx.me.user_id, ctx.body.language)
        identity = await self.accounts.identify(ctx.request.cookies[COOKIE])
        assert identity is not None
        return self._me(identity)

    def _me(self, who: Identity) -> Me:
        return Me(
            user=Me.User(
                id=who.user_id,
                username=who.username,
                name=who.name,
                role=who.role,
                extension=who.extension,
                language=who.language,
            ),
            permissions=sorted(PERMISSIONS[who.role]),
            csrf=who.csrf,
            firm=Me.Firm(name=self.firm.name, timezone=self.firm.timezone),
            pause_reasons=PAUSE_REASONS,
        )


async def _nobody_asks(*_args: object) -> None:
    pass


def build(
    accounts: Accounts,
    firm: FirmSettings,
    signed_in: Callable[[], Awaitable[None]] = _nobody_asks,
    signed_out: Callable[[Identity], Awaitable[None]] = _nobody_asks,
    *,
    https_only: bool = False,
) -> Room:
    """The room's routes. `signed_in` and `signed_out` are awaited whenever somebody has signed in or out.

    `https_only`: people reach the service over TLS, whatever the last proxy speaks; the cookie is for that alone.
    """
    routes = AccountRoutes(accounts, firm, signed_in, signed_out, https_only)
    return Room(
        routes=[
            Route("POST", "/session", routes.sign_in, request=Credentials, response=Me, open=True),
            Route("GET", "/session", routes.show, response=Me),
            Route("DELETE", "/session", routes.sign_out),
            Route("PATCH", "/session", routes.choose_language, request=LanguageChoice, response=Me),
        ]
    )
