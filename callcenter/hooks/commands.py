"""The command `callcenter hooks`: what is installed of other people's code."""

from __future__ import annotations

import argparse
import sys

from callcenter.config import load
from callcenter.errors import Problem
from callcenter.hooks.foreign.discovery import GROUPS, installed, missing
from callcenter.words import explain, terminal_language


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    hooks = commands.add_parser("hooks", help="list the hooks that are installed, and whether they are switched on")
    hooks.set_defaults(run=_list)


def _list(_arguments: argparse.Namespace) -> int:
    """1 when a hook is switched on that is not installed."""
    enabled = load().hooks.enabled
    for group in GROUPS:
        print(f"{group}:")
        found = installed(group)
        for hook in found:
            state = "on" if enabled is None or hook.name in enabled else "off"
            print(f"  {state:3}  {hook.name}  {hook.target}  ({hook.package})")
        if not found:
            print("  -")
    absent = missing(enabled)
    for name, there in absent.items():
        words = explain(Problem.of("hook_missing", None, {"name": name, "installed": there}), terminal_language())
        print(words.title, words.remedy, sep="\n", file=sys.stderr)
    return 1 if absent else 0
