"""The command `callcenter user add`: it needs more than one room, and so belongs to none."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from typing import TYPE_CHECKING, cast

from callcenter.errors import Problem

if TYPE_CHECKING:
    from callcenter.accounts.model import UserRow
    from callcenter.accounts.service import NewUser
    from callcenter.db import Database
    from callcenter.web.identity import Role

_USERNAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_EXTENSION = re.compile(r"[A-Za-z0-9_.+-]{1,16}")
_LONGEST_NAME = 64


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    user = commands.add_parser("user", help="make users and set their passwords")
    actions = user.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a user, or change an existing one; what is not given stays as it is")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="as the screens show it")
    add.add_argument("--role", help="agent (a new user's default), supervisor or admin")
    add.add_argument("--extension", help="of the user's phone")
    add.add_argument("--queues", help="that the user serves, as complaint,inquiry; a new one's default: all")
    add.add_argument("--language", choices=["zh-CN", "en"], help="of the screens; a new user's default: zh-CN")
    add.add_argument("--password", help="read from standard input when not given")
    add.set_defaults(run=_add)


def _add(arguments: argparse.Namespace) -> int:
    from callcenter import app, opening
    from callcenter.accounts.service import NewUser

    assert app.KINDS  # every room's tables are known once it is loaded

    _check(arguments.username, arguments.name, arguments.extension)
    password = arguments.password or _read_password()

    async def act() -> NewUser:
        async with opening.opened_database() as db:
            known = await _known(db, arguments.username)
            user = NewUser(
                arguments.username,
                arguments.name,
                cast("Role", arguments.role or (known.role if known else "agent")),
                password,
                arguments.extension or (known.extension if known else None),
                arguments.language or (known.language if known else "zh-CN"),
            )
            user_id = await _keep(db, user)
            if user.extension and (arguments.queues or known is None or known.extension is None):
                await opening.serve_queues(db, user_id, arguments.queues.split(",") if arguments.queues else None)
            return user

    user = asyncio.run(act())
    print(f"{user.username}: {user.role}" + (f", {user.extension}" if user.extension else ""))
    return 0


async def _known(db: Database, username: str) -> UserRow | None:
    """The user of this name: what is not given stays as it is."""
    from sqlalchemy import select

    from callcenter.accounts.model import UserRow

    async with db.read() as session:
        return await session.scalar(select(UserRow).where(UserRow.username == username))


async def _keep(db: Database, user: NewUser) -> str:
    from sqlalchemy.exc import IntegrityError

    from callcenter.accounts.service import Accounts
    from callcenter.clock import utc_now

    try:
        return await Accounts(db, utc_now).add(user)
    except IntegrityError as error:
        if "extension" not in str(error.orig):
            raise
    # Not chained: the database's error carries the password's hash.
    raise Problem("extension_taken", status=409, field="extension", extension=user.extension)


def _check(username: str, name: str, extension: str | None) -> None:
    if not _USERNAME.fullmatch(username):
        raise Problem("username_invalid", field="username", value=username)
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise Problem("name_invalid", field="name", maximum=_LONGEST_NAME)
    if extension is not None and not _EXTENSION.fullmatch(extension):
        raise Problem("extension_invalid", field="extension", value=extension)


def _read_password() -> str:
    import getpass

    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
