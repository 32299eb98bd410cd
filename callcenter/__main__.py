"""The one command: `callcenter serve | demo | pbx | ivr | models | customers | user | bench | openapi`."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import sys
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from callcenter.errors import Problem, as_problem
from callcenter.words import explain, terminal_language

if TYPE_CHECKING:
    from callcenter.customers.service import Customers

# Command → module with its `add_parser`. Loaded when wanted: `callcenter pbx install` runs before every make target.
_ROOMS = {
    "user": "callcenter.commands",
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
        problem = as_problem(error) or _file_trouble(error)
        if problem is None:
            raise
        words = explain(problem, terminal_language())
        print(words.title, file=sys.stderr)
        print(words.remedy, file=sys.stderr)
        return 1


def _file_trouble(error: Exception) -> Problem | None:
    """A file or folder that cannot be read or written is for a person to mend, wherever a command needs it."""
    if not isinstance(error, OSError) or error.filename is None:
        return None
    return Problem("file_trouble", path=error.filename, reason=error.strerror or type(error).__name__)


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
    for name, module in _ROOMS.items():
        if wanted == name or wanted not in _ROOMS:
            needs = (_customers,) if name == "customers" else ()
            importlib.import_module(module).add_parser(commands, *needs)
    return parser


def _serve(_arguments: argparse.Namespace) -> int:
    import structlog

    from callcenter.app import serve
    from callcenter.config import load, stray_variables

    for name, nearest in stray_variables():
        structlog.get_logger(__name__).warning("setting_unknown", variable=name, nearest=nearest)
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


def _customers() -> AbstractAsyncContextManager[Customers]:
    from callcenter.app import opened_customers

    return opened_customers()


if __name__ == "__main__":
    sys.exit(main())
