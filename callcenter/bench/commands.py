"""`callcenter bench pop|ami [--json]`."""

from __future__ import annotations

import argparse
import json
from typing import Any

import uvloop


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `bench`."""
    bench = subparsers.add_parser("bench", help="measure the service on this machine")
    benches = bench.add_subparsers(required=True, metavar="BENCH")
    pop = benches.add_parser("pop", help="from the manager's bytes to the pop on the agent's screen")
    pop.add_argument("--calls", type=int, default=1000)
    pop.add_argument("--customers", type=int, default=100_000)
    pop.add_argument("--sockets", type=int, default=200, help="agents with the desk open")
    pop.add_argument("--rate", type=float, default=5.0, help="calls that begin in a second")
    pop.add_argument("--ring-all", type=int, default=1, help="phones that ring at once for each call")
    pop.add_argument("--scaled", action="store_true", help="two web processes, ami and worker on PostgreSQL and Redis")
    pop.add_argument("--json", action="store_true", help="figures as one JSON object")
    pop.set_defaults(run=_pop)
    ami = benches.add_parser("ami", help="from the manager's socket through parser, call tracker and dispatch")
    ami.add_argument("--events", type=int, default=400_000, help="10000000 shows that memory stays flat")
    ami.add_argument("--rounds", type=int, default=3)
    ami.add_argument("--json", action="store_true", help="figures as one JSON object")
    ami.set_defaults(run=_ami)


def _pop(arguments: argparse.Namespace) -> int:
    from callcenter.bench.pop import figures_as_dict, measure
    from callcenter.bench.stage import Form, Size

    size = Size(customers=arguments.customers, agents=arguments.sockets)
    form: Form = "scaled" if arguments.scaled else "embedded"
    figures = figures_as_dict(uvloop.run(measure(arguments.calls, size, arguments.rate, form, arguments.ring_all)))
    _show(figures, arguments.json)
    return 1 if any(figures[name] for name in ("missing", "doubled", "wrong", "unclosed")) else 0


def _ami(arguments: argparse.Namespace) -> int:
    from callcenter.bench.ami import measure

    figures = uvloop.run(measure(arguments.events, arguments.rounds))
    _show(figures, arguments.json)
    return 1 if figures["lost"] else 0


def _show(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:>{width}} {value}")
