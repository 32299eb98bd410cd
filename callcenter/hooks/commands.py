"""The command `callcenter hooks`: what is installed of other people's code."""

from __future__ import annotations

import argparse

from callcenter.config import load
from callcenter.hooks.foreign.discovery import GROUPS, installed


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    hooks = commands.add_parser("hooks", help="list the hooks that are installed, and whether they are switched on")
    hooks.set_defaults(run=_list)


def _list(_arguments: argparse.Namespace) -> int:
    enabled = load().hooks.enabled
    for group in GROUPS:
        print(f"{group}:")
        found = installed(group)
        for hook in found:
            state = "on" if enabled is None or hook.name in enabled else "off"
            print(f"  {state:3}  {hook.name}  {hook.target}  ({hook.package})")
        if not found:
            print("  -")
    return 0
