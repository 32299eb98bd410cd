"""Signing in and out; making users."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import get_args

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import delete, select, update

from callcenter.accounts.model import SessionRow, UserRow
from callcenter.accounts.tries import Tries
from callcenter.clock import Clock
from callcenter.db import Database
from callcenter.errors import Problem
from callcenter.events import Event
from callcenter.events.ids import new_id
from callcenter.events.people import SessionEnded, StaffChanged
from callcenter.link import Link, LocalLink
from callcenter.web.identity import Identity, Role

_SESSION = timedelta(hours=12)
# A command in another process may change a user: a running session knows him so long without asking.
_REMEMBERED = timedelta(seconds=60)
_MIN_PASSWORD = 8


@dataclass(frozen=True)
class NewUser:
    """What is needed to make a user."""

    username: str
    name: str
    role: Role
    password: str
    extension: str | None = None
    language: str = "zh-CN"


@dataclass
class Accounts:
    """The users of the service. It is the `Sessions` of the web server."""

    db: Database
    clock: Clock
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    link: Link = field(default_factory=LocalLink)
    _known: dict[str, tuple[Identity, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tries = Tries(self.link)

    async def add(self, user: NewUser) -> str:
        """Make a user; his id. A user of that name keeps his id and gets the new particulars.

        A password other than the one he had ends his sessions.
        """
        _check(user)
        kept = await self._password_hash(user.username)
        same = kept is not None and await asyncio.to_thread(self._matches, kept, user.password)
        password_hash = kept if kept and same else await asyncio.to_thread(self.hasher.hash, user.password)
        async with self.db.transaction() as work:
            row = await work.session.scalar(select(UserRow).where(UserRow.username == user.username))
            if row is None:
                row = UserRow(id=new_id(), username=user.username, created_at=self.clock())
                work.session.add(row)
            row.name, row.role, row.extension = user.name, user.role, user.extension
            row.language, row.password_hash = user.language, password_hash
            if not same:
                await work.session.execute(delete(SessionRow).where(SessionRow.user_id == row.id))
                work.emit(SessionEnded(at=self.clock(), user_id=row.id, session=None))
            work.emit(StaffChanged(at=self.clock()))
        self._known.clear()
        return row.id

    async def sign_in(self, username: str, password: str, address: str = "") -> str:
        """A new session's token. Wrong name and wrong password are told apart to nobody.

        `address` is where the try comes from: who guesses there locks nobody out elsewhere.
        """
        await self.tries.count(username, address)
        async with self.db.read() as session:
            user = await session.scalar(select(UserRow).where(UserRow.username == username))
        hashed = user.password_hash if user else None
        if not await asyncio.to_thread(self._matches, hashed, password) or user is None:
            raise Problem("wrong_password", status=401, field="password")
        await self.tries.forget(username, address)
        return await self._open(user.id)

    async def identify(self, token: str) -> Identity | None:
        """The user behind a token; None when it is unknown or expired."""
        hashed = _hash(token)
        known = self._known.get(hashed)
        if known and known[1] > self.clock():
            return known[0]
        query = select(SessionRow, UserRow).join(UserRow).where(SessionRow.token_hash == hashed)
        async with self.db.read() as session:
            row = (await session.execute(query)).one_or_none()
        if row is None or row[0].expires_at <= self.clock():
            return None
        identity = _identity(row[0], row[1])
        self._known[hashed] = (identity, min(row[0].expires_at, self.clock() + _REMEMBERED))
        return identity

    async def sign_out(self, token: str) -> None:
        """End a session."""
        hashed = _hash(token)
        async with self.db.transaction() as work:
            row = await work.session.get(SessionRow, hashed)
            if row is not None:
                await work.session.delete(row)
                work.emit(SessionEnded(at=self.clock(), user_id=row.user_id, session=hashed))
        self._known.pop(hashed, None)

    async def on_event(self, event: Event) -> None:
        """Live subscriber: somebody was signed out or changed, by whichever process."""
        if isinstance(event, SessionEnded) and event.session is not None:
            self._known.pop(event.session, None)
        else:
            self._known.clear()

    async def set_language(self, user_id: str, language: str) -> None:
        """The language of a user's screens."""
        async with self.db.transaction() as work:
            await work.session.execute(update(UserRow).where(UserRow.id == user_id).values(language=language))
            work.emit(StaffChanged(at=self.clock()))
        self._known.clear()

    async def agents(self) -> list[UserRow]:
        """Every user who has a phone."""
        async with self.db.read() as session:
            rows = await session.scalars(select(UserRow).where(UserRow.extension.is_not(None)))
            return list(rows.all())

    async def _open(self, user_id: str) -> str:
        token = secrets.token_urlsafe(32)
        now = self.clock()
        row = SessionRow(
            token_hash=_hash(token),
            user_id=user_id,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            expires_at=now + _SESSION,
        )
        self._known = {known: kept for known, kept in self._known.items() if kept[1] > now}
        async with self.db.transaction() as work:
            await work.session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
            work.session.add(row)
        return token

    async def _password_hash(self, username: str) -> str | None:
        async with self.db.read() as session:
            return await session.scalar(select(UserRow.password_hash).where(UserRow.username == username))

    @cached_property
    def _nobodys(self) -> str:
        return self.hasher.hash(secrets.token_urlsafe())

    def _matches(self, hashed: str | None, password: str) -> bool:
        """Takes a while, so in a thread; as long for a user who does not exist (None)."""
        try:
            return self.hasher.verify(hashed or self._nobodys, password)
        except VerificationError:
            return False


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _identity(session: SessionRow, user: UserRow) -> Identity:
    role: Role = user.role  # type: ignore[assignment]  # checked when the user was made
    return Identity(
        user.id,
        user.username,
        user.name,
        role,
        user.extension,
        user.language,
        session.csrf,
        session.token_hash,
        session.expires_at,
    )


def _check(user: NewUser) -> None:
    if len(user.password) < _MIN_PASSWORD:
        raise Problem("password_too_short", field="password", minimum=_MIN_PASSWORD)
    if user.role not in get_args(Role):
        raise Problem("unknown_role", field="role", value=user.role, roles=", ".join(get_args(Role)))
