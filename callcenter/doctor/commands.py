"""`callcenter doctor [--json] [--online] [--asterisk-etc DIR] [--skip CHECK]`."""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import sys
from pathlib import Path

from callcenter.words import terminal_language


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `doctor`."""
    doctor = subparsers.add_parser("doctor", help="what is wrong with this installation, and what to do about it")
    doctor.add_argument("--json", action="store_true", help="findings as one JSON object")
    doctor.add_argument("--online", action="store_true", help="also knock at the firm's CRM")
    doctor.add_argument(
        "--asterisk-etc", type=Path, metavar="DIR", help="include files of your own Asterisk, to be compared"
    )
    doctor.add_argument(
        "--skip", action="append", default=[], metavar="CHECK", help="leave a check out; may be given again"
    )
    doctor.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from callcenter.doctor.examine import CHECKS, Wish, examine
    from callcenter.doctor.report import as_json, lines, sound
    from callcenter.errors import Problem

    names = [check.name for check in CHECKS]
    for name in arguments.skip:
        if name not in names:
            raise Problem("doctor_check_unknown", field="--skip", name=name, names=", ".join(names))
    wish = Wish(asterisk_etc=arguments.asterisk_etc, online=arguments.online, without=arguments.skip)
    findings = asyncio.run(examine(wish))
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that cannot show Chinese must not end it
        sys.stdout.reconfigure(errors="replace")
    language = terminal_language()
    if arguments.json:
        print(as_json(findings, language))
    else:
        colours = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        print("\n".join(lines(findings, language, colours=colours)))
    return 0 if sound(findings) else 1
