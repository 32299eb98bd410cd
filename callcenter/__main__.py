"""The one command: `callcenter serve | demo | pbx | ivr | models | customers | user | bench | openapi`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import sys
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from callcenter.errors import as_problem
from callcenter.words import explain, terminal_language

if TYPE_CHECKING:
    from callcenter.customers.service import Customers

# Command → module with its `add_parser`. Loaded when wanted: `callcenter pbx install` runs before every make target.
_ROOMS = {
    "demo": "callcenter.demo.commands",
    "pbx": "callcenter.asterisk.commands",
    "ivr": "callcenter.ivr.commands",
    "customers": "callcenter.customers.commands",
    "models": "recordings.commands",
    "bench": "callcenter.bench.commands",
}


def main(argv: list[str] | None = None) -> int:
    """Run a command; what a person can mend is printed as two lines, without a trace."""
    given = sys.argv[1:] if argv is None else argv
    arguments = _parser(given[0] if given else "").parse_args(given)
    try:
        return int(arguments.run(arguments) or 0)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        problem = as_problem(error)
        if problem is None:
            raise
        words = explain(problem, terminal_language())
        print(words.title, file=sys.stderr)
        print(words.remedy, file=sys.stderr)
        return 1


def _parser(wanted: str) -> argparse.ArgumentParser:
    """The parser of all commands; if one of the rooms' commands is wanted, only that room is loaded."""
    parser = argparse.ArgumentParser(prog="callcenter", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="run the service in one process (SQLite unless set otherwise)")
    serve.set_defaults(run=_serve)
    openapi = commands.add_parser("openapi", help="print the API's description as JSON")
    openapi.set_defaults(run=_openapi)
    migrate = commands.add_parser("migrate", help="bring the database to this version")
    migrate.add_argument("--write", metavar="MESSAGE", help="write a new migration instead (for developers)")
    migrate.set_defaults(run=_migrate)
    _user_parser(commands)
    for name, module in _ROOMS.items():
        if wanted == name or wanted not in _ROOMS:
            needs = (_customers,) if name == "customers" else ()
            importlib.import_module(module).add_parser(commands, *needs)
    return parser


def _user_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    user = commands.add_parser("user", help="make users and set their passwords")
    actions = user.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help="make a user, or give an existing one these particulars")
    add.add_argument("username")
    add.add_argument("--name", required=True, help="as the screens show it")
    add.add_argument("--role", default="agent", help="agent, supervisor or admin")
    add.add_argument("--extension", help="of the user's phone")
    add.add_argument("--queues", help="that the user serves, as complaint,inquiry; by default all")
    add.add_argument("--language", default="zh-CN", choices=["zh-CN", "en"])
    add.add_argument("--password", help="read from standard input when not given")
    add.set_defaults(run=_add_user)


def _serve(_arguments: argparse.Namespace) -> int:
    from callcenter.app import serve
    from callcenter.config import load

    return serve(load())


def _openapi(_arguments: argparse.Namespace) -> int:
    from callcenter.app import api_document

    print(json.dumps(api_document(), ensure_ascii=False, indent=1, sort_keys=True))
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    from callcenter import app, schema

    async def act() -> None:
        async with app.opened_database() as db:
            if arguments.write:
                await schema.revise(db, arguments.write)
            else:
                await schema.upgrade(db)

    asyncio.run(act())
    return 0


def _add_user(arguments: argparse.Namespace) -> int:
    from callcenter import app, schema
    from callcenter.accounts.service import Accounts, NewUser
    from callcenter.clock import utc_now

    password = arguments.password or _read_password()
    user = NewUser(
        arguments.username, arguments.name, arguments.role, password, arguments.extension, arguments.language
    )

    async def act() -> None:
        async with app.opened_database() as db:
            await schema.upgrade(db)
            user_id = await Accounts(db, utc_now).add(user)
            if user.extension:
                await app.serve_queues(db, user_id, arguments.queues.split(",") if arguments.queues else None)

    asyncio.run(act())
    print(f"{user.username}: {user.role}" + (f", {user.extension}" if user.extension else ""))
    return 0


def _customers() -> AbstractAsyncContextManager[Customers]:
    from callcenter.app import opened_customers

    return opened_customers()


def _read_password() -> str:
    import getpass

    return getpass.getpass() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


if __name__ == "__main__":
    sys.exit(main())
