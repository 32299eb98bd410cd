"""`callcenter bench pop|ami|storm [--json]`."""

from __future__ import annotations

import argparse
import json
from typing import Any

import uvloop

_POPS_AMISS = ("pops_missing", "pops_doubled", "pops_wrong", "pops_left")


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
    storm = benches.add_parser("storm", help="bursts, a broken link, a killed listener: is the ledger right after?")
    storm.add_argument("--agents", type=int, default=500)
    storm.add_argument("--ring-all", type=int, default=50, help="phones that ring at once for each call")
    storm.add_argument("--customers", type=int, default=100_000)
    storm.add_argument("--rate", type=float, default=200.0, help="messages in a second, in the even beat")
    storm.add_argument("--steady", type=float, default=60.0, help="seconds without cuts and bursts")
    storm.add_argument("--storm", type=float, default=120.0, help="seconds with them")
    storm.add_argument("--bursts", type=int, default=10)
    storm.add_argument("--cuts", type=int, default=100, help="forced reconnects")
    storm.add_argument("--kills", type=int, default=2, help="of the process that hears Asterisk")
    storm.add_argument("--no-real", action="store_true", help="no real calls on a real Asterisk beside it")
    storm.add_argument("--json", action="store_true", help="figures as one JSON object")
    storm.set_defaults(run=_storm)


def _pop(arguments: argparse.Namespace) -> int:
    from callcenter.bench.pop import figures_as_dict, measure
    from callcenter.bench.stage import Form, Size

    size = Size(customers=arguments.customers, agents=arguments.sockets)
    form: Form = "scaled" if arguments.scaled else "embedded"
    figures = figures_as_dict(uvloop.run(measure(arguments.calls, size, arguments.rate, form, arguments.ring_all)))
    _show(figures, as_json=arguments.json)
    return 1 if any(figures[name] for name in ("missing", "doubled", "wrong", "unclosed")) else 0


def _ami(arguments: argparse.Namespace) -> int:
    from callcenter.bench.ami import measure

    figures = uvloop.run(measure(arguments.events, arguments.rounds))
    _show(figures, as_json=arguments.json)
    return 1 if figures["lost"] else 0


def _storm(arguments: argparse.Namespace) -> int:
    from callcenter.bench.storm.run import measure
    from callcenter.bench.storm.size import Storm

    storm = Storm(
        agents=arguments.agents,
        ring_all=arguments.ring_all,
        rate=arguments.rate,
        steady_s=arguments.steady,
        storm_s=arguments.storm,
        bursts=arguments.bursts,
        cuts=arguments.cuts,
        kills=arguments.kills,
    )
    figures = uvloop.run(measure(storm, arguments.customers, with_real=not arguments.no_real))
    _show(figures, as_json=arguments.json)
    return 0 if figures["ledger_equal"] and not any(figures[name] for name in _POPS_AMISS) else 1


def _show(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(figures, ensure_ascii=False))
        return
    width = max(map(len, figures))
    for name, value in figures.items():
        print(f"{name:>{width}} {value}")
