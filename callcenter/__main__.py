"""The one command: `callcenter serve | web | ami | agi | worker | demo | doctor | pbx | ivr | models | ...`."""

from __future__ import annotations

import argparse
import asyncio
import errno
import importlib
import json
import sys
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from callcenter.errors import Problem, as_problem
from callcenter.words import explain, terminal_language

if TYPE_CHECKING:
    from callcenter.calls.commands import Tools
    from callcenter.customers.service import Customers

# Command → module with its `add_parser`. Loaded when wanted: `callcenter pbx install` runs before every make target.
_ROOMS = {
    "user": "callcenter.commands",
    "demo": "callcenter.demo.commands",
    "pbx": "callcenter.asterisk.commands",
    "ivr": "callcenter.ivr.commands",
    "customers": "callcenter.customers.commands",
    "models": "recordings.commands",
    "hooks": "callcenter.hooks.commands",
    "bench": "callcenter.bench.commands",
    "doctor": "callcenter.doctor.commands",
    "backup": "callcenter.backup.commands",
    "restore": "callcenter.backup.commands",
    "ledger": "callcenter.calls.commands",
}
_KINDS = {
    "serve": "run the service in one process (SQLite unless set otherwise)",
    "web": "run a web process: screens, API, desks (needs PostgreSQL and Redis, as the next three)",
    "ami": "run a process that hears Asterisk; of several one leads",
    "agi": "run a menu server",
    "worker": "run a process that collects and transcribes recordings and sends tickets",
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
    """A full disk, a file that cannot be read or written: for a person to mend, wherever a command needs it."""
    if getattr(error, "errno", None) == errno.ENOSPC or "disk is full" in str(error):
        return Problem("no_space")
    if not isinstance(error, OSError) or error.filename is None:
        return None
    return Problem("file_trouble", path=error.filename, reason=error.strerror or type(error).__name__)


def _parser(wanted: str) -> argparse.ArgumentParser:
    """The parser of all commands; if one of the rooms' commands is wanted, only that room is loaded."""
    parser = argparse.ArgumentParser(prog="callcenter", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for kind, what in _KINDS.items():
        commands.add_parser(kind, help=what).set_defaults(run=_run, kind=kind)
    openapi = commands.add_parser("openapi", help="print the API's description as JSON")
    openapi.set_defaults(run=_openapi)
    migrate = commands.add_parser("migrate", help="bring the database to this version")
    migrate.add_argument("--write", metavar="MESSAGE", help="write a new migration instead (for developers)")
    migrate.set_defaults(run=_migrate)
    for module in dict.fromkeys([_ROOMS[wanted]] if wanted in _ROOMS else _ROOMS.values()):
        needs = {_ROOMS["customers"]: (_customers,), _ROOMS["ledger"]: (_ledger,)}.get(module, ())
        importlib.import_module(module).add_parser(commands, *needs)
    return parser


def _run(arguments: argparse.Namespace) -> int:
    import structlog

    from callcenter import app, logs, process
    from callcenter.config import load, stray_variables

    settings = load()
    logs.configure(settings.log, arguments.kind)
    for name, nearest in stray_variables():
        structlog.get_logger(__name__).warning("setting_unknown", variable=name, nearest=nearest)
    return process.run(lambda: app.of_kind(arguments.kind, settings))


def _openapi(_arguments: argparse.Namespace) -> int:
    from callcenter.app import api_document

    print(json.dumps(api_document(), ensure_ascii=False, indent=1, sort_keys=True))
    return 0


def _migrate(arguments: argparse.Namespace) -> int:
    from callcenter import app, opening
    from callcenter.config import load

    assert app.KINDS  # every room's tables are known once it is loaded
    asyncio.run(opening.migrate(load(), arguments.write))
    return 0


def _customers() -> AbstractAsyncContextManager[Customers]:
    from callcenter import app
    from callcenter.opening import opened_customers

    assert app.KINDS  # every room's tables are known once it is loaded
    return opened_customers()


def _ledger() -> AbstractAsyncContextManager[Tools]:
    from callcenter import app
    from callcenter.opening import opened_ledger

    assert app.KINDS  # every room's tables are known once it is loaded
    return opened_ledger()


if __name__ == "__main__":
    sys.exit(main())
