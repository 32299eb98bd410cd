"""`callcenter ledger check | gaps | recompute`: is it right, when was it deaf, what would it say computed anew."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass
from datetime import datetime

from callcenter.calls import gaps
from callcenter.calls.audit import Audit, Checked
from callcenter.calls.disagreement import tally
from callcenter.calls.recompute import Recomputer
from callcenter.errors import Problem
from callcenter.words import explain, terminal_language


@dataclass(frozen=True)
class Tools:
    """What the commands work with."""

    audit: Audit
    recomputer: Recomputer


Open = Callable[[], AbstractAsyncContextManager[Tools]]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser], opened: Open) -> None:
    """Add `ledger`. The chosen command is `args.run(args) -> exit status`; it raises Problem."""
    ledger = subparsers.add_parser("ledger", help="the calls' ledger: check, gaps, recompute")
    actions = ledger.add_subparsers(dest="action", required=True)
    check = actions.add_parser("check", help="compare it with Asterisk's CDR, CEL and queue_log; 1: they disagree")
    check.add_argument("--day", metavar="YYYY-MM-DD", help="in the firm's time zone; today unless said otherwise")
    check.add_argument("--server", metavar="NAME", help="one Asterisk server only")
    check.add_argument("--json", action="store_true", help="for programs")
    check.set_defaults(run=lambda args: asyncio.run(_check(args, opened)))
    deaf = actions.add_parser("gaps", help="when Asterisk was not heard, and how each time was closed")
    deaf.add_argument("--limit", type=int, default=50, metavar="N")
    deaf.add_argument("--json", action="store_true", help="for programs")
    deaf.set_defaults(run=lambda args: asyncio.run(_gaps(args, opened)))
    anew = actions.add_parser("recompute", help="fold records from their journals anew and show what differs")
    which = anew.add_mutually_exclusive_group()
    which.add_argument("--day", metavar="YYYY-MM-DD", help="in the firm's time zone; today unless said otherwise")
    which.add_argument("--call", metavar="ID")
    anew.add_argument("--write", action="store_true", help="have the ledger hold what comes of it")
    anew.set_defaults(run=lambda args: asyncio.run(_recompute(args, opened)))


async def _check(args: argparse.Namespace, opened: Open) -> int:
    async with opened() as tools:
        since, until = tools.audit.day(args.day)
        servers = [args.server] if args.server else list(tools.audit.folders)
        checked, unread = [], []
        for server in servers:
            try:
                checked.append(await tools.audit.check(server, since, until))
            except Problem as problem:
                if len(servers) == 1:
                    raise
                unread.append(problem)  # the others are worth knowing
    for each in checked:
        _tell(each, args.json)
    for trouble in unread:
        words = explain(trouble, terminal_language())
        print(f"{words.title} {words.remedy}", file=sys.stderr)
    wrong = [found for each in checked for found in each.disagreements if found.kind != "cut_by_crash"]
    return 1 if wrong or unread else 0


def _tell(checked: Checked, as_json: bool) -> None:
    counts = tally(checked.disagreements)
    if as_json:
        found = [asdict(each) for each in checked.disagreements]
        told = {"server": checked.server, "since": checked.since.isoformat(), "until": checked.until.isoformat()}
        print(json.dumps({**told, "calls": checked.calls, "tally": counts, "disagreements": found}, ensure_ascii=False))
        return
    for each in checked.disagreements:
        print(f"{each.kind:16} {each.call_id or '-':36} {each.what or each.linked_id}")
        print(f"{'':16} ledger: {each.ledger}   files: {each.files}")
    summary = ", ".join(f"{kind} {count}" for kind, count in counts.items()) or "no disagreement"
    print(f"{checked.server}: {checked.calls} calls, {summary}")


async def _gaps(args: argparse.Namespace, opened: Open) -> int:
    async with opened() as tools:
        rows = await gaps.newest(tools.audit.db, args.limit)
        calls = await gaps.calls_of(tools.audit.db, [row.id for row in rows])
        zone = tools.audit.zone
    for row in rows:
        told = {
            "server": row.server,
            "why": row.why,
            "from": row.began_at.astimezone(zone).isoformat(timespec="milliseconds"),
            "to": _shown(row.ended_at and row.ended_at.astimezone(zone)),
            "closed_by": row.closed_by,
            "found": row.found,
            "ended": row.ended,
            "marked": calls.get(row.id, []),
            "lag_s": row.lag_s,
        }
        print(json.dumps(told, ensure_ascii=False) if args.json else "  ".join(_cells(told)))
    if not rows and not args.json:
        print("no gap")
    return 0


def _cells(told: Mapping[str, object]) -> list[str]:
    """`server why from to closed_by`, and of the rest what there is."""
    first = [str(told[name] or "-") for name in ("server", "why", "from", "to", "closed_by")]
    counts = [f"{name} {told[name]}" for name in ("found", "ended", "lag_s") if told[name]]
    marked = told["marked"]
    return [*first, *counts, *([f"marked {' '.join(map(str, marked))}"] if isinstance(marked, list) and marked else [])]


def _shown(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None


async def _recompute(args: argparse.Namespace, opened: Open) -> int:
    async with opened() as tools:
        ids = [args.call] if args.call else await tools.audit.calls_between(*tools.audit.day(args.day))
        found = await tools.recomputer.run(ids, write=args.write)
    for each in found.differences:
        print(f"{each.call_id}  {each.what}: {each.kept} -> {each.folded}")
    for call_id in found.without:
        print(f"{call_id}  no journal")
    written = "written" if args.write else "not written"
    print(
        f"{found.calls} calls, {len(found.differences)} differences ({written}), {len(found.without)} without a journal"
    )
    return 1 if found.differences and not args.write else 0
