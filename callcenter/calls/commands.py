"""`callcenter ledger check | gaps | recompute`: is it right, when was it deaf, what would it say computed anew."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import asdict, dataclass

from callcenter.arguments import whole
from callcenter.calls import gaps
from callcenter.calls.audit import Audit, Checked
from callcenter.calls.disagreement import tally
from callcenter.calls.last_heard import closing, silent
from callcenter.calls.model import CallRow, LedgerGapRow
from callcenter.calls.recompute import Recomputer
from callcenter.errors import Problem
from callcenter.words import explain, terminal_language

_NOT_COMPARED = 2
_CHECK_ENDS = (
    "Ends with 0: they agree, 1: they disagree, 2: something could not be compared. cut_by_crash, and what is marked,"
    " counts as no disagreement: the ledger says itself that it may lack something there."
)
_GAPS_END = "Ends with 0: every server is heard now, 1: one is not."
_RECOMPUTE_ENDS = (
    "Ends with 0: nothing differs, or what did is written, 1: something differs and is not written, 2: there is no such"
    " day or call. A call that goes on is left out, and one without a journal counts as no difference."
)


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
    check = actions.add_parser("check", help="compare it with Asterisk's CDR, CEL and queue_log", epilog=_CHECK_ENDS)
    check.add_argument("--day", metavar="YYYY-MM-DD", help="in the firm's time zone; today unless said otherwise")
    check.add_argument("--server", metavar="NAME", help="one Asterisk server only")
    check.add_argument("--json", action="store_true", help="for programs")
    check.set_defaults(run=lambda args: asyncio.run(_check(args, opened)))
    deaf = actions.add_parser(
        "gaps", help="when Asterisk was not heard, and how each time was closed", epilog=_GAPS_END
    )
    deaf.add_argument("--limit", type=whole(1, 200), default=50, metavar="N", help="the newest; at most 200")
    deaf.add_argument("--json", action="store_true", help="for programs")
    deaf.set_defaults(run=lambda args: asyncio.run(_gaps(args, opened)))
    anew = actions.add_parser(
        "recompute", help="fold records from their journals anew and show what differs", epilog=_RECOMPUTE_ENDS
    )
    which = anew.add_mutually_exclusive_group()
    which.add_argument("--day", metavar="YYYY-MM-DD", help="in the firm's time zone; today unless said otherwise")
    which.add_argument("--call", metavar="ID")
    anew.add_argument("--write", action="store_true", help="have the ledger hold what comes of it")
    anew.set_defaults(run=lambda args: asyncio.run(_recompute(args, opened)))


async def _check(args: argparse.Namespace, opened: Open) -> int:
    async with opened() as tools:
        checked, unread = await _compared(args, tools.audit)
    for each in checked:
        _tell(each, args.json)
    for trouble in unread:
        _explain(trouble)
    if any(not found.known for each in checked for found in each.disagreements):
        return 1
    return _NOT_COMPARED if unread else 0


async def _compared(args: argparse.Namespace, audit: Audit) -> tuple[list[Checked], list[Problem]]:
    """What came of each server, and why some could not be compared: the others are worth knowing all the same."""
    checked, unread = list[Checked](), list[Problem]()
    try:
        since, until = audit.day(args.day)
    except Problem as problem:
        return [], [problem]
    for server in [args.server] if args.server else audit.folders:
        try:
            checked.append(await audit.check(server, since, until))
        except Problem as problem:
            unread.append(problem)
    return checked, unread


def _explain(problem: Problem) -> None:
    words = explain(problem, terminal_language())
    print(f"{words.title} {words.remedy}", file=sys.stderr)


def _tell(checked: Checked, as_json: bool) -> None:
    counts = tally(checked.disagreements)
    if as_json:
        found = [asdict(each) for each in checked.disagreements]
        told = {"server": checked.server, "since": checked.since.isoformat(), "until": checked.until.isoformat()}
        print(json.dumps({**told, "calls": checked.calls, "tally": counts, "disagreements": found}, ensure_ascii=False))
        return
    for each in checked.disagreements:
        marked = "   (marked: may lack something)" if each.marked else ""
        print(f"{each.kind:16} {each.call_id or '-':36} {each.what or each.linked_id}{marked}")
        print(f"{'':16} ledger: {each.ledger}   files: {each.files}")
    if not checked.calls and not counts:
        print(f"{checked.server}: no calls on {checked.since:%F}, neither in the ledger nor in Asterisk's files")
        return
    summary = ", ".join(f"{kind} {count}" for kind, count in counts.items()) or "no disagreement"
    print(f"{checked.server}: {checked.calls} calls, {summary}")


async def _gaps(args: argparse.Namespace, opened: Open) -> int:
    async with opened() as tools:
        audit = tools.audit
        rows = await gaps.newest(audit.db, args.limit)
        calls = await gaps.calls_of(audit.db, [row.id for row in rows])
        unheard = await silent(audit.db, audit.folders, audit.clock())
    for row in rows:
        told = _gap(row, calls.get(row.id, []), audit)
        print(json.dumps(told, ensure_ascii=False) if args.json else "  ".join(_cells(told)))
    for each in unheard:
        _explain(each.problem(audit.zone))
    if not rows and not unheard and not args.json:
        print("no gap")
    return 1 if unheard else 0


def _gap(row: LedgerGapRow, calls: list[str], audit: Audit) -> dict[str, object]:
    return {
        "server": row.server,
        "why": row.why,
        "from": row.began_at.astimezone(audit.zone).isoformat(timespec="milliseconds"),
        "to": row.ended_at and row.ended_at.astimezone(audit.zone).isoformat(timespec="milliseconds"),
        "closed_by": closing(row, audit.folders),
        "found": row.found,
        "ended": row.ended,
        "holds": row.holds,
        "marked": calls,
        "lag_s": row.lag_s,
    }


def _cells(told: Mapping[str, object]) -> list[str]:
    """`server why from to closed_by`, and of the rest what there is."""
    removed = {"removed": "not closed (server no longer set up)"}
    closed_by = told["closed_by"] or ("-" if told["lag_s"] else "not closed yet")
    first = [str(told[name] or "-") for name in ("server", "why", "from", "to")]
    counts = [f"{name} {told[name]}" for name in ("found", "ended", "holds", "lag_s") if told[name]]
    marked = told["marked"]
    more = [f"marked {' '.join(map(str, marked))}"] if isinstance(marked, list) and marked else []
    return [*first, removed.get(str(closed_by), str(closed_by)), *counts, *more]


async def _ids(args: argparse.Namespace, audit: Audit) -> list[str]:
    """The calls that are meant. Problem when the day or the call is none."""
    if args.call is None:
        return await audit.calls_between(*audit.day(args.day))
    async with audit.db.read() as session:
        if await session.get(CallRow, args.call) is None:
            raise Problem("ledger_call_unknown", field="--call", value=args.call)
    return [args.call]


async def _recompute(args: argparse.Namespace, opened: Open) -> int:
    async with opened() as tools:
        try:
            ids = await _ids(args, tools.audit)
        except Problem as problem:
            _explain(problem)
            return _NOT_COMPARED
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
