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
    importing = actions.add_parser(
        "import", help="bring in customers from a CSV file; running it again changes nothing"
    )
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--dry-run", action="store_true", help="only say what would happen")
    importing.set_defaults(run=lambda args: asyncio.run(_import(args, opened)))


async def _import(args: argparse.Namespace, opened: Open) -> int:
    async with opened() as customers:
        return await load(args.file, customers, dry_run=args.dry_run)


async def load(path: Path, customers: Customers, *, dry_run: bool) -> int:
    """Bring in a file and print what became of it. 0 when every line was good, 1 otherwise."""
    if not await asyncio.to_thread(path.is_file):
        raise Problem("import_no_such_file", field="FILE", path=path)
    importer = Importer(customers.db, customers.clock, customers.region)
    with path.open("rb") as file:
        outcome = await importer.run(file, dry_run=dry_run)
    shown = result(outcome, dry_run, terminal_language())
    _say(shown)
    return 1 if shown.errors else 0


def _say(shown: ImportResult) -> None:
    for error in shown.errors:
        print(f"{error.line}: {error.title} {error.remedy}", file=sys.stderr)
    if shown.errors_left_out:
        print(f"+ {shown.errors_left_out}", file=sys.stderr)
    counts = f"rows {shown.rows}, created {shown.created}, updated {shown.updated}, unchanged {shown.unchanged}"
    print(f"{counts}, errors {len(shown.errors) + shown.errors_left_out}{' (dry run)' if shown.dry_run else ''}")
