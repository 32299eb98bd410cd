"""`callcenter customers import FILE [--dry-run]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from callcenter.customers.import_commit import Importer
from callcenter.customers.routes import ImportResult, result
from callcenter.customers.service import Customers
from callcenter.errors import Problem
from callcenter.words import terminal_language

Open = Callable[[], AbstractAsyncContextManager[Customers]]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], opened: Open) -> None:
    """Add `customers`. The chosen command is `args.run(args) -> exit status`; it raises Problem.

    `opened` gives the customers of a database that is ready for use.
    """
    customers = subparsers.add_parser("customers", help="customers: import")
    actions = customers.add_subparsers(dest="action", required=True)
    load = actions.add_parser("import", help="bring in customers from a CSV file; running it again changes nothing")
    load.add_argument("file", type=Path, metavar="FILE")
    load.add_argument("--dry-run", action="store_true", help="only say what would happen")
    load.set_defaults(run=lambda args: asyncio.run(_import(args, opened)))


async def _import(args: argparse.Namespace, opened: Open) -> int:
    """Exit status 0 when every line was good, 1 otherwise."""
    if not args.file.is_file():
        raise Problem("import_no_such_file", field="FILE", path=args.file)
    async with opened() as customers:
        importer = Importer(customers.db, customers.clock, customers.region)
        with args.file.open("rb") as file:
            outcome = await importer.run(file, dry_run=args.dry_run)
    shown = result(outcome, args.dry_run, terminal_language())
    _say(shown)
    return 1 if shown.errors else 0


def _say(shown: ImportResult) -> None:
    for error in shown.errors:
        print(f"{error.line}: {error.title} {error.remedy}", file=sys.stderr)
    if shown.errors_left_out:
        print(f"+ {shown.errors_left_out}", file=sys.stderr)
    counts = f"rows {shown.rows}, created {shown.created}, updated {shown.updated}, unchanged {shown.unchanged}"
    print(f"{counts}, errors {len(shown.errors) + shown.errors_left_out}{' (dry run)' if shown.dry_run else ''}")
